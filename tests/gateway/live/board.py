"""A small graph with subscriptions, and tests speak to who subscribed to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect

from domain.errors import Forbidden
from domain.viewer import Viewer
from gateway import auth
from gateway.answering import Graph
from gateway.execution.engine import Engine, Outcome
from gateway.execution.errors import refusal
from gateway.graphql import GraphQLEndpoint
from gateway.identity.admission import Who, plainly
from gateway.identity.vigil import Vigil
from gateway.live.mailbox import End, Mailbox, Message
from gateway.live.sockets import SUBPROTOCOL, Sockets
from gateway.live.streams import Stream, Wanted

TICKS = "subscription ($of: String) { ticks(of: $of) }"
WAIT_SECONDS = 10.0


async def happens(event: asyncio.Event) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        await event.wait()


class Heard:
    """Somebody who subscribed."""

    def __init__(self, wanted: Wanted, mailbox: Mailbox) -> None:
        self.wanted = wanted
        self.mailbox = mailbox
        self.left = asyncio.Event()

    def say(self, text: str, cursor: str = "") -> bool:
        return self.mailbox.put(Message(orjson.dumps({"data": {"ticks": text}}), cursor))

    def end(self, *errors: dict[str, object]) -> None:
        self.mailbox.close(End(orjson.dumps(errors) if errors else None))

    def close(self) -> None:
        self.left.set()


class Board:
    """`Streams` of which a test is the source."""

    def __init__(self) -> None:
        self.engine = Engine(_schema(self))
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        self.greet: Callable[[Heard], None] | None = None
        self.begun = asyncio.Event()
        self.held = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.reported: list[Exception] = []
        self.vigil: Vigil | None = None

    async def open(self, wanted: Wanted, mailbox: Mailbox) -> Stream | Outcome:
        found = self.engine.subscription(
            wanted.query, variables=wanted.variables, operation_name=wanted.operation_name
        )
        if isinstance(found, Outcome):
            return found
        of = (wanted.variables or {}).get("of")
        if of == "refused" or '"refused"' in wanted.query:
            error = refusal("Not yours.", Forbidden.code)
            return Outcome(executed=False, data=None, errors=(error,))
        if of == "broken":
            raise RuntimeError("password")
        heard = Heard(wanted, mailbox)
        if self.greet:
            self.greet(heard)
        self.heard.put_nowait(heard)
        return heard

    async def subscriber(self) -> Heard:
        """Who subscribed next."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self.heard.get()


def _schema(board: Board) -> GraphQLSchema:
    async def held(_root: object, _info: object) -> str:
        board.begun.set()
        try:
            await board.held.wait()
        except asyncio.CancelledError:
            board.cancelled.set()
            raise
        return "let go"

    def broken(_root: object, _info: object) -> str:
        raise RuntimeError("password")

    query = GraphQLObjectType(
        "Query",
        {
            "me": GraphQLField(GraphQLString, resolve=lambda _root, info: info.context.role.value),
            "held": GraphQLField(GraphQLString, resolve=held),
            "broken": GraphQLField(GraphQLNonNull(GraphQLString), resolve=broken),
        },
    )
    mutation = GraphQLObjectType(
        "Mutation", {"rename": GraphQLField(GraphQLString, resolve=lambda _root, _info: "done")}
    )
    ticks = GraphQLField(GraphQLString, {"of": GraphQLArgument(GraphQLString)})
    return GraphQLSchema(query, mutation, GraphQLObjectType("Subscription", {"ticks": ticks}))


def application(
    board: Board,
    *,
    is_live: bool = True,
    origins: Collection[str] = (),
    who: Who | None = None,
) -> Starlette:
    def context(viewer: Viewer, _watched: bool) -> Viewer:
        return viewer

    graph = Graph(
        board.engine,
        who=who or plainly(auth.viewer),
        context=context,
        streams=board if is_live else None,
        report=lambda error, _: board.reported.append(error),
    )
    board.vigil = graph.vigil
    return Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(graph, origins=origins)),
            WebSocketRoute("/graphql", Sockets(graph, origins)),
        ]
    )


class Talk:
    """The client's end of a socket."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire

    async def tell(self, type: str, **fields: Any) -> None:
        await self.wire.send(json.dumps({"type": type, **fields}))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_SECONDS):
            return json.loads(await self.wire.recv())

    async def ask(self, id: str, query: str, **variables: Any) -> None:
        await self.tell("subscribe", id=id, payload={"query": query, "variables": variables})

    async def closed(self) -> tuple[int | None, str]:
        """The code and the reason with which the server closes."""
        async with asyncio.timeout(WAIT_SECONDS):
            await self.wire.wait_closed()
        return self.wire.close_code, self.wire.close_reason


@asynccontextmanager
async def dialled(address: str, **options: Any) -> AsyncGenerator[Talk]:
    """A socket that is open, and on which nothing was said."""
    options = {"subprotocols": [SUBPROTOCOL], **options}
    async with connect(address.replace("http", "ws") + "/graphql", **options) as wire:
        yield Talk(wire)


@asynccontextmanager
async def talking(address: str, token: str | None = None, **options: Any) -> AsyncGenerator[Talk]:
    """A socket whose connection was acknowledged."""
    async with dialled(address, **options) as talk:
        await talk.tell(
            "connection_init", payload={"authorization": f"Bearer {token}"} if token else {}
        )
        assert await talk.hear() == {"type": "connection_ack"}
        yield talk
