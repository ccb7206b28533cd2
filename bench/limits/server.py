"""A real `kassa serve` over a small demo shop, and what it takes of its machine."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

TICKS = os.sysconf("SC_CLK_TCK")
KASSA = str(Path(sys.executable).with_name("kassa"))
WAIT_SECONDS = 120


class Server:
    """A server process, by its address and its id."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._pid = pid
        self._folder = Path(f"/proc/{pid}")

    def cpu_ms(self) -> float:
        """User and system time since it began."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICKS

    def forget_peak(self) -> None:
        """Let the peak of its memory begin anew."""
        (self._folder / "clear_refs").write_text("5")

    def keep_apart(self) -> bool:
        """Give its process a core of its own, and the rest to its databases and to us.

        False where there is only one core.
        """
        first, *rest = sorted(os.sched_getaffinity(0))
        if not rest:
            return False
        _bind(self._pid, {first})
        for each in _children(self._pid):
            _bind(each, set(rest))
        os.sched_setaffinity(0, rest)
        return True

    def memory_mib(self, kind: str) -> float:
        """`VmRSS`, or its peak `VmHWM`."""
        found = re.search(rf"{kind}:\s+(\d+) kB", (self._folder / "status").read_text())
        return int(found[1]) / 1024 if found else 0.0


def _bind(pid: int, cores: set[int]) -> None:
    """All threads of a process."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text().split()]


@asynccontextmanager
async def running() -> AsyncGenerator[Server]:
    """One that is ready, with budgets enforced."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="kassa-limits-") as folder:
        settings = {"KASSA_PORT": str(port), "KASSA_DATA": folder}
        process = await asyncio.create_subprocess_exec(
            *(KASSA, "serve", "--embedded"),
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await _ready(port)
            yield Server(port, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def _ready(port: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.2)
