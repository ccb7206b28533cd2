"""A contestant's processes: started, watched, ended; what they cost is read from /proc."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from bench.http.contestants import ALL, ROOT
from bench.npm import Unable

TICKS = os.sysconf("SC_CLK_TCK")
KIB_A_MIB = 1024
START_SECONDS = 30.0
POLL_SECONDS = 0.05
END_SECONDS = 10.0

Fields = tuple[str, ...]


class Server:
    """A contestant that listens."""

    def __init__(
        self, name: str, port: int, location: str, process: subprocess.Popen[bytes]
    ) -> None:
        self.name, self.port = name, port
        self.headers = ALL[name].headers(location)
        self._process = process

    def cpu_seconds(self) -> float:
        """User and system time so far, with all its children; to a hundredth of a second."""
        used = sum(int(stat[11]) + int(stat[12]) for stat in self._family().values())
        return used / TICKS

    def rss_mib(self) -> float:
        return sum(_resident_kib(number) for number in self._family()) / KIB_A_MIB

    def _family(self) -> dict[int, Fields]:
        everybody = dict(_stats())
        family: dict[int, Fields] = {}
        generation = {self._process.pid}
        while generation:
            family |= {number: everybody[number] for number in generation if number in everybody}
            generation = {n for n, stat in everybody.items() if int(stat[1]) in generation}
        return family


def _stats() -> Iterator[tuple[int, Fields]]:
    """Of each process what stands behind its name. Source: proc_pid_stat(5)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield int(stat.parent.name), tuple(stat.read_text().rpartition(") ")[2].split())


def _resident_kib(number: int) -> int:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{number}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return 0


@contextmanager
def running(
    names: Sequence[str], where: Mapping[str, str], location: str, *, workers: int = 1
) -> Generator[list[Server]]:
    """Contestants over the data that `where` names, as environment variables, all listening.

    Raises:
        Unable: one does not start.
    """
    with ExitStack() as stack:
        launched = [stack.enter_context(_launched(name, where, workers)) for name in names]
        for one in launched:
            one.wait()
        yield [Server(one.name, one.port, location, one.process) for one in launched]


class Launched:
    """A process that will listen, and what it said meanwhile."""

    def __init__(
        self, name: str, port: int, process: subprocess.Popen[bytes], log: IO[bytes]
    ) -> None:
        self.name, self.port, self.process = name, port, process
        self._log = log

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._log.seek(0)
                said = self._log.read().decode(errors="replace")
                raise Unable(f"{self.name} does not start:\n{said}")
            time.sleep(POLL_SECONDS)


@contextmanager
def _launched(name: str, where: Mapping[str, str], workers: int) -> Generator[Launched]:
    port, contestant = _free_port(), ALL[name]
    environment = {**os.environ, **where, **contestant.environment(port)}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            contestant.command(port, workers),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield Launched(name, port, process, log)
        finally:
            _end(process)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
