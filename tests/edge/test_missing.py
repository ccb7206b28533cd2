"""What is forbidden is asked of the database in the same words as what does not exist.

So it takes as long: the owner stands in the filter of the read, and nothing is looked at after it.
`make bench-limits` measures the times themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from msgspec import Struct

from domain.shop import Shop
from domain.viewer import SYSTEM, Viewer
from storage.mongo.driver import Database
from storage.mongo.orders import ref_key
from storage.mongo.reader import Reader
from tests.client import Client
from tests.edge.owners import Owners
from tests.edge.test_matrix import NAMES, People
from tests.storage.listening import Told
from tests.walks.belongings import UNKNOWN, Belongings
from tests.walks.everything import nodes

BOUND = (
    *(each for each in NAMES if each.startswith(("visitor", "shopper", "partner"))),
    "support, nothing",
)
"""Whom something is kept from that they might name."""

STATED = ("filter", "pipeline", "query", "projection", "sort", "limit")


class Question(Struct, frozen=True):
    """What is asked about `word`, which names something of `id`, and about what has no such name.

    `#` stands for the name.
    """

    id: str
    document: str
    word: str
    variables: str = '{"key": "#"}'

    @property
    def words(self) -> tuple[str, str]:
        return self.word, f"{self.word[:-8]}{UNKNOWN[-8:]}"

    def about(self, word: str) -> Mapping[str, Any]:
        return json.loads(self.variables.replace("#", word))


def by_id(shop: Shop, person: Belongings) -> Iterator[Question]:
    """`node`, `nodes` and `_entities` for each kind of node."""
    hidden = [each.id for each in shop.products if not each.is_published]
    for kind, known in nodes(shop, person.customer).items():
        key = hidden[0] if kind == "Product" else known[0]
        yield Question(key, "query ($key: ID!) { node(id: $key) { id } }", key)
        yield Question(key, "query ($key: ID!) { nodes(ids: [$key]) { id } }", key)
        yield Question(
            key,
            "query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }",
            key,
            f'{{"of": [{{"__typename": "{kind}", "id": "#"}}]}}',
        )


def by_name(shop: Shop, person: Belongings) -> Iterator[Question]:
    """The roots that look one thing up, by each of its names."""
    customer, order = person.customer, next(each for each in person.orders if each.refs)
    payment = next(each for each in person.payments if each.refs)
    product = next(each for each in shop.products if not each.is_published)
    ref = payment.refs[0]
    for key, root, named, word in (
        (customer.id, "customer", "id: $key", customer.id),
        (customer.id, "customer", "number: $key", customer.number),
        (order.id, "order", "id: $key", order.id),
        (order.id, "order", "number: $key", order.number),
        (order.id, "order", "ref: $key", ref_key(order.refs[0])),
        (payment.id, "payment", "id: $key", payment.id),
        (payment.id, "payment", f'provider: "{ref.system}", providerRef: $key', ref.value),
        (product.id, "product", "id: $key", product.id),
        (product.id, "product", "sku: $key", product.sku),
    ):
        kind = "ID" if named == "id: $key" else "String"
        yield Question(key, f"query ($key: {kind}!) {{ {root}({named}) {{ id }} }}", word)


def by_change(person: Belongings, held: str, name: str) -> Iterator[Question]:
    """The mutations that name what is somebody's."""
    paid = next(each for each in person.payments if each.captured.minor)
    money = f"{{minor: 100, currency: {paid.captured.currency}}}"
    for n, (key, root, given) in enumerate(
        (
            (held, "extendReservation", "reservation: $key, minutes: 20"),
            (held, "releaseReservation", "reservation: $key"),
            (held, "commitReservation", f'reservation: $key, order: "{person.orders[0].id}"'),
            (paid.id, "recordPayment", f"payment: $key, amount: {money}"),
            (paid.id, "recordRefund", f'payment: $key, amount: {money}, reason: "late"'),
        )
    ):
        document = f"""mutation ($key: ID!, $once: String!) {{
          {root}(input: {{ idempotencyKey: $once, {given} }}) {{
            userErrors {{ __typename code message path }} }} }}"""
        once = f"{name} {n} {person.customer.id} #"
        yield Question(key, document, key, f'{{"key": "#", "once": "{once}"}}')


