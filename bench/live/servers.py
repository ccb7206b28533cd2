"""Who is measured: how each is started, what it costs, and who gives it something to tell."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO

from msgspec import Struct

from bench import npm
from bench.npm import Unable
from domain.viewer import Role
from gateway import auth

ROOT = Path(__file__).parents[2]
NODE = Path(__file__).with_name("node")
HOST = "127.0.0.1"
START_SECONDS = 30.0
END_SECONDS = 10.0
POLL_SECONDS = 0.05
UVICORN = (
    *("-m", "uvicorn", "--factory", "--host", HOST, "--loop", "uvloop", "--http", "httptools"),
    *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false"),
    *("--no-access-log", "--log-level", "warning"),
)


class Contestant(Struct, frozen=True):
    """A server of one kind; one that is a `peer` makes up itself what it tells."""

    about: str
    peer: str | None = None

    def command(self, port: int) -> Sequence[str]:
        if self.peer is None:
            return [str(Path(sys.executable).with_name("kassa")), "serve"]
        if self.peer.endswith(".mjs"):
            return [npm.node(), str(NODE / self.peer)]
        return [sys.executable, *UVICORN, "--port", str(port), self.peer]


ALL: Mapping[str, Contestant] = MappingProxyType(
    {
        "kassa": Contestant(
            "`kassa serve`, one process, as it is run; another one takes the writes and keeps the "
            "journal"
        ),
        "graphql-ws": Contestant(
            "Node's `graphql-ws` on `ws`, with the `PubSub` of `graphql-subscriptions` in memory "
            "and no database",
            "server.mjs",
        ),
        "strawberry": Contestant(
            "Strawberry's own handler on uvicorn (uvloop, `websockets-sansio`), with a queue in "
            "memory for each subscriber and no database",
            "bench.live.peers.strawberry_app:application",
        ),
    }
)


class Server:
    """A contestant that listens."""

    def __init__(self, name: str, port: int, process: asyncio.subprocess.Process) -> None:
        self.name, self.port = name, port
        self.token = auth.token(Role.SYSTEM)
        self._process = process

    def cpu_seconds(self) -> float:
        """User and system time so far. Source: proc(5), /proc/pid/task/tid/schedstat."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def rss_kib(self) -> int:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def publish(self, *, on: bool) -> None:
        """Have a peer make up changes, or stop it."""
        assert self._process.stdin
        self._process.stdin.write(b"on\n" if on else b"off\n")


def absent(names: Sequence[str]) -> Mapping[str, str]:
    """Who cannot take part, and why; the others have what they need."""
    if "graphql-ws" in names:
        try:
            npm.installed(NODE)
        except Unable as reason:
            return {"graphql-ws": str(reason)}
    return {}


@asynccontextmanager
async def running(name: str, environment: Mapping[str, str]) -> AsyncGenerator[Server]:
    """A contestant that is told this besides its port.

    Raises:
        Unable: it does not start.
    """
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            *ALL[name].command(port),
            cwd=ROOT,
            env={
                **os.environ,
                **environment,
                "NODE_ENV": "production",
                "KASSA_PORT": str(port),
                "PORT": str(port),
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
        try:
            await _listens(name, port, process, log)
            yield Server(name, port, process)
        finally:
            await _end(process)


async def _listens(
    name: str, port: int, process: asyncio.subprocess.Process, log: IO[bytes]
) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while process.returncode is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(HOST, port)
                    writer.close()
                    return
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        pass
    log.seek(0)
    raise Unable(f"{name} does not start:\n{log.read().decode(errors='replace')}")


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as found:
        return found.getsockname()[1]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
