"""What the scenarios work with: levels and orders of the demo shop, found through the graph."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count, groupby
from typing import Any

from msgspec import Struct

from tests.chaos.checker.run import Place
from tests.chaos.reading import Reader

LEVELS = """query ($after: Cursor) { stockLevels(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor } edges { node { id product { sku } location { id } } }
} }"""
ORDERS = """{ orders(first: 20) { edges { node {
  id channel { id } totals { grand { gross { currency } } }
} } } }"""
LEVEL = "query ($id: ID!) { node(id: $id) { ... on StockLevel { version onHand free } } }"


class Order(Struct, frozen=True):
    """Whom it was sold through, in which currency."""

    id: str
    channel: str
    currency: str


Look = Callable[[str], Awaitable[Mapping[str, int]]]
"""Reads `version`, `onHand` and `free` of a level by its id."""


class Shelves(Struct, frozen=True):
    """Levels by place, and orders; `sizes` never gives the same number twice.

    A difference that nobody else makes says whose it is, wherever it turns up.
    """

    levels: Mapping[Place, str]
    orders: Sequence[Order]
    look: Look
    sizes: Callable[[], int]

    def places(self, sku: str) -> Sequence[Place]:
        return [place for place in self.levels if place[0] == sku]

    @property
    def skus(self) -> Sequence[str]:
        return sorted({sku for sku, _ in self.levels})


async def found(reader: Reader, *, skus: int, locations: int, orders: int) -> Shelves:
    """Some skus, each at as many locations, and some orders."""

    async def look(id: str) -> Mapping[str, int]:
        return (await reader.ask(LEVEL, id=id))["node"]

    levels = await _levels(reader)
    groups = [list(group) for _, group in groupby(levels, key=lambda level: level[0][0])]
    wide = [group[:locations] for group in groups if len(group) >= locations][:skus]
    assert len(wide) == skus, "the demo shop is smaller than that"
    chosen = dict(level for group in wide for level in group)
    return Shelves(chosen, (await _orders(reader))[:orders], look, count(1).__next__)


async def _levels(reader: Reader) -> Sequence[tuple[Place, str]]:
    """By sku, as the graph lists them."""
    found: list[tuple[Place, str]] = []
    after, more = None, True
    while more:
        page = (await reader.ask(LEVELS, after=after))["stockLevels"]
        nodes = [edge["node"] for edge in page["edges"]]
        found += [((_sku(node), node["location"]["id"]), node["id"]) for node in nodes]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return sorted(found)


def _sku(node: Mapping[str, Any]) -> str:
    return node["product"]["sku"]


async def _orders(reader: Reader) -> Sequence[Order]:
    nodes = [edge["node"] for edge in (await reader.ask(ORDERS))["orders"]["edges"]]
    return [
        Order(node["id"], node["channel"]["id"], node["totals"]["grand"]["gross"]["currency"])
        for node in nodes
    ]
