"""A `redis-server` that keeps nothing: what must survive a restart belongs in MongoDB."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager
from pathlib import Path

from gateway.embedded import server


def started(binary: Path, data: Path, lock: int) -> AbstractContextManager[server.Server]:
    port = server.free_port()
    command = [
        *(str(binary), "--bind", server.HOST, "--port", str(port)),
        *("--save", "", "--appendonly", "no"),
    ]
    return server.started(command, log=data / "redis.log", folder=data, port=port, lock=lock)


def ready(cache: server.Server) -> str:
    """Wait until it answers, and return its URL.

    Raises:
        EmbeddedError: it ended, or does not answer in time.
    """
    cache.until(lambda: _answers(cache.port))
    return f"redis://{server.HOST}:{cache.port}/0"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((server.HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False
