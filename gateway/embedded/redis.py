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


def url(port: int) -> str:
    return f"redis://{server.HOST}:{port}/0"


def answers(port: int) -> bool:
    try:
        with socket.create_connection((server.HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False
