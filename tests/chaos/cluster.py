"""Three gateways, a replica set of three and a Redis: real processes, joined by ports that fail.

Each gateway reaches each server through a port of its own, so that one gateway can lose one
server while the others still have it. Members talk to one another directly.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from gateway.embedded import binaries, server
from tests import processes
from tests.chaos import wire
from tests.chaos.child import Child, free_port
from tests.chaos.members import NAME, Member, Members, until
from tests.chaos.proxy import Proxy

GATEWAYS = 3
DATABASE = "kassa"


class Redis:
    """A `redis-server` that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        command = [str(binaries.redis_server()), "--port", str(self.port), "--bind", server.HOST]
        self.child = Child("redis", [*command, "--save", "", "--appendonly", "no"], folder)

    async def answers(self) -> bool:
        return await self._said("PING") == b"+PONG\r\n"

    async def flush(self) -> None:
        assert await self._said("FLUSHALL") == b"+OK\r\n"

    async def _said(self, command: str) -> bytes:
        try:
            reader, writer = await asyncio.open_connection(server.HOST, self.port)
        except OSError:
            return b""
        writer.write(f"{command}\r\n".encode())
        answer = await reader.readline()
        writer.close()
        return answer


class Gateway:
    """A `kassa serve`, and its own way to each server."""

    def __init__(self, number: int, members: Sequence[Member], redis: Redis, folder: Path) -> None:
        self.number = number
        self.port = free_port()
        ports = [free_port() for _ in members]
        renamed = {
            member.address.encode(): f"{server.HOST}:{port}".encode()
            for member, port in zip(members, ports, strict=True)
        }
        self.to_member = {
            member.name: Proxy(port, member.port, renamed)
            for member, port in zip(members, ports, strict=True)
        }
        self.to_redis = Proxy(free_port(), redis.port)
        self.child = Child(f"gateway-{number}", [processes.KASSA, "serve"], folder, self._settings)

    @property
    def ways(self) -> Sequence[Proxy]:
        return [*self.to_member.values(), self.to_redis]

    @property
    def _settings(self) -> dict[str, str]:
        hosts = ",".join(f"{server.HOST}:{way.port}" for way in self.to_member.values())
        return processes.environment(
            mongodb_url=f"mongodb://{hosts}/?replicaSet={NAME}",
            mongodb_database=DATABASE,
            redis_url=f"redis://{server.HOST}:{self.to_redis.port}/0",
            port=self.port,
            limits="measure",
        )

    async def serves(self) -> bool:
        """Whether it is ready; started again if it gave up, as a supervisor would."""
        self.child.start()
        return await wire.status(self.port, "/readyz") == 200


class Cluster:
    """All of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.members = Members(folder)
        self.redis = Redis(folder)
        self.gateways = [
            Gateway(number, self.members.each, self.redis, folder) for number in range(GATEWAYS)
        ]

    async def is_healthy(self) -> bool:
        """Every process answers, and whom it needs answers it."""
        if not (await self.members.is_healthy() and await self.redis.answers()):
            return False
        return all(await asyncio.gather(*(gateway.serves() for gateway in self.gateways)))

    async def heal(self) -> None:
        """Undo whatever was done, and wait until it no longer shows."""
        for gateway in self.gateways:
            for way in gateway.ways:
                await way.heal()
        for child in self._children:
            child.thaw()
            child.start()
        await until(self.is_healthy, "not everything is well again")

    @property
    def _children(self) -> Sequence[Child]:
        parts = (*self.members.each, self.redis, *self.gateways)
        return [part.child for part in parts]

    async def start(self) -> None:
        for gateway in self.gateways:
            for way in gateway.ways:
                await way.open()
        self.redis.child.start()
        await self.members.start()
        await self._seeded()
        await until(self.is_healthy, "the gateways are not ready")

    async def _seeded(self) -> None:
        """Put the demo shop in, as anybody would."""
        hosts = ",".join(member.address for member in self.members.each)
        url = f"mongodb://{hosts}/?replicaSet={NAME}"
        done = await asyncio.to_thread(
            processes.run, "seed", mongodb_url=url, mongodb_database=DATABASE
        )
        assert done.returncode == 0, done.stderr

    async def close(self) -> None:
        """End all of it, whatever state it is in."""
        async with AsyncExitStack() as stack:
            for gateway in self.gateways:
                for way in gateway.ways:
                    stack.callback(way.close)
            stack.push_async_callback(self.members.close)
            for child in self._children:  # what they keep is thrown away: no need for a goodbye
                stack.push_async_callback(child.kill)


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[Cluster]:
    """A healthy cluster with the demo shop in it; nothing of it is left afterwards."""
    cluster = Cluster(folder)
    try:
        await cluster.start()
        yield cluster
    finally:
        await cluster.close()
