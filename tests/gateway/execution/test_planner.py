"""Which executor runs an operation, how often it is compiled, and how much is kept of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from gateway.execution import compiler, planner
from gateway.execution.bindings import Attribute, Batched, Itself, Root, Wiring
from gateway.execution.engine import Engine, Outcome
from gateway.execution.planner import PLANNED


class Parent:
    """Has a name and more of its kind below."""

    def __init__(self, name: str) -> None:
        self.name = name


class Graph:
    """A graph that counts how its resolvers are called."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.running = self.most_at_once = 0
        node = GraphQLObjectType(
            "Node",
            lambda: {
                "name": GraphQLField(GraphQLString),
                "below": GraphQLField(GraphQLList(node), {"count": GraphQLArgument(GraphQLInt)}),
                "beside": GraphQLField(node),
                "bare": GraphQLField(GraphQLString, resolve=lambda *_: "bare"),
            },
        )
        top = GraphQLField(GraphQLNonNull(node), resolve=lambda *_: Parent("top"))
        self.schema = GraphQLSchema(
            GraphQLObjectType("Query", {"top": top}),
            subscription=GraphQLObjectType("Subscription", {"told": GraphQLField(node)}),
        )
        self._bindings = {
            "top": Root(self._top),
            "told": Itself(),
            "name": Attribute("name"),
            "below": Batched(self._below),
            "beside": Batched(self._beside),
        }
        wiring = Wiring(lambda _, name: self._bindings.get(name), lambda _: Parent, lambda *_: None)
        self.engine = Engine(self.schema, wiring)

    async def ask(self, text: str, **variables: Any) -> Any:
        outcome = await self.engine.execute(
            text, variables=variables, operation_name=None, context=None, allow_mutation=False
        )
        assert not outcome.errors, outcome.errors
        return outcome.data

    async def _top(self, _info: Any) -> Parent:
        return Parent("top")

    async def _below(
        self, parents: list[Parent], _info: Any, *, count: int | None = None
    ) -> list[list[Parent]]:
        await self._called("below", parents)
        return [[Parent(f"{one.name}.{n}") for n in range(count or 2)] for one in parents]

    async def _beside(self, parents: list[Parent], _info: Any) -> list[Parent]:
        await self._called("beside", parents)
        return [Parent("beside")] * len(parents)

    async def _called(self, name: str, parents: list[Parent]) -> None:
        self.calls.append((name, [parent.name for parent in parents]))
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        await asyncio.sleep(0)
        self.running -= 1


@pytest.fixture
def graph() -> Graph:
    return Graph()


async def test_a_resolver_is_called_once_a_level_with_all_parents(graph: Graph):
    await graph.ask("{ top { below { below { name } } } }")

    assert graph.calls == [("below", ["top"]), ("below", ["top.0", "top.1"])]


async def test_resolvers_of_a_level_run_at_the_same_time(graph: Graph):
    await graph.ask("{ top { below { name } beside { name } more: below(count: 1) { name } } }")

    assert graph.most_at_once == 3


async def test_what_several_parents_share_is_asked_below_once(graph: Graph):
    data = await graph.ask("{ top { below(count: 5) { beside { below { name } } } } }")

    assert graph.calls[-1] == ("below", ["beside"])
    answers = [one["beside"] for one in data["top"]["below"]]
    assert answers == [{"below": [{"name": "beside.0"}, {"name": "beside.1"}]}] * 5


async def test_nobody_is_asked_for_no_parents(graph: Graph):
    data = await graph.ask("{ top { below(count: 0) { below { name } } } }")

    assert len(graph.calls) == 2
    assert data["top"]["below"]


async def test_an_operation_is_compiled_once(graph: Graph, monkeypatch):
    text = "query($n: Int) { top { below(count: $n) { name } } }"
    first = await graph.ask(text, n=1)
    monkeypatch.setattr(planner, "compiled", None)

    second = await graph.ask(text, n=3)

    assert (len(first["top"]["below"]), len(second["top"]["below"])) == (1, 3)


async def test_each_setting_of_the_switches_is_a_plan(graph: Graph):
    text = "query($on: Boolean!) { top { name @include(if: $on) below { name @skip(if: $on) } } }"

    assert await graph.ask(text, on=True) == {"top": {"name": "top", "below": [{}, {}]}}
    assert (await graph.ask(text, on=False))["top"].keys() == {"below"}
    assert len(graph.engine._planner._plans) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ __schema { queryType { name } } }", "introspection"),
        ('{ top { __typename } __type(name: "Node") { name } }', "introspection"),
        ("{ top { bare } }", "unbound"),
    ],
)
async def test_what_a_plan_does_not_cover_is_counted_by_reason(graph: Graph, text, reason):
    await graph.ask(text)
    await graph.ask(text)

    assert graph.engine.executions == {reason: 2}


async def test_typename_alone_needs_no_binding(graph: Graph):
    assert await graph.ask("{ __typename top { __typename } }") == {
        "__typename": "Query",
        "top": {"__typename": "Node"},
    }
    assert graph.engine.executions == {PLANNED: 1}


async def test_fragments_that_double_at_each_level_make_a_small_plan(graph: Graph):
    doubling = "".join(
        f"fragment f{n} on Node {{ a: beside {{ ...f{n + 1} }} b: beside {{ ...f{n + 1} }} }}"
        for n in range(4)
    )

    await graph.ask(f"{{ top {{ ...f0 }} }} {doubling} fragment f4 on Node {{ name }}")

    [kept] = graph.engine._planner._plans._kept.values()
    assert kept.plan.size < 25  # of 62 fields


async def test_a_plan_that_would_be_too_large_is_left_to_graphql_core(graph: Graph, monkeypatch):
    monkeypatch.setattr(compiler, "MAX_FIELDS", 3)

    asked = graph.engine.execute(
        "{ top { a: name b: name c: name } }",
        variables=None,
        operation_name=None,
        context=None,
        allow_mutation=False,
    )
    await asked

    assert graph.engine.executions == {"size": 1}


async def test_plans_are_bounded_in_number(graph: Graph, monkeypatch):
    monkeypatch.setattr(graph.engine._planner._plans, "_entries", 5)
    for n in range(20):
        await graph.ask(f"{{ top {{ name }} }} # {n}")

    assert len(graph.engine._planner._plans) == 5


async def test_a_subscription_is_executed_over_each_event(graph: Graph):
    asked = graph.engine.subscription(
        "subscription($n: Int) { told { name below(count: $n) { name } } }",
        variables={"n": 1},
        operation_name=None,
    )
    assert not isinstance(asked, Outcome)

    for name in ("first", "second"):
        outcome = await graph.engine.event(asked, Parent(name), None)
        assert outcome.data == {"told": {"name": name, "below": [{"name": f"{name}.0"}]}}


async def test_what_is_no_subscription_has_no_events(graph: Graph):
    refused = graph.engine.subscription("{ top { name } }", variables={}, operation_name=None)

    assert isinstance(refused, Outcome)
    assert not refused.executed
