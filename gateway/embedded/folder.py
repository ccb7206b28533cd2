"""One Kassa per data folder, by locks that the kernel releases however a process dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gateway.embedded.trouble import ELSEWHERE, EmbeddedError, writing

# A Kassa that was killed or told to stop a moment ago is let go first, and so are its servers.
LEAVING_SECONDS = 2.0
LEFTOVER_SECONDS = 10.0
POLL_SECONDS = 0.02


@contextmanager
def claimed(data: Path, say: Callable[[str], None]) -> Generator[int]:
    """Hold `data`; yields a descriptor for the servers to inherit, which holds it for them too.

    Raises:
        EmbeddedError: another Kassa holds it, or it cannot be written.
    """
    with writing(data):
        data.mkdir(parents=True, exist_ok=True)
        ours, servers = (data / "kassa.lock").open("a+"), (data / "servers.lock").open("a")
    with ours, servers:
        _lock_ours(ours, data)
        _lock_servers(servers, data, say)
        yield servers.fileno()


def _lock_ours(file: TextIO, data: Path) -> None:
    if not _locked(file, data, LEAVING_SECONDS):
        file.seek(0)
        holder = file.read().strip() or "unknown"
        raise EmbeddedError(
            f"Kassa already runs in {data}, process {holder}; stop it or {ELSEWHERE}."
        )
    with writing(data):
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()


def _lock_servers(file: TextIO, data: Path, say: Callable[[str], None]) -> None:
    if _locked(file, data):
        return
    say("Waiting for the servers of an earlier run to stop.")
    if not _locked(file, data, LEFTOVER_SECONDS):
        raise EmbeddedError(
            f"Servers of an earlier run still use {data}: stop them (`fuser {file.name}` "
            f"lists them) or {ELSEWHERE}."
        )


def _locked(file: TextIO, data: Path, within_seconds: float = 0) -> bool:
    deadline = time.monotonic() + within_seconds
    while not _locked_now(file, data):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _locked_now(file: TextIO, data: Path) -> bool:
    with writing(data):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
