"""What clients send stays out of logs, and what is no value of ours out of the database."""

from __future__ import annotations

import io
import json
import logging
import secrets
from collections.abc import Iterator

import pytest
from bson import encode
from graphql import GraphQLInputObjectType, GraphQLList, get_named_type, get_nullable_type

from domain.cards import MASK
from domain.viewer import Role
from gateway import logs
from schema import views
from storage.mongo.driver import Database
from tests.client import Client
from tests.storage.listening import Told
from tests.trading import Trading, mugs
from tests.walks import applications

CANARIES = 200
CARD = "4111 1111 1111 1111"


def places(canary: str) -> list[dict]:
    """Requests that hold a canary, each in another place."""
    said = json.dumps(canary)
    read = {"query": "query Q($id: ID) { order(id: $id) { id } }"}
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": canary}}
    hold = "mutation ($i: ReserveStockInput!) { reserveStock(input: $i) { replayed } }"
    line = {"sku": canary, "location": canary, "quantity": 1}
    return [
        {"json": {"query": f"{{ order(number: {said}) {{ id }} }}"}},
        {"json": {"query": f"{{ {canary}: channels {{ code }} }}"}},
        {"json": {"query": f"{{ {canary} }}"}},
        {"json": {"query": f"query {canary} {{ channels {{ {canary} }} }}"}},
        {"json": {"query": f"# {canary}\n{{"}},
        {"json": {**read, "variables": {"id": canary}}},
        {"json": {**read, "variables": {"id": {canary: canary}}}},
        {"json": {**read, "variables": {canary: [canary]}, "operationName": canary}},
        {"json": {"query": "{ __typename }", "extensions": {"x": canary}}},
        {"json": {"extensions": extensions}},
        {"json": {"documentId": canary}},
        {"json": {"query": hold, "variables": {"i": {"idempotencyKey": canary, "lines": [line]}}}},
        {"content": f'{{"query": "{canary}'.encode()},
        {"json": {"query": "{ __typename }"}, "headers": {"authorization": f"Bearer {canary}"}},
        {"json": {"query": "{ __typename }"}, "headers": {"x-request-id": canary}},
        {
            "json": {"query": f"{{ {canary} }}"},
            "headers": {"traceparent": f"00-{canary}-{canary}-01"},
        },
        {"json": {"query": "{ __typename }"}, "headers": {"origin": f"https://{canary}.example"}},
        {"json": {"query": "{ __typename }"}, "params": {"query": canary}},
        {"json": {"query": "{ __typename }"}, "headers": {"host": f"{canary}/"}},
    ]


async def test_nothing_that_was_sent_is_logged(kassa: Client, logged: io.StringIO, tokens):
    canaries = [f"CANARY{n}x{secrets.token_hex(6)}" for n in range(CANARIES)]
    for n, canary in enumerate(canaries):
        given = places(canary)[n % len(places(canary))]
        headers = {"content-type": "application/json", **given.pop("headers", {})}
        if n % 2:
            headers.setdefault("authorization", f"Bearer {tokens[Role.CLERK]}")
        await kassa.http.post("/graphql", headers=headers, **given)

    assert [canary for canary in canaries if canary in logged.getvalue()] == []


async def test_a_fault_is_logged_without_what_it_says(logged: io.StringIO):
    said = "".join(("CAN", "ARY of anna@shop.example"))
    try:
        raise KeyError(said)
    except KeyError as error:
        logs.report(error, "0123")

    [line] = logged.getvalue().splitlines()
    assert "KeyError" in line
    assert "test_a_fault_is_logged_without_what_it_says" in line
    assert "CANARY" not in line


def test_the_second_net_masks_what_was_logged_all_the_same(logged: io.StringIO):
    logging.getLogger("kassa").warning(
        "card %s of anna@shop.example, Bearer abc.def, dev.clerk.loc_1, mongodb://me:pw@db/", CARD
    )

    written = logged.getvalue()
    for secret in (CARD, "anna@", "abc.def", "loc_1", "me:pw"):
        assert secret not in written
    assert MASK in written


# What is no value of ours


OPERATORS = [
    {"$ne": None},
    {"$gt": ""},
    {"$where": "sleep(1000)"},
    {"$regex": ".*"},
    {"a.b": 1},
    {"": 1},
    ["$ne"],
    [[["x"]]],
    10**30,
    1e300,
    True,
]


@pytest.fixture
async def listened(servers, driver, stocked):  # noqa: ARG001 - it fills the database
    """The graph over the demo shop, and what it asks of the database."""
    told = Told()
    database = Database(servers.mongodb_url, f"demo_{driver}", driver=driver, listeners=[told])
    application = applications.application(database)
    async with Client(application) as client:
        yield client, told
    await database.close()


QUESTIONS = [
    ("query($x: ID) { order(id: $x) { id } }", None),
    ("query($x: String) { order(number: $x) { id } }", None),
    ("query($x: [String!]!) { products(skus: $x) { sku } }", None),
    ("query($x: [ID!]!) { nodes(ids: $x) { id } }", None),
    ("query($x: String!) { searchProducts(text: $x) { edges { node { sku } } } }", None),
    ("query($x: DateTime) { orders(since: $x) { edges { node { id } } } }", None),
    ("query($x: Cursor) { orders(after: $x) { edges { node { id } } } }", None),
    ("query($x: [_Any!]!) { _entities(representations: $x) { __typename } }", "Order"),
]


