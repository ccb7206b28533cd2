"""When a part fails, the client reads a sentence and an id, and the log has the cause."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from domain.errors import Unavailable
from domain.viewer import Role
from gateway import logs
from gateway.execution.errors import MASKED
from storage.mongo.driver import Database
from storage.mongo.orders import MongoOrders
from tests.client import Client

SECRET = "mongodb://kassa:hunter2@10.0.0.1"  # noqa: S105
CANARIES = ("canary-literal", "canary-variable", "canary-alias", "canary-header", "canary-name")
QUERY = """
query canary_name($key: String!) {
  canary_alias: order(number: $key) { id }
  location(code: "canary-literal") { id }
}"""


class Broken(Exception):
    """Nothing that the program expects."""


def failing_with(error: Exception) -> Any:
    async def read(*_: object, **__: object) -> None:
        raise error

    return read


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MongoOrders, "by_numbers", failing_with(Broken(SECRET)))


@pytest.fixture(params=[True, False], ids=["for people", "as JSON"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is written to the log, in each of its forms."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    logs.configure(for_people=request.param)
    stream = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    logs.configure(for_people=True)
    root.handlers = handlers


async def asked(kassa: Client) -> dict[str, Any]:
    headers = {"x-canary": "canary-header", "cookie": "canary-header=1"}
    body = {
        "query": QUERY,
        "variables": {"key": "canary-variable"},
        "operationName": "canary_name",
    }
    authorization = {"authorization": "Bearer dev.system"}
    response = await kassa.http.post("/graphql", json=body, headers={**headers, **authorization})
    assert response.status_code == 200
    return response.json()


@pytest.mark.usefixtures("broken")
async def test_the_client_reads_an_id_and_nothing_of_the_cause(kassa: Client, written: io.StringIO):
    answer = await asked(kassa)

    (error,) = answer["errors"]
    assert answer["data"] == {"canary_alias": None, "location": None}
    assert error["message"] == MASKED
    assert error["path"] == ["canary_alias"]
    assert error["extensions"].keys() == {"code", "errorId"}
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    for secret in ("hunter2", "Broken", "Traceback", "by_numbers"):
        assert secret not in str(answer)
    assert written.getvalue()


@pytest.mark.usefixtures("broken")
async def test_the_log_has_the_id_and_the_cause_and_nothing_of_the_question(
    kassa: Client, written: io.StringIO
):
    answer = await asked(kassa)

    line = written.getvalue()
    assert answer["errors"][0]["extensions"]["errorId"] in line
    assert "Broken" in line
    assert line.count("masked error") == 1
    for canary in CANARIES:
        assert canary not in line
        assert canary.replace("-", "_") not in line


@pytest.mark.usefixtures("broken")
async def test_no_other_logger_speaks_of_it(kassa: Client, caplog: pytest.LogCaptureFixture):
    await asked(kassa)

    assert {record.name for record in caplog.records} == {"kassa"}
    assert not logging.getLogger("strawberry.execution").handlers


@pytest.mark.parametrize("query", ["{ canary_alias }", "{ canary_alias(", '{ node(id: "canary") '])
async def test_a_refused_question_is_not_logged(kassa: Client, written: io.StringIO, query: str):
    await kassa.refusal(query)
    await kassa.refusal('{ node(id: "canary-literal") { id } }')

    assert written.getvalue() == ""


async def test_a_look_up_is_logged_without_what_was_looked_for(
    kassa: Client, tokens: dict[Role, str], written: io.StringIO
):
    query = '{ findCustomers(by: {kind: PHONE, value: "070-123 45 67"}, purpose: PICKUP) { id } }'

    (found, *_) = (await kassa.ask(query, tokens[Role.CLERK]))["findCustomers"]

    line = written.getvalue()
    assert "customers looked up" in line
    assert "PICKUP" in line
    for value in ("070-123", "46701234567", found["id"], "Sundberg"):
        assert value not in line


@pytest.mark.usefixtures("broken")
async def test_two_failures_have_two_ids(kassa: Client):
    query = '{ a: order(number: "1") { id } b: order(number: "2") { id } }'

    answer = await kassa.post(query)

    assert len({error["extensions"]["errorId"] for error in answer["errors"]}) == 2


async def test_a_failure_for_one_level_fails_nothing_beside_it(
    kassa: Client, tokens: dict[Role, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(MongoOrders, "pages_of", failing_with(Broken(SECRET)))
    query = '{ customer(number: "K-1001") { number } locations { code } channels { code } }'
    below = '{ customer(number: "K-1001") { orders { edges { cursor } } } locations { code } }'

    assert (await kassa.ask(query, tokens[Role.SYSTEM]))["customer"]["number"] == "K-1001"
    answer = await kassa.post(below, tokens[Role.SYSTEM])

    assert answer["data"]["customer"] is None
    assert answer["data"]["locations"]
    assert answer["errors"][0]["path"] == ["customer", "orders"]


async def test_a_database_that_does_not_answer_is_called_unavailable(
    kassa: Client, tokens: dict[Role, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(MongoOrders, "by_numbers", failing_with(Unavailable("Try again.")))

    answer = await kassa.post(
        '{ order(number: "1") { id } channels { code } }', tokens[Role.SYSTEM]
    )

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE"}
    assert error["message"] == "Try again."
    assert answer["data"]["order"] is None
    assert answer["data"]["channels"]


@pytest.fixture
def deserted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database answers no read."""
    # A client that really cannot connect would do, but pymongo leaves a socket open now and then.
    for read in ("find", "aggregate", "count"):
        monkeypatch.setattr(Database, read, failing_with(Unavailable("Try again.")))


@pytest.mark.usefixtures("deserted")
async def test_without_a_database_everything_that_needs_it_is_unavailable(kassa: Client):
    for query in (
        "{ channels { code } }",
        '{ product(sku: "CUP-LATTE") { id } }',
        '{ searchProducts(text: "latte") { edges { cursor } } }',
        '{ customer(number: "K-1001") { id } }',
        "{ orders { totalCount edges { cursor } } }",
    ):
        answer = await kassa.post(query, "dev.system")

        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes == {"UNAVAILABLE"}, answer
        assert (await kassa.ask("{ __typename }"))["__typename"] == "Query"
