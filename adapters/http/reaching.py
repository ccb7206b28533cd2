"""Connections to where the checks of an address were made, and to nowhere else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any, cast

import httpcore2
import httpx2

from domain import addresses

MOST_CONNECTIONS = 20


class Unreachable(httpcore2.ConnectError):
    """The name leads to an address that must not be called."""


class Checked(httpcore2.AsyncNetworkBackend):
    """Resolves a name once, checks every address, and connects to one that was checked.

    TLS still asks for the name: the certificate must be the name's.
    """

    def __init__(self, *, allows_loopback: bool) -> None:
        self._allows_loopback = allows_loopback
        self._backend = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the host's first address, if all of its addresses will do."""
        address = await self._address(host, port)
        return await self._backend.connect_tcp(
            address,
            port,
            timeout=timeout,
            local_address=local_address,
            socket_options=socket_options,
        )

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _address(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} has no address.") from error
        given = [str(each[4][0]) for each in found]
        if not given or not all(self._may(host, each) for each in given):
            raise Unreachable(f"{host} leads to an address that must not be called.")
        return given[0]

    def _may(self, host: str, address: str) -> bool:
        is_here = self._allows_loopback and host in addresses.LOOPBACK
        return is_here or addresses.is_public(address)


def client(*, allows_loopback: bool) -> httpx2.AsyncClient:
    """A client without redirects, proxies of the environment, cookies or compression."""
    transport = httpx2.AsyncHTTPTransport(trust_env=False)
    transport._pool = httpcore2.AsyncConnectionPool(  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the only way to choose where it connects
        ssl_context=httpx2.create_ssl_context(trust_env=False),
        max_connections=MOST_CONNECTIONS,
        max_keepalive_connections=MOST_CONNECTIONS,
        keepalive_expiry=30.0,
        network_backend=Checked(allows_loopback=allows_loopback),
    )
    return httpx2.AsyncClient(
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(None),  # each call has its own deadline
        headers={"accept-encoding": "identity", "user-agent": "Kassa"},
    )
