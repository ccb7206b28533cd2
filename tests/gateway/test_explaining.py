"""`extensions.plan`: what was read for which field, for those who ask in development."""

from __future__ import annotations

from typing import Any

from domain.viewer import Role
from gateway.graphql import PLAN
from tests.client import Client
from tests.conftest import Reads

ORDERS = """
{
  customer(number: "K-1001") {
    displayName
    orders(first: 3) { edges { node { number payments { state } paymentStatus } } }
  }
}"""


async def asked(kassa: Client, query: str, token: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}", PLAN: "yes"}
    response = await kassa.http.post("/graphql", json={"query": query}, headers=headers)
    return response.json()


def below(step: dict[str, Any], *path: str) -> dict[str, Any]:
    for key in path:
        [step] = [each for each in step["below"] if each["field"] == key]
    return step


async def test_the_plan_tells_the_reads_of_each_field(
    kassa: Client, reads: Reads, tokens: dict[Role, str]
):
    reads.forget()

    answer = await asked(kassa, ORDERS, tokens[Role.SUPPORT])

    plan = answer["extensions"]["plan"]
    [customer] = plan["steps"]
    assert plan["reads"] == len(reads) == 3
    assert customer["leaves"] == "displayName"
    assert [read["read"] for read in customer["reads"]] == ["customers.by_numbers"]
    payments = below(customer, "orders", "edges", "node", "payments")
    assert (payments["parents"], payments["reads"][0]["keys"]) == (3, 3)
    assert payments["ms"] >= payments["reads"][0]["ms"] > 0


async def test_a_read_that_two_fields_share_counts_for_the_first(
    kassa: Client, tokens: dict[Role, str]
):
    answer = await asked(kassa, ORDERS, tokens[Role.SUPPORT])

    node = below(answer["extensions"]["plan"]["steps"][0], "orders", "edges", "node")
    assert len(below(node, "payments")["reads"]) == 1
    assert "reads" not in below(node, "paymentStatus")


async def test_the_answer_is_the_same_with_its_plan(kassa: Client, tokens: dict[Role, str]):
    answer = await asked(kassa, ORDERS, tokens[Role.SUPPORT])

    assert answer["data"] == await kassa.ask(ORDERS, tokens[Role.SUPPORT])


async def test_nobody_gets_a_plan_without_asking(kassa: Client):
    assert "extensions" not in await kassa.post(ORDERS)


async def test_what_graphql_core_executes_says_why(kassa: Client, tokens: dict[Role, str]):
    answer = await asked(kassa, "{ __schema { queryType { name } } }", tokens[Role.SUPPORT])

    assert answer["extensions"]["plan"] == {
        "reads": 0,
        "by_graphql_core": "it asks for the schema itself",
    }


async def test_fragments_that_double_at_each_level_are_not_drawn_double(
    kassa: Client, tokens: dict[Role, str]
):
    page = "orders(first: 1) { edges { node { ...f%d } } }"
    doubling = " ".join(
        f"fragment f{n} on Order {{ customer {{ a: {page % (n + 1)} b: {page % (n + 1)} }} }}"
        for n in range(4)
    )
    query = f'{{ order(number: "NONE") {{ ...f0 }} }} {doubling} fragment f4 on Order {{ number }}'

    answer = await asked(kassa, query, tokens[Role.SUPPORT])

    assert "errors" not in answer, answer
    assert str(answer["extensions"]["plan"]).count("'customer'") < 2 * 4
