"""An application behind a real uvicorn, on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from gateway.serving import configured


@asynccontextmanager
async def served(
    application: ASGIApp, *, port: int = 0, lifespan: str = "off"
) -> AsyncGenerator[str]:
    """Serve in this very loop, which the database's client is bound to; the address."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        server = uvicorn.Server(configured(application, lifespan=lifespan))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            # Connections wait in the socket's queue until the server takes them.
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
