"""The hand-written handlers behind Starlette: bare, lean, and with the checks of the product.

All three take the same body as a GraphQL server and choose the handler by the operation's name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson
from pymongo.asynchronous.database import AsyncDatabase
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.http.peers.reads import Document, Guard, Reads, connected
from bench.http.peers.rest import HANDLERS
from domain.errors import Unauthenticated
from domain.viewer import Subject, Viewer, reach
from gateway import auth
from storage.mongo.access import Owners, within

Endpoint = Callable[[Request], Awaitable[Response]]

JSON = "application/json"
MAX_BODY_BYTES = 2**20
HEADERS = MappingProxyType(
    {
        "Content-Type": f"{JSON}; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept",
    }
)
GUARDED: Mapping[str, tuple[Subject, Owners]] = MappingProxyType(
    {
        "customers": (Subject.CUSTOMERS, Owners(customer="_id")),
        "orders": (Subject.ORDERS, Owners()),
        "payments": (Subject.PAYMENTS, Owners()),
        "products": (Subject.CATALOG, Owners()),
        "stock_levels": (Subject.STOCK, Owners()),
        "locations": (Subject.AVAILABILITY, Owners()),
        "channels": (Subject.AVAILABILITY, Owners()),
    }
)


def bare() -> Starlette:
    return _served(_open(Reads(connected())))


def lean() -> Starlette:
    """Reads no more of a document than the answer shows."""
    return _served(_open(Reads(connected(), lean=True)))


def full() -> Starlette:
    return _served(_checked(connected()))


def _served(endpoint: Endpoint) -> Starlette:
    return Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])])


def _open(reads: Reads) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return Response(await _answered(reads, await request.body()), media_type=JSON)

    return endpoint


def _checked(database: AsyncDatabase[Document]) -> Endpoint:
    """Who asks decides what is read; a body is JSON, and not too long."""

    async def endpoint(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != JSON:
            return Response(status_code=415)
        if int(request.headers.get("content-length", "0")) > MAX_BODY_BYTES:
            return Response(status_code=413)
        try:
            viewer = auth.viewer(request.headers.get("authorization"))
        except Unauthenticated:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        reads = Reads(database, _guard(viewer))
        return Response(await _answered(reads, await request.body()), headers=HEADERS)

    return endpoint


def _guard(viewer: Viewer) -> Guard:
    def guard(collection: str) -> Mapping[str, Any] | None:
        subject, owners = GUARDED[collection]
        return within(reach(viewer, subject), owners)

    return guard


async def _answered(reads: Reads, body: bytes) -> bytes:
    asked = orjson.loads(body)
    data = await HANDLERS[asked["operationName"]](reads, asked["variables"])
    return orjson.dumps({"data": data})
