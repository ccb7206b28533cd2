"""A Strawberry server as a team writes it: its own types, DataLoaders, Strawberry's ASGI view."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry import ID
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from bench.http.peers.loaders import Loaders
from bench.http.peers.plain_types import (
    PAGE,
    SCALARS,
    Channel,
    Info,
    OrderLine,
    Payment,
    Product,
    TaxedMoney,
    Totals,
    loaders,
)
from bench.http.peers.reads import Document, Reads, connected


@strawberry.type
class Order:
    channel_id: strawberry.Private[str]
    customer_id: strawberry.Private[str | None]
    id: ID
    number: str
    state: str
    placed_at: datetime | None
    totals: Totals
    lines: list[OrderLine]

    @strawberry.field
    async def channel(self, info: Info) -> Channel:
        found = await loaders(info).channels.load(self.channel_id)
        return Channel(code=found["code"])

    @strawberry.field
    async def payments(self, info: Info) -> list[Payment]:
        return [Payment.of(each) for each in await loaders(info).payments_of.load(self.id)]

    @strawberry.field
    async def customer(
        self, info: Info
    ) -> Annotated[Customer, strawberry.lazy("bench.http.peers.plain_app")] | None:
        if self.customer_id is None:
            return None
        found = await loaders(info).customers.load(self.customer_id)
        return Customer.of(found) if found else None

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            channel_id=document["channel_id"],
            customer_id=document["customer_id"],
            id=ID(document["_id"]),
            number=document["number"],
            state=document["state"],
            placed_at=document["placed_at"],
            totals=Totals(grand=TaxedMoney.of(document["totals"]["grand"])),
            lines=[OrderLine.of(line) for line in document["lines"]],
        )


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class OrderEdge:
    node: Order


@strawberry.type
class OrderConnection:
    edges: list[OrderEdge]
    page_info: PageInfo


@strawberry.type
class Customer:
    id: ID
    number: str
    display_name: str | None

    @strawberry.field
    async def orders(self, info: Info, first: int = PAGE) -> OrderConnection:
        found = await loaders(info).reads.newest_orders(self.id, first + 1)
        return OrderConnection(
            edges=[OrderEdge(node=Order.of(each)) for each in found[:first]],
            page_info=PageInfo(has_next_page=len(found) > first),
        )

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            id=ID(document["_id"]),
            number=document["number"],
            display_name=document["display_name"],
        )


@strawberry.type
class Query:
    @strawberry.field
    async def customer(self, info: Info, id: ID) -> Customer | None:
        found = await loaders(info).customers.load(id)
        return Customer.of(found) if found else None

    @strawberry.field
    async def order(self, info: Info, id: ID) -> Order | None:
        found = await loaders(info).orders.load(id)
        return Order.of(found) if found else None

    @strawberry.field
    async def product(self, info: Info, sku: str) -> Product | None:
        found = await loaders(info).products.load(sku)
        return Product.of(found) if found else None

    @strawberry.field
    async def products(self, info: Info, skus: list[str]) -> list[Product | None]:
        found = await loaders(info).products.load_many(skus)
        return [Product.of(each) if each else None for each in found]


class View(GraphQL[dict[str, Loaders], None]):
    """Strawberry's view, with the loaders of the request and a fast JSON encoder."""

    reads: Reads

    async def get_context(
        self,
        request: Request | WebSocket,  # noqa: ARG002
        response: Response | WebSocket,  # noqa: ARG002
    ) -> dict[str, Loaders]:
        return {"loaders": Loaders(self.reads)}

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def application() -> Starlette:
    schema = strawberry.Schema(
        Query,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[ParserCache, ValidationCache],
    )
    view = View(schema, graphql_ide=None)
    view.reads = Reads(connected())
    return Starlette(routes=[Route("/graphql", view)])
