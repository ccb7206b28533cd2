"""Programs of `tests/npm`, run by Node against a server of ours."""

import asyncio
import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "npm"
INSTALL_SECONDS = 100
RUN_SECONDS = 60


async def run(script: str, *arguments: str) -> str:
    """What `tests/npm/<script>` prints; skips without Node, fails when the script does."""
    node = installed()
    process = await asyncio.create_subprocess_exec(
        node, PROJECT / script, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE
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


def installed() -> str:
    """The path of Node, with the packages of `tests/npm` installed as locked."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("Node.js with npm is not installed")
    with (PROJECT / "package-lock.json").open("rb") as lock:
        # Two test runs may start at once; the second waits and finds everything there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(npm, hashlib.sha256(lock.read()).hexdigest())
    return node


def _install(npm: str, wanted: str) -> None:
    stamp = PROJECT / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
    )
    assert done.returncode == 0, f"npm ci failed:\n{done.stdout}\n{done.stderr}"
    stamp.write_text(wanted)
