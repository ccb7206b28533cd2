"""A contestant's processes: started, watched, ended; what they cost is read from /proc."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.http.contestants import ALL, ROOT, Unable

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
    name: str, where: Mapping[str, str], location: str, *, workers: int = 1
) -> Generator[Server]:
    """A contestant over the data that `where` names, as environment variables.

    Raises:
        Unable: it does not start.
    """
    port = _free_port()
    contestant = ALL[name]
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
            if not _listens(port, process):
                log.seek(0)
                raise Unable(f"{name} does not start:\n{log.read().decode()}")
            yield Server(name, port, location, process)
        finally:
            _end(process)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        time.sleep(POLL_SECONDS)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