@pytest.mark.parametrize("value", OPERATORS, ids=str)
async def test_operators_and_odd_keys_never_reach_the_database(listened, tokens, value):
    kassa, told = listened
    for query, kind in QUESTIONS:
        for given in (value, {"__typename": kind, "id": value} if kind else [value]):
            answer = await kassa.post(query, tokens[Role.SUPPORT], x=given)
            assert "errors" in answer or isinstance(answer["data"], dict)

    asked = json.dumps(told.heard(), default=str)
    for found in ("$where", "$regex", "a.b", "sleep", "1e+300", str(10**30)):
        assert found not in asked


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\x00"])
async def test_texts_that_are_none_are_refused_or_harmless(listened, tokens, text: str):
    kassa, told = listened
    body = json.dumps({"query": QUESTIONS[1][0], "variables": {"x": text}})
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {tokens[Role.SUPPORT]}",
    }

    response = await kassa.http.post("/graphql", content=body, headers=headers)

    assert response.status_code in {200, 400}
    for command in told.heard():
        encode({key: value for key, value in command.items() if key != "lsid"})


# Card numbers


RECORD = """mutation ($input: ReserveStockInput!) {
  reserveStock(input: $input) { userErrors { code } reservation { id } } }"""


async def test_a_card_number_is_refused_and_kept_nowhere(shelf: Trading, logged: io.StringIO):
    kassa = shelf.gateways[0]
    digits = CARD.replace(" ", "")
    for n, number in enumerate((CARD, digits, CARD.replace(" ", "-"))):
        given = {"idempotencyKey": f"key {n}", "device": f"till, {number}", "lines": []}
        by_variable = await kassa.post(RECORD, "dev.system", input=given)
        literal = RECORD.replace("($input: ReserveStockInput!)", "").replace(
            "$input", f'{{idempotencyKey: "x{n}", device: "{number}", lines: []}}'
        )
        for answer in (by_variable, await kassa.post(literal, "dev.system")):
            [error] = answer["errors"]
            assert error["extensions"]["code"] == "BAD_USER_INPUT"
            assert "card number" in error["message"]
            assert number not in str(answer)

    there = await shelf.database.command({"listCollections": 1})
    for name in (each["name"] for each in there["cursor"]["firstBatch"]):
        assert digits not in bare(str(await shelf.database.find(name, {})))
    assert digits not in bare(logged.getvalue())


SAID = [
    r'"\u0034111 1111 1111 1111"',
    r'"\u{34}111 1111 1111 1111"',
    r'"4111\t1111\n1111  1111"',
    '"""idempotencyKey: "4111 1111 1111 1111" """',
    r'"idempotencyKey:\u00224111 1111 1111 1111\u0022"',
    '"4111 1111 1111 1111 12/27 123"',
]


@pytest.mark.parametrize("said", SAID)
async def test_a_card_number_is_refused_however_it_is_written(kassa: Client, said: str):
    error = await kassa.refusal(
        f"""mutation {{ reserveStock(input: {{idempotencyKey: "a", device: {said}, lines: []}}) {{
          replayed }} }}""",
        "dev.system",
    )

    assert "card number" in error["message"]


def texts(kind: GraphQLInputObjectType) -> Iterator[tuple[str, object]]:
    """Each place for a text in an input, as its path and an input with a card number there."""
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        is_list = isinstance(get_nullable_type(field.type), GraphQLList)
        if isinstance(inner, GraphQLInputObjectType):
            found = texts(inner)
        else:
            is_text = inner.name in {"String", "ID"} and name != "idempotencyKey"
            found = iter([("", CARD)] if is_text else [])
        for path, value in found:
            yield f"{name}.{path}", {name: [value] if is_list else value}


async def test_a_card_number_is_refused_in_each_text_of_each_mutation(kassa: Client):
    mutations = views.unified().core.mutation_type
    assert mutations
    asked = [
        (name, path, given, argument.type)
        for name, field in mutations.fields.items()
        for argument in field.args.values()
        for path, given in texts(get_named_type(argument.type))
    ]
    assert {name for name, *_ in asked} == mutations.fields.keys()

    for name, path, given, kind in asked:
        answer = await kassa.post(
            f"mutation ($input: {kind}) {{ {name}(input: $input) {{ replayed }} }}",
            "dev.system",
            input=given,
        )
        assert "card number" in answer["errors"][0]["message"], (name, path)


async def test_a_key_that_looks_like_a_card_number_is_only_a_key(
    shelf: Trading, logged: io.StringIO
):
    digits, line = CARD.replace(" ", ""), mugs(1)
    inline = RECORD.replace(
        "($input: ReserveStockInput!)", "($line: ReservationLineInput!)"
    ).replace("$input", f'{{idempotencyKey: "2-{digits}", lines: [$line]}}')
    for answer in (
        await shelf.gateways[0].post(
            RECORD, "dev.system", input={"idempotencyKey": f"1-{digits}", "lines": [line]}
        ),
        await shelf.gateways[0].post(inline, "dev.system", line=line),
    ):
        assert answer["data"]["reserveStock"]["reservation"]

    there = await shelf.database.command({"listCollections": 1})
    for name in (each["name"] for each in there["cursor"]["firstBatch"]):
        assert digits not in bare(str(await shelf.database.find(name, {})))
    assert digits not in bare(logged.getvalue())


def bare(text: str) -> str:
    """Without what stands between the digits of a card number."""
    return text.replace(" ", "").replace("-", "")
