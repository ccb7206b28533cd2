"""Node.js, and the packages of a project, for peers that are written for it."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

NODE_WANTED = 20
INSTALL_SECONDS = 300


class Unable(Exception):
    """A contestant cannot take part; the message says why."""


def node() -> str:
    """The path of Node.js.

    Raises:
        Unable: there is none.
    """
    found = shutil.which("node")
    if found is None:
        raise Unable("Node.js is not installed.")
    return found


def installed(project: Path) -> None:
    """Have the locked packages of a project, where they are not there yet.

    Raises:
        Unable: they cannot be had, or Node.js is too old.
    """
    version = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.removeprefix("v").partition(".")[0]) < NODE_WANTED:
        raise Unable(f"Node.js is {version.stdout.strip()}; {NODE_WANTED} or later is needed.")
    with (project / "package-lock.json").open("rb") as lock:
        # Two may start at once; the second waits and finds everything there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(project, lock.read())


def _install(project: Path, lock: bytes) -> None:
    stamp = project / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unable("npm is not installed.")
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=project, check=False, timeout=INSTALL_SECONDS)
    if done.returncode:
        raise Unable("`npm ci` failed.")
    stamp.write_bytes(lock)