def heard(told: Told, words: Sequence[str], *parts: str) -> list[Any]:
    """What was asked of the database, with the names left out that it was about."""
    return [
        (*next(iter(each.items())), _without([each.get(part) for part in parts], words))
        for each in told.heard()
    ]


def _without(asked: Any, words: Sequence[str]) -> Any:
    """The same where a name, or the part of an id that is by chance, is not told."""
    if isinstance(asked, Mapping):
        return {name: _without(value, words) for name, value in asked.items()}
    if isinstance(asked, list | tuple):
        return [_without(each, words) for each in asked]
    if isinstance(asked, str):
        for word in words:
            asked = asked.replace(word, "it").replace(word.partition("_")[2] or word, "it")
    return asked


async def compared(
    kassa: Client,
    told: Told,
    owners: Owners,
    name: str,
    viewer: Viewer,
    asked: Sequence[Question],
    *parts: str,
) -> tuple[int, list[str]]:
    """How many were out of reach, and which of them were not answered and read alike."""
    forbidden = [each for each in asked if not owners.may_see(viewer, each.id)]
    unlike: list[str] = []
    for each in forbidden:
        told.heard()
        there, nowhere = [
            (
                _without(await kassa.post(each.document, name, **each.about(word)), each.words),
                heard(told, each.words, *parts),
            )
            for word in each.words
        ]
        if there != nowhere:
            unlike.append(f"{each.document} {each.variables}: {there} {nowhere}")
    return len(forbidden), unlike


@pytest.mark.parametrize("name", BOUND)
async def test_a_query_reads_the_same_for_what_is_forbidden_as_for_what_is_missing(
    kassa: Client,
    world: Database,
    told: Told,
    shop: Shop,
    people: People,
    owners: Owners,
    viewers: Mapping[str, Viewer],
    name: str,
):
    await owners.learn(world)
    asked = [each for one in people for each in (*by_id(shop, one), *by_name(shop, one))]

    count, unlike = await compared(kassa, told, owners, name, viewers[name], asked, *STATED)

    assert unlike == []
    assert count > 20


@pytest.mark.parametrize("name", ["visitor", "shopper anna", "shopper bo", "partner market"])
async def test_a_mutation_asks_the_same_for_what_is_forbidden_as_for_what_is_missing(
    kassa: Client,
    world: Database,
    told: Told,
    shop: Shop,
    people: People,
    owners: Owners,
    viewers: Mapping[str, Viewer],
    name: str,
):
    level = next(each for each in shop.stock_levels if each.free > 10)
    hold = f"""mutation {{ reserveStock(input: {{ idempotencyKey: "kept from {name}", lines: [
      {{ sku: "{level.sku}", location: "{level.location_id}", quantity: 1 }}] }}) {{
      reservation {{ id }} }} }}"""
    asked: list[Question] = []
    for person, owner in zip(people, ("shopper anna", "shopper bo"), strict=True):
        held = (await kassa.ask(hold, owner))["reserveStock"]["reservation"]["id"]
        asked += by_change(person, held, name)
    await owners.learn(world)

    count, unlike = await compared(kassa, told, owners, name, viewers[name], asked)

    assert unlike == []
    assert count >= 4


async def test_a_look_at_whose_it_is_would_be_found(
    kassa, told, shop, people, owners, viewers, monkeypatch: pytest.MonkeyPatch
):
    read = Reader.all

    async def diligent(self: Any, viewer: Viewer, where: Any, **named: Any) -> list[Any]:
        found = await read(self, viewer, where, **named)
        if not found and await read(self, SYSTEM, where):
            await read(self, SYSTEM, where)  # say, to log whose it is
        return found

    monkeypatch.setattr(Reader, "all", diligent)
    name, asked = "shopper bo", [*by_name(shop, people[0])]

    _, unlike = await compared(kassa, told, owners, name, viewers[name], asked, *STATED)

    assert unlike != []
