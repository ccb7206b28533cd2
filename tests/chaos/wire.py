"""HTTP as little as it can be: one request, one connection, so that 500 at once cost nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from gateway.embedded.server import HOST

TOKEN = "dev.system"  # noqa: S105
STATUS_WITHIN_SECONDS = 6.0


class NoAnswer(Exception):
    """There is none that says what was done; `code` is the gateway's word for it, if it had one."""

    def __init__(self, why: str, code: str | None = None) -> None:
        super().__init__(why)
        self.code = code


async def post(port: int, query: str, variables: Mapping[str, object], seconds: float) -> Any:
    """The JSON that a gateway answers a GraphQL request with.

    Raises:
        NoAnswer: it did not, within `seconds`.
    """
    body = json.dumps({"query": query, "variables": variables}).encode()
    fields = {
        "host": f"{HOST}:{port}",
        "authorization": f"Bearer {TOKEN}",
        "content-type": "application/json",
        "content-length": len(body),
        "connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    status, answer = await _asked(
        port, f"POST /graphql HTTP/1.1\r\n{head}\r\n".encode() + body, seconds
    )
    try:
        return json.loads(answer)
    except ValueError as error:
        raise NoAnswer(f"HTTP {status} without JSON") from error


async def status(port: int, path: str) -> int | None:
    """The HTTP status of a page; None if nobody answers."""
    request = f"GET {path} HTTP/1.1\r\nhost: {HOST}:{port}\r\nconnection: close\r\n\r\n"
    try:
        return (await _asked(port, request.encode(), STATUS_WITHIN_SECONDS))[0]
    except NoAnswer:
        return None


async def _asked(port: int, request: bytes, seconds: float) -> tuple[int, bytes]:
    try:
        async with asyncio.timeout(seconds):
            return await _exchanged(port, request)
    except TimeoutError as error:
        raise NoAnswer("no answer in time") from error
    except (OSError, EOFError, ValueError) as error:
        raise NoAnswer(type(error).__name__) from error


async def _exchanged(port: int, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.splitlines()
        fields = dict(line.lower().split(": ", 1) for line in lines if line)
        return int(first.split()[1]), await reader.readexactly(int(fields["content-length"]))
    finally:
        writer.transport.abort()
