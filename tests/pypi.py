"""Python clients of others, in an environment of their own: they pin what Kassa has newer."""

from __future__ import annotations

import fcntl
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "gql"
STRIPES = Path(__file__).parent / "stripes"
INSTALL_SECONDS = 100
OFFLINE = re.compile("connection|temporary failure|timed out", re.IGNORECASE)


def interpreter(folder: Path = FOLDER) -> str:
    """A Python that has what the folder's lock says; skips where PyPI cannot be reached."""
    lock = folder / "requirements.txt"
    with lock.open("rb") as wanted:
        # Two test runs may start at once; the second waits and finds everything there.
        fcntl.flock(wanted, fcntl.LOCK_EX)
        _install(folder / ".venv", lock, hashlib.sha256(wanted.read()).hexdigest())
    return str(folder / ".venv" / "bin" / "python")


def _install(environment: Path, lock: Path, wanted: str) -> None:
    stamp = environment / ".installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    pip = [environment / "bin" / "python", "-m", "pip", "install", "-q", "--require-hashes"]
    done = subprocess.run(
        [*pip, "-r", lock], capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
    )
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip(f"{lock.parent.name} cannot be installed: PyPI is not reachable")
    assert done.returncode == 0, done.stderr
    stamp.write_text(wanted)
