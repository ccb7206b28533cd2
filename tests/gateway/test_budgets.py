"""What a request costs, who pays for it, and what happens to those who ask for too much."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace
from redis import Redis

from bench.http.questions import FOLDER
from domain import ids
from domain.budgets import BUDGET_BY_ROLE, Budget
from domain.ids import Kind
from domain.viewer import Role
from gateway import embedded
from gateway.embedded import Embedded
from gateway.embedded.server import free_port
from gateway.limits.accounts import Accounts
from gateway.limits.purses import Purses
from storage.buckets import Buckets
from storage.mongo.driver import Database
from storage.mongo.journal.following import MongoFollowing
from tests.client import Client
from tests.gateway.live.board import Talk, talking
from tests.gateway.serving import served
from tests.walks import applications

CHANNELS = "{ channels { code } }"
SMALL = Budget(request=50, capacity=100, restore=1)


class Gateway(Client):
    """A gateway in process, whose clients have an address."""

    def __init__(self, application, purses: Purses) -> None:
        super().__init__(application)
        self.purses = purses

    async def send(self, query: str, token: str | None = None, peer: str = "10.0.0.1", **given):
        transport = httpx2.ASGITransport(app=self.application, client=(peer, 1))
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": given}
        async with httpx2.AsyncClient(transport=transport, base_url="http://kassa") as http:
            return await http.post("/graphql", json=body, headers=headers)


Opened = Callable[..., Gateway]


@pytest.fixture
async def gateway(stocked: Database, servers: Embedded) -> AsyncIterator[Opened]:
    """Opens gateways over the demo shop, whose clients have these budgets."""
    async with gateways(stocked, servers.redis_url) as opened:
        yield opened


@asynccontextmanager
async def gateways(stocked: Database, redis_url: str | None) -> AsyncIterator[Opened]:
    banks: list[Buckets] = []

    def opened(
        budget: Budget | None = None,
        *,
        url: str | None = redis_url,
        following: MongoFollowing | None = None,
        **options,
    ) -> Gateway:
        banks.append(Buckets(url or ""))
        purses = Purses(banks[-1])
        budgets = dict.fromkeys(Role, budget) if budget else BUDGET_BY_ROLE
        application = applications.application(
            stocked, accounts=Accounts(purses, budgets, **options), following=following
        )
        return Gateway(application, purses)

    yield opened
    for bank in banks:
        await bank.close()


@asynccontextmanager
async def talking_to(gateway: Gateway, token: str) -> AsyncIterator[Talk]:
    async with served(gateway.application) as address, talking(address, token) as talk:
        yield talk


def somebody() -> str:
    """The token of a shopper whom no other test knows."""
    return f"dev.shopper.{ids.mint(Kind.CUSTOMER, datetime.now(UTC))}"


def nobody() -> str:
    """An address that no other test asks from."""
    return ".".join(str(secrets.randbelow(250) + 1) for _ in range(4))


# What things cost


PRICE = 'price(channel: "x") { unit { gross { minor } } }'
SEARCH = 'searchProducts(text: "a", first: 4) { edges { node { PRICE } } }'

COSTS = [
    ("{ __typename }", {}, 1),
    ("{ channels { code } }", {}, 20),
    ("{ locations { code name } }", {}, 20),
    ("{ orders { edges { node { number } } } }", {}, 1 + 20),
    ("{ orders(first: 3) { edges { node { number } } } }", {}, 1 + 3),
    ("{ orders(last: 7) { edges { node { number } } } }", {}, 1 + 7),
    ("{ orders(first: 100000) { edges { node { number } } } }", {}, 1 + 1_000),
    ("{ orders(first: -5) { edges { node { number } } } }", {}, 1),
    ("{ orders(first: 3) { pageInfo { hasNextPage } edges { cursor } } }", {}, 1),
    ("query($n: Int) { orders(first: $n) { edges { node { id } } } }", {"n": 5}, 6),
    ("query($n: Int) { orders(first: $n) { edges { node { id } } } }", {"n": None}, 21),
    ("query($n: Int = 9) { orders(first: $n) { edges { node { id } } } }", {}, 10),
    ("{ orders(first: 2) { edges { node { lines { product { sku } } } } } }", {}, 1 + 2 * (1 + 6)),
    ("{ a: channels { code } b: channels { code } }", {}, 40),
    ("{ channels { code } channels { name } }", {}, 20),
    ("{ ...c } fragment c on Query { channels { ...d } } fragment d on Channel { code }", {}, 20),
    ("query($w: Boolean!) { channels @include(if: $w) { code } }", {"w": False}, 1),
    ("query($w: Boolean!) { channels @include(if: $w) { code } }", {"w": True}, 20),
    ('{ products(skus: ["a", "b"]) { sku } }', {}, 2),
    ("query($s: [String!]!) { products(skus: $s) { sku } }", {"s": ["a"] * 7}, 7),
    ('{ nodes(ids: ["x"]) { ... on Order { customer { id } } ... on Product { id } } }', {}, 2),
    ('{ node(id: "x") { id } }', {}, 1),
    ('{ order(number: "x", maxAge: 60) { id } }', {}, 21),
    ('{ order(number: "x", maxAge: null) { id } }', {}, 1),
    ('query ($a: Int) { order(number: "x", maxAge: $a) { id } }', {"a": 60}, 21),
    ("{ orders(first: 3) { edges { node { payments(maxAge: 60) { id } } } } }", {}, 1 + 3 * 23),
    ("{ __schema { types { name } } }", {}, 10),
    ("{ __schema { types { name } } channels { code } }", {}, 30),
    (
        f"{{ {SEARCH} }}".replace("PRICE", 'price(channel: "x") { unit { gross { minor } } }'),
        {},
        5 + 4 * 2,
    ),
]


@pytest.mark.parametrize(("query", "variables", "cost"), COSTS)
async def test_an_operation_costs_what_the_schema_says(gateway: Opened, query, variables, cost):
    answer = await gateway(replace(SMALL, request=1)).send(query, peer=nobody(), **variables)

    shown = answer.json()["extensions"]["cost"]
    assert shown["requested"] == cost
    assert ("data" in answer.json()) == (cost == 1)


FOR_THE_BENCHMARK = {
    "q1-customer-360": {"id": "cus_x"},
    "q2-order": {"id": "ord_x"},
    "q3-stock": {"skus": ["x"] * 100, "channel": "chn_x"},
    "q4-product-page": {"sku": "x", "channel": "chn_x"},
}


@pytest.mark.parametrize("role", [Role.CLERK, Role.PARTNER])
@pytest.mark.parametrize("name", FOR_THE_BENCHMARK)
async def test_the_queries_of_the_benchmark_fit(gateway: Opened, tokens, role: Role, name: str):
    text = (FOLDER / f"{name}.graphql").read_text()

    answer = await gateway().send(text, tokens[role], **FOR_THE_BENCHMARK[name])

    cost = answer.json()["extensions"]["cost"]
    assert cost["requested"] <= BUDGET_BY_ROLE[role].request / 2


# Who pays


async def test_having_channels_asked_is_not_paid_back(gateway: Opened):
    query = '{ order(number: "nobody", maxAge: 60) { id } }'

    answer = await gateway(SMALL).send(query, somebody())

    cost = answer.json()["extensions"]["cost"]
    assert (cost["requested"], cost["actual"]) == (21, 20)


async def test_what_was_not_needed_is_paid_back(gateway: Opened):
    answer = await gateway(SMALL).send(CHANNELS, peer=nobody())

    assert answer.status_code == 200
    found = len(answer.json()["data"]["channels"])
    assert found != 20
    assert answer.json()["extensions"]["cost"] == {
        "requested": 20,
        "actual": found,
        "remaining": 100 - found,
        "restoreRate": 1,
    }


async def test_the_actual_cost_counts_the_objects_of_the_answer(gateway: Opened, tokens):
    query = "{ orders(first: 5) { edges { node { lines { id product { sku } } } } } }"

    answer = (await gateway().send(query, tokens[Role.SUPPORT])).json()

    orders = [edge["node"] for edge in answer["data"]["orders"]["edges"]]
    lines = [line for order in orders for line in order["lines"]]
    assert answer["extensions"]["cost"]["actual"] == 1 + len(orders) + 2 * len(lines)


async def test_the_headers_say_what_is_left(gateway: Opened):
    answer = await gateway(SMALL).send("{ __typename }", peer=nobody())

    assert answer.headers["ratelimit-policy"] == '"points";q=100;w=100'
    assert answer.headers["ratelimit"] == '"points";r=99;t=1'


async def test_a_request_above_its_budget_is_refused_before_anything_is_read(
    gateway: Opened, reads
):
    reads.forget()

    answer = await gateway(replace(SMALL, request=9)).send(CHANNELS, peer=nobody())

    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "COST_EXCEEDED"
    assert error["message"].startswith("This costs 20 points, and as anonymous a ")
    assert "data" not in answer.json()
    assert len(reads) == 0


async def test_who_has_spent_everything_is_told_when_to_come_back(gateway: Opened, reads):
    kassa, peer = gateway(SMALL), nobody()
    while (answer := await kassa.send(CHANNELS, peer=peer)).status_code == 200:
        spent = answer.json()["extensions"]["cost"]
    reads.forget()

    answer = await kassa.send(CHANNELS, peer=peer)

    assert spent["remaining"] < 20
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    assert re.fullmatch(r'"points";r=\d+;t=\d+', answer.headers["ratelimit"])
    assert "data" not in answer.json()
    assert len(reads) == 0


async def test_clients_pay_for_themselves(gateway: Opened, tokens):
    kassa, peer = gateway(replace(SMALL, capacity=20)), nobody()
    query = "{ channels { code } }"

    first, again = [await kassa.send(query, peer=peer), await kassa.send(query, peer=peer)]
    other = await kassa.send(query, peer=nobody())
    partner = await kassa.send(query, tokens[Role.PARTNER], peer=peer)

    assert [each.status_code for each in (first, again, other)] == [200, 429, 200]
    assert partner.status_code == 200


async def test_visitors_of_one_network_are_one_client(gateway: Opened):
    kassa = gateway(replace(SMALL, capacity=20))
    network = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"

    one = await kassa.send(CHANNELS, peer=f"{network}::1")
    other = await kassa.send(CHANNELS, peer=f"{network}:1:2:3:4")

    assert [one.status_code, other.status_code] == [200, 429]


async def test_two_gateways_draw_from_one_purse(gateway: Opened):
    two, peer = [gateway(SMALL), gateway(SMALL)], nobody()

    answers = [await two[n % 2].send(CHANNELS, peer=peer) for n in range(40)]

    paid = sum(each.json()["extensions"]["cost"]["actual"] for each in answers)
    assert paid <= 100 + 5
    assert answers[-1].status_code == 429


async def test_what_nobody_spends_goes_back(gateway: Opened):
    one, other, peer = gateway(SMALL), gateway(SMALL), nobody()
    await one.send("{ __typename }", peer=peer)

    await one.purses.close()
    answer = await other.send("{ __typename }", peer=peer)

    assert answer.json()["extensions"]["cost"]["remaining"] >= 98


# Documents that are refused


async def test_documents_that_are_refused_are_charged_and_in_the_end_not_read(gateway: Opened):
    kassa, peer = gateway(SMALL), nobody()

    answers = [await kassa.send(f"{{ nothing{n} }}", peer=peer) for n in range(10)]

    codes = [each.json()["errors"][0]["extensions"]["code"] for each in answers]
    assert codes[:5] == ["GRAPHQL_VALIDATION_FAILED"] * 5
    assert codes[-1] == "RATE_LIMITED"
    assert answers[-1].status_code == 429


async def test_conditions_that_cannot_be_read_are_no_way_around(gateway: Opened):
    query = """query($w: Boolean = true) {
      a: channels @include(if: $w) { code } b: orders(first: 100) { edges { node { id } } } }"""

    answer = await gateway(replace(SMALL, request=9)).send(query, peer=nobody(), w=None)

    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


# When Redis is gone


async def test_without_redis_each_gateway_hands_out_its_share(stocked: Database, tmp_path: Path):
    peer = nobody()
    with embedded.running(tmp_path, with_mongodb=False) as own:
        async with gateways(stocked, own.redis_url) as opened:
            two = [opened(SMALL), opened(SMALL)]
            for _ in range(2):
                for each in two:
                    await each.purses.settle()
            assert own.redis_url
            pid = Redis.from_url(own.redis_url).info("server")["process_id"]
            os.kill(pid, signal.SIGKILL)

            answers = [await two[n % 2].send(CHANNELS, peer=peer) for n in range(60)]

    statuses = [each.status_code for each in answers]
    paid = sum(each.json()["extensions"]["cost"]["actual"] for each in answers)
    assert statuses[:4] == [200] * 4
    assert statuses[-1] == 429
    assert paid <= 100 + 5


async def test_what_was_spent_without_redis_is_paid_when_it_is_back(
    gateway: Opened, servers: Embedded
):
    kassa, peer = gateway(SMALL, url=f"redis://127.0.0.1:{free_port()}"), nobody()
    away = await kassa.send(CHANNELS, peer=peer)
    await kassa.purses._bank.close()
    kassa.purses._bank, kassa.purses._away_until = Buckets(servers.redis_url or ""), 0.0
    [purse] = kassa.purses._purses.values()
    purse.left = 0.0

    back = await kassa.send(CHANNELS, peer=peer)

    assert (away.status_code, back.status_code) == (200, 200)
    assert back.json()["extensions"]["cost"]["remaining"] <= 100 - 15
    await kassa.purses._bank.close()


# To calibrate


async def test_measuring_tells_and_refuses_nothing(gateway: Opened):
    told: list[tuple[str, object]] = []
    budget = replace(SMALL, request=15, capacity=15)
    kassa, peer = gateway(budget, told=lambda *each: told.append(each)), nobody()

    answers = [await kassa.send("{ locations { code } }", peer=peer) for _ in range(3)]

    assert [each.status_code for each in answers] == [200] * 3
    assert all(each.json()["extensions"]["cost"]["requested"] == 20 for each in answers)
    assert ("COST_EXCEEDED", {"role": Role.ANONYMOUS, "requested": 20}) in told
    assert "RATE_LIMITED" in [code for code, _ in told]


async def test_many_at_once_spend_no_more_than_there_is(gateway: Opened):
    kassa, peer = gateway(replace(SMALL, capacity=50)), nobody()
    await kassa.send("{ __typename }", peer=nobody())  # connects

    answers = await asyncio.gather(*(kassa.send(CHANNELS, peer=peer) for _ in range(15)))

    paid = sum(each.json()["extensions"]["cost"]["actual"] for each in answers)
    assert {each.status_code for each in answers} == {200, 429}
    assert 20 <= paid <= 50 + 5


# Over a WebSocket


async def told_by(talk: Talk, query: str) -> Any:
    await talk.ask("a", query)
    said = await talk.hear()
    if said["type"] == "next":
        assert (await talk.hear())["type"] == "complete"
    return said["payload"]


async def test_an_operation_over_a_socket_is_charged_to_its_client(gateway: Opened):
    opened, token = gateway(SMALL), somebody()
    asked = "{ orders(first: 30) { edges { node { id } } } }"

    async with talking_to(opened, token) as talk:
        first = await told_by(talk, asked)
        over_http = (await opened.send("{ __typename }", token)).json()
        dear = await told_by(talk, "{ orders(first: 60) { edges { node { id } } } }")

    cost = first["extensions"]["cost"]
    assert (cost["requested"], cost["remaining"]) == (31, 100 - cost["actual"])
    assert over_http["extensions"]["cost"]["remaining"] <= cost["remaining"]
    assert dear[0]["extensions"]["code"] == "COST_EXCEEDED"


async def test_a_subscription_over_a_socket_is_charged_when_it_is_opened(
    stocked: Database, gateway: Opened
):
    opened = gateway(replace(SMALL, request=1), following=MongoFollowing(stocked))
    asked = 'subscription { stockChanged(skus: ["MUG"]) { levels { free } } }'

    async with talking_to(opened, "dev.system") as talk:
        refused = await told_by(talk, asked)

    assert refused[0]["extensions"]["code"] == "COST_EXCEEDED"
