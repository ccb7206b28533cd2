"""A child process that serves on a local port until we stop it, or die."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from gateway.embedded import launch
from gateway.embedded.trouble import EmbeddedError, explained, writing

HOST = "127.0.0.1"
# Below Linux's ephemeral ports: no outgoing connection takes one between our look and the bind.
PORTS = range(20_000, 32_000)
START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.01


class Server(msgspec.Struct, frozen=True):
    """A started server; `log` is what it printed."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready`.

        Raises:
            EmbeddedError: the server ended, or it was not ready within `START_SECONDS`.
        """
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(explained(self.name, self.process.returncode, self.log))
            time.sleep(POLL_SECONDS)


@contextmanager
def started(
    command: Sequence[str], *, log: Path, folder: Path, port: int, lock: int
) -> Generator[Server]:
    """Run `command` in `folder`, holding `lock`; stopped on exit.

    Raises:
        EmbeddedError: its files cannot be written.
    """
    with writing(log.parent):
        process = _launched(command, log=log, folder=folder, lock=lock)
    try:
        yield Server(Path(command[0]).name, process, log, port)
    finally:
        _stop(process)


def free_port() -> int:
    return next(port for port in iter(lambda: secrets.choice(PORTS), None) if _is_free(port))


def listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _launched(
    command: Sequence[str], *, log: Path, folder: Path, lock: int
) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *command],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},  # `explained` reads English
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            start_new_session=True,  # Ctrl-C in a terminal is for us, not for the servers
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    finally:
        process.kill()
        process.wait()
