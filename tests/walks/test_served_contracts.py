"""`/public/graphql` and `/partner/graphql`: what is not in a contract is unknown there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from domain.ids import Kind
from domain.live import EventKind
from domain.shop import Shop
from domain.viewer import Role
from gateway import auth
from gateway.settings import Settings
from schema import views
from schema.contracts import Contract
from schema.fields import Column
from storage.mongo.driver import Database
from storage.mongo.journal.following import MongoFollowing
from tests.client import Client
from tests.making import new_id
from tests.walks import applications

NAMES = "{ __schema { types { name fields { name } } } }"


async def asked(kassa: Client, contract: str, query: str, token: str | None = None):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    path = f"/{contract}/graphql"
    return (await kassa.http.post(path, json={"query": query}, headers=headers)).json()


@pytest.mark.parametrize("contract", Contract)
async def test_a_contract_is_all_that_is_known(kassa: Client, contract: Contract):
    told = (await asked(kassa, contract, NAMES))["data"]["__schema"]["types"]

    wanted = views.contract(contract).core.type_map
    fields = {kind["name"]: {each["name"] for each in kind["fields"] or ()} for kind in told}
    assert set(fields) == set(wanted)
    assert all(
        fields[name] == set(getattr(wanted[name], "fields", {})) for name in ("Order", "Query")
    )


@pytest.mark.parametrize(
    "query",
    [
        "{ stockLevels { edges { node { id } } } }",
        '{ findCustomers(by: {kind: PHONE, value: "1"}, purpose: SALE) { id } }',
        "{ orders { edges { node { journal { edges { cursor } } } } } }",
        "mutation { adjustStock(input: {}) { replayed } }",
        "{ _service { sdl } }",
    ],
)
async def test_what_is_not_in_it_is_unknown_and_not_forbidden(kassa: Client, query: str):
    for token in (None, auth.token(Role.SYSTEM)):
        answer = await asked(kassa, Contract.PUBLIC, query, token)

        codes = {each["extensions"]["code"] for each in answer["errors"]}
        assert codes == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_partner_asks_what_a_visitor_cannot(kassa: Client, tokens: dict[Role, str]):
    query = "{ payments(first: 1) { edges { node { refs { value } } } } }"

    partner = await asked(kassa, Contract.PARTNER, query, tokens[Role.PARTNER])
    visitor = await asked(kassa, Contract.PUBLIC, query, tokens[Role.PARTNER])

    assert partner["data"]["payments"]["edges"]
    assert "data" not in visitor


async def test_a_node_that_is_not_in_it_is_not_there(kassa: Client, shop: Shop):
    level = shop.stock_levels[0].id
    node = '{{ node(id: "{}") {{ id }} }}'.format

    there = await asked(kassa, Contract.PUBLIC, node(level), auth.token(Role.SYSTEM))
    nowhere = await asked(
        kassa, Contract.PUBLIC, node(new_id(Kind.STOCK_LEVEL, 7)), auth.token(Role.SYSTEM)
    )

    assert there == nowhere == {"data": {"node": None}}


async def test_a_subgraph_alone_has_no_contracts(stocked: Database):
    async with Client(
        applications.application(stocked, Settings(subgraph=Column.ORDERS))
    ) as client:
        answer = await client.http.post("/public/graphql", json={"query": "{ __typename }"})

    assert answer.status_code == 404


@pytest.fixture
async def live(stocked: Database) -> AsyncIterator[Client]:
    application = applications.application(stocked, following=MongoFollowing(stocked))
    async with application.router.lifespan_context(application), Client(application) as client:
        yield client


async def test_what_happens_is_told_of_a_contract_too(live: Client, shop: Shop):
    channel = next(each.id for each in shop.channels if each.code == "webshop-se")
    about = f'skus: ["MUG-FJORD-BLUE"], channel: "{channel}"'
    query = f"subscription {{ availabilityChanged({about}) {{ kind products {{ sku }} }} }}"
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/public/graphql",
        "raw_path": b"/public/graphql",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"accept", b"text/event-stream")],
    }
    body = {"type": "http.request", "body": orjson.dumps({"query": query}), "more_body": False}
    said = await first_of(live, scope, body)

    assert f'"kind":"{EventKind.SNAPSHOT}"' in said
    assert "MUG-FJORD-BLUE" in said


async def first_of(live: Client, scope: dict[str, object], body: dict[str, object]) -> str:
    """The first event of a stream, whose client then leaves."""
    heard, asked_once, gone = "", False, asyncio.Event()

    async def receive():
        nonlocal asked_once
        if not asked_once:
            asked_once = True
            return body
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        nonlocal heard
        heard += message.get("body", b"").decode()
        if "data:" in heard:
            gone.set()

    async with asyncio.timeout(20):
        await live.application(scope, receive, send)
    return heard
