"""Programs of the npm projects beside the tests, run by Node against a server of ours."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.pages import Page

NPM = Path(__file__).parent / "npm"
BROWSER = Path(__file__).parent / "browser"
INSTALL_SECONDS = 100
RUN_SECONDS = 90


async def run(
    script: str, *arguments: str, project: Path = NPM, environ: Mapping[str, str] | None = None
) -> str:
    """What a script of a project prints; skips without Node, fails when the script does."""
    node = installed(project)
    process = await asyncio.create_subprocess_exec(
        node,
        project / script,
        *arguments,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(RUN_SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{script} failed:\n{out.decode()}\n{err.decode()}"
    return out.decode()


def chromium() -> str:
    """The path of a Chromium; skips without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("KASSA_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    return found or pytest.skip("there is no Chromium on PATH; KASSA_CHROMIUM may name one.")


def require_built(page: Page) -> None:
    """Skips where a page was not built."""
    if not (page.dist / "index.html").is_file():
        pytest.skip(f"{page.name} was not built; run `make {page.name}`.")


def installed(project: Path = NPM) -> str:
    """The path of Node, with the packages of a project installed as locked."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("Node.js with npm is not installed")
    with (project / "package-lock.json").open("rb") as lock:
        # Two test runs may start at once; the second waits and finds everything there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(npm, project, hashlib.sha256(lock.read()).hexdigest())
    return node


def _install(npm: str, project: Path, wanted: str) -> None:
    stamp = project / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
    )
    assert done.returncode == 0, f"npm ci failed:\n{done.stdout}\n{done.stderr}"
    stamp.write_text(wanted)
