"""The console's own checks: its types, its units, and how much a browser has to fetch."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from gateway import pages
from tests import node

CONSOLE = Path(__file__).parents[1] / "console"
MOST_BYTES = 300_000
"""Of scripts and styles, gzipped; GraphiQL is another page."""

SECONDS = 100


@pytest.fixture(scope="module")
def npm() -> list[str]:
    """How to run a program of the console's project, which is installed and has its types."""
    installed = [node.installed(CONSOLE)]
    _run([*installed, "types.mjs"])
    return installed


def test_the_documents_fit_the_schema_and_the_code_fits_the_documents(npm: list[str]):
    _run([*npm, "node_modules/typescript/bin/tsc", "--noEmit"])


def test_its_units_hold(npm: list[str]):
    _run([*npm, "node_modules/vitest/vitest.mjs", "run", "--reporter=dot"])


def test_it_is_small():
    assets = pages.CONSOLE.dist / "assets"
    if not assets.is_dir():
        pytest.skip("the console was not built; run `make console`.")

    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in assets.iterdir()}

    assert sizes
    assert sum(sizes.values()) < MOST_BYTES, sizes


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        cwd=CONSOLE,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
