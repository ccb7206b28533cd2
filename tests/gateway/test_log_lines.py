"""Lines of the log say which request they are about, in words of ours."""

from __future__ import annotations

import io
import json
import logging
import secrets

import pytest

from domain.viewer import Role
from gateway import current
from tests.client import Client

LOOK = """{ findCustomers(by: {kind: PHONE, value: "070-123 45 67"}, purpose: PICKUP) { number }
  others: findCustomers(by: {kind: PHONE, value: "+46701234567"}, purpose: PICKUP) { number } }"""


async def lines(kassa: Client, logged: io.StringIO, token: str, **headers: str) -> list[dict]:
    before = len(logged.getvalue())
    sent = {"authorization": f"Bearer {token}", **headers}
    answer = await kassa.http.post("/graphql", json={"query": LOOK}, headers=sent)
    assert "errors" not in answer.json()
    return [json.loads(line) for line in logged.getvalue()[before:].splitlines()]


async def test_the_lines_of_a_request_have_one_name(kassa: Client, logged, tokens):
    one = await lines(kassa, logged, tokens[Role.SUPPORT])
    other = await lines(kassa, logged, tokens[Role.SUPPORT])

    assert len(one) == len(other) == 2
    names = [{line["request"] for line in each} for each in (one, other)]
    assert [len(each) for each in names] == [1, 1]
    assert names[0] != names[1]
    assert all("trace_id" not in line for line in one)


async def test_they_name_the_trace_that_the_request_belongs_to(kassa: Client, logged, tokens):
    trace = secrets.token_hex(16)
    parent = f"00-{trace}-{secrets.token_hex(8)}-01"

    found = await lines(kassa, logged, tokens[Role.SUPPORT], traceparent=parent)

    assert {line["trace_id"] for line in found} == {trace}


@pytest.mark.parametrize(
    "value",
    ["", "x", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'A' * 32}-{'1' * 16}-01", "00-anna@shop-1-01"],
)
async def test_what_is_no_trace_is_not_repeated(kassa: Client, logged, tokens, value: str):
    found = await lines(kassa, logged, tokens[Role.SUPPORT], traceparent=value)

    assert found
    assert all("trace_id" not in line for line in found)


def test_a_line_about_no_request_names_none(logged):
    current._CURRENT.set(None)

    logging.getLogger("kassa").warning("a job rests")

    [line] = map(json.loads, logged.getvalue().splitlines())
    assert line.keys() == {"event", "level", "timestamp"}
