"""What a stranger installs: pinned, complete, and under the version that the changelog tells of."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
ROOMS: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PAGES = {
    "graphiql": "gateway/graphiql/dist/index.html",
    "console": "gateway/console/dist/index.html",
}

PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==\S+( ; [^\\]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements(lock: Path) -> list[str]:
    """Each requirement of a lock file, with its options, on one line."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    return [line.strip() for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> list[str]:
    """The names of the files in the wheel, built from a copy of what it is made of."""
    copy, built = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", ".gitignore"):
        shutil.copy2(ROOT / name, copy)
    for room in PACKAGES:
        ignored = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(ROOT / room, copy / room, ignore=ignored)
    (copy / "gateway/graphiql/node_modules/left").mkdir(parents=True)
    (copy / "gateway/graphiql/node_modules/left/over.js").touch()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    [file] = built.iterdir()
    with ZipFile(file) as archive:
        return archive.namelist()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_with_a_hash(lock):
    found = requirements(lock)

    assert found
    assert [line for line in found if not PINNED.match(line)] == []
    assert [line for line in found if not HASH.search(line)] == []


def test_what_runs_and_what_tests_are_the_same_versions():
    run, dev = (
        {line.split()[0] for line in requirements(ROOT / "requirements" / name)}
        for name in ("run.lock", "dev.lock")
    )

    assert run
    assert run - dev == set()


def test_there_is_an_extra_for_each_way_to_use_it():
    extras = PROJECT["project"]["optional-dependencies"]

    assert set(extras) == {"embedded", "motor", "traces", "dev", "checkout"}


def test_the_wheel_has_every_room(wheel):
    assert set(PACKAGES) == set(ROOMS)
    for room in ROOMS:
        files = [path for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts]
        assert {str(path.relative_to(ROOT)) for path in files} <= set(wheel)


def test_the_wheel_has_nothing_that_pages_are_built_with(wheel):
    assert "gateway/unbuilt.html" in wheel
    assert [name for name in wheel if name.startswith(("tests", "console"))] == []
    assert [name for name in wheel if "node_modules" in name] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_wheel_has_the_page(wheel, name):
    index = ROOT / PAGES[name]
    if not index.is_file():
        pytest.skip(f"the page is not built; run `make {name}`")
    page = [path for path in index.parent.rglob("*") if path.is_file()]
    assert {str(path.relative_to(ROOT)) for path in page} <= set(wheel)


def test_the_wheel_brings_the_command(wheel):
    assert PROJECT["project"]["scripts"] == {"kassa": "gateway.cli:main"}
    assert [name for name in wheel if name.endswith(".dist-info/entry_points.txt")]


def test_the_changelog_tells_of_this_version():
    changelog = ROOT / "CHANGELOG.md"
    if not changelog.exists():
        pytest.skip("there is no CHANGELOG.md yet")

    headings = [line for line in changelog.read_text().splitlines() if line.startswith("## ")]
    version = re.escape(PROJECT["project"]["version"])
    assert [line for line in headings if re.search(rf"(?<![\d.]){version}(?![\d.])", line)]
