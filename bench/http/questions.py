"""What is asked: the query texts, and variables drawn from what the database holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import orjson
from msgspec import Struct

from storage.mongo.driver import Database

FOLDER = Path(__file__).with_name("queries")
SEED = 20_260_601
POOL = 200
"""Sets of variables for each query, at most."""

TOGETHER = 100
"""Products that one question asks for; the graph allows no more."""

Variables = dict[str, Any]


class Stocked(Struct, frozen=True):
    """Ids to ask for. `customers` are those with the most orders."""

    customers: Sequence[str]
    orders: Sequence[str]
    skus: Sequence[str]
    channels: Sequence[str]


class Question(Struct, frozen=True):
    """A query, its operation's name, how often a round asks it, and with which variables."""

    name: str
    text: str
    operation: str
    count: int
    variables: Sequence[Variables]

    def bodies(self) -> list[bytes]:
        """A request body for each set of variables."""
        asked = {"query": self.text, "operationName": self.operation}
        return [orjson.dumps({**asked, "variables": each}) for each in self.variables]


async def stocked(database: Database) -> Stocked:
    """What `database` can be asked for; the same on every day."""
    buyers: list[Mapping[str, Any]] = [
        {"$match": {"customer_id": {"$ne": None}}},
        {"$group": {"_id": "$customer_id", "orders": {"$sum": 1}}},
        {"$sort": {"orders": -1, "_id": 1}},
        {"$limit": POOL // 4},
    ]
    selling = await database.find("channels", {"kind": "WEBSHOP"}, fields=["code"])
    products = await database.find("products", {}, fields=["sku"])
    orders = await database.find("orders", {"placed_at": {"$ne": None}}, fields=["number"])
    return Stocked(
        customers=[row["_id"] for row in await database.aggregate_over("orders", buyers)],
        orders=sorted(row["_id"] for row in orders),
        skus=sorted(row["sku"] for row in products),
        channels=sorted(row["_id"] for row in selling),
    )


def _customers(there: Stocked, _: Random) -> list[Variables]:
    return [{"id": key} for key in there.customers]


def _orders(there: Stocked, dice: Random) -> list[Variables]:
    return [{"id": key} for key in dice.sample(there.orders, min(POOL, len(there.orders)))]


def _many_products(there: Stocked, dice: Random) -> list[Variables]:
    return [
        {
            "skus": dice.sample(there.skus, min(TOGETHER, len(there.skus))),
            "channel": dice.choice(there.channels),
        }
        for _ in range(POOL // 4)
    ]


def _products(there: Stocked, dice: Random) -> list[Variables]:
    chosen = dice.sample(there.skus, min(POOL, len(there.skus)))
    return [{"sku": sku, "channel": dice.choice(there.channels)} for sku in chosen]


class Kind(Struct, frozen=True):
    """A query of ours, and how often a round asks it."""

    title: str
    operation: str
    count: int
    draw: Callable[[Stocked, Random], list[Variables]]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "q1-customer-360": Kind("Q1 customer 360", "Customer360", 300, _customers),
        "q2-order": Kind("Q2 one order", "Order", 2_000, _orders),
        "q3-stock": Kind("Q3 stock of 100 products", "Stock", 150, _many_products),
        "q4-product-page": Kind("Q4 product page", "ProductPage", 2_000, _products),
    }
)


def drawn(there: Stocked) -> list[Question]:
    """The questions, each with its variables in an order that has no pattern."""
    return [_question(name, there) for name in KINDS]


def _question(name: str, there: Stocked) -> Question:
    kind = KINDS[name]
    dice = Random(SEED)  # noqa: S311 - the same draw each time is the point
    variables = kind.draw(there, dice)
    dice.shuffle(variables)
    text = (FOLDER / f"{name}.graphql").read_text()
    return Question(name, text, kind.operation, kind.count, variables)


def fields_in(answer: object) -> int:
    """How many fields an answer has, over all its levels."""
    if isinstance(answer, dict):
        return len(answer) + sum(map(fields_in, answer.values()))
    return sum(map(fields_in, answer)) if isinstance(answer, list) else 0
