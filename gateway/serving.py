"""Running the server: where it listens, what runs beside it, and how it all ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from types import FrameType
from typing import Any, NoReturn

import uvicorn
from msgspec.structs import replace
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from gateway import embedded
from gateway.guarding import Guard
from gateway.live import protocols, websocket
from gateway.settings import Limiting, Settings, SettingsError

APPLICATION = "gateway.bootstrap:application"
BACKLOG = 2048
DRAIN_SECONDS = 5
PING_SECONDS = 20.0
MOST_MESSAGE_BYTES = 2**16
"""Of a message that a WebSocket client sends."""

UNREAD_SECONDS = 30
"""How long a client may leave unread what the kernel holds for it."""


NOT_EMBEDDED = (
    "Embedded servers are for development. Set KASSA_MONGODB_URL and KASSA_REDIS_URL to your own."
)


class PortTaken(Exception):
    """Somebody else listens there; the message says what to do."""


@contextmanager
def listening(settings: Settings) -> Generator[socket.socket]:
    """The socket to serve on.

    Raises:
        PortTaken: it cannot be had.
    """
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        drop_who_does_not_read(found, UNREAD_SECONDS)
        try:
            found.bind((settings.host, settings.port))
        except (OSError, OverflowError) as error:
            raise PortTaken(
                f"{settings.host}:{settings.port} cannot be listened on ({error}). Stop what runs "
                "there, or choose another port, for example KASSA_PORT=8001."
            ) from error
        found.set_inheritable(True)
        found.listen(BACKLOG)
        yield found


def drop_who_does_not_read(sock: socket.socket, seconds: float) -> None:
    """Have the kernel end connections accepted from `sock` whose client reads nothing.

    Without it one costs its buffers until its machine is gone. Source: tcp(7), Linux only.
    """
    if sys.platform == "linux":
        milliseconds = int(seconds * 1000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def address(sock: socket.socket) -> str:
    """The URL of what is served on `sock`; port 0 has become a real one."""
    host, port, *_ = sock.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_exposed(sock: socket.socket) -> bool:
    """Can other machines reach what is served on `sock`?"""
    host = sock.getsockname()[0].partition("%")[0]
    return not ip_address(host).is_loopback


@contextmanager
def beside(settings: Settings, *, wanted: bool) -> Generator[Settings]:
    """Run MongoDB and Redis as children where wanted and not given; yields where they are."""
    if not wanted:
        yield settings
        return
    if not settings.is_development:
        raise SettingsError(NOT_EMBEDDED)
    with embedded.running(
        settings.data,
        with_mongodb=settings.mongodb_url is None,
        with_redis=settings.redis_url is None,
    ) as servers:
        yield replace(
            settings,
            mongodb_url=settings.mongodb_url or servers.mongodb_url,
            redis_url=settings.redis_url or servers.redis_url,
        )


@contextmanager
def ending_on_sigterm() -> Generator[None]:
    """Leave by the same door on SIGTERM as on Ctrl-C, so that nothing is left running."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_: int, __: FrameType | None) -> NoReturn:
    raise SystemExit(0)


class Workers(Multiprocess):
    """Server processes, ended by us: a terminal tells Ctrl-C to them too, even in an import."""

    def init_processes(self) -> None:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which they inherit
        try:
            super().init_processes()
        finally:
            signal.signal(signal.SIGINT, before)


def configured(application: ASGIApp | str, **more: Any) -> uvicorn.Config:
    """How every server of ours speaks; `more` are other options of uvicorn's."""
    return uvicorn.Config(
        application,
        loop="uvloop",
        http=protocols.Http,
        ws=websocket.WebSocket,
        ws_max_size=MOST_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        **more,
    )


def run(settings: Settings, sock: socket.socket, workers: int) -> None:
    """Serve until a signal ends it."""
    os.environ |= {
        "KASSA_MONGODB_URL": settings.mongodb_url or "",
        "KASSA_REDIS_URL": settings.redis_url or "",
        "KASSA_SUBGRAPH": settings.subgraph or "",
    }
    config = configured(APPLICATION, factory=True, workers=workers)
    setattr(config, protocols.GUARD, Guard(sheds=settings.limits is Limiting.ENFORCE))
    if workers == 1:
        uvicorn.Server(config).run(sockets=[sock])
    else:
        Workers(config, sockets=[sock]).run()
