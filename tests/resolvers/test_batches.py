"""On graphql-core, which asks for one parent at a time, a resolver still sees them all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    execute,
    parse,
)

from resolvers.batches import Batches, Same
from resolvers.selection import Selection


class Parent:
    """Equal to every other parent, and not hashable: only its identity tells it apart."""

    def __init__(self, name: str, *children: Parent) -> None:
        self.name = name
        self.children = children

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parent)

    __hash__ = None  # type: ignore[assignment]


class Asked:
    """A batch resolver that remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[str], int]] = []

    async def greetings(self, parents: Sequence[Parent], _: Selection, *, times: int) -> list[Any]:
        self.batches.append(([parent.name for parent in parents], times))
        return [self.greeting(parent, times) for parent in parents]

    def greeting(self, parent: Parent, times: int) -> str | Exception | None:
        if parent.name == "mute":
            return None
        return ValueError("Nobody is home.") if parent.name == "absent" else parent.name * times


def schema(asked: Asked, resolve: Any = None) -> GraphQLSchema:
    def greeting(parent: Parent, info: Any, **arguments: Any) -> Any:
        return info.context.load(resolve or asked.greetings, parent, info, arguments)

    person = GraphQLObjectType(
        "Person",
        lambda: {
            "name": GraphQLField(GraphQLString),
            "children": GraphQLField(GraphQLList(person)),
            "greeting": GraphQLField(
                GraphQLString,
                {"times": GraphQLArgument(GraphQLInt, default_value=1)},
                resolve=greeting,
            ),
        },
    )
    return GraphQLSchema(
        GraphQLObjectType("Query", {"people": GraphQLField(GraphQLList(person))}),
    )


async def answered(
    query: str, people: Sequence[Parent], asked: Asked, resolve: Any = None
) -> ExecutionResult:
    result = execute(
        schema(asked, resolve),
        parse(query),
        {"people": people},
        context_value=Batches(lambda selection: selection),
    )
    return result if isinstance(result, ExecutionResult) else await result


@pytest.fixture
def asked() -> Asked:
    return Asked()


async def test_all_parents_of_a_field_are_one_batch(asked: Asked):
    people = [Parent("a"), Parent("b"), Parent("c")]

    result = await answered("{ people { greeting } }", people, asked)

    assert result.data == {"people": [{"greeting": name} for name in "abc"]}
    assert asked.batches == [(["a", "b", "c"], 1)]


async def test_a_parent_met_twice_is_asked_once_but_equal_ones_are_not_the_same(asked: Asked):
    a, another = Parent("a"), Parent("b")
    assert a == another

    result = await answered("{ people { greeting } }", [a, another, a], asked)

    assert result.data == {"people": [{"greeting": "a"}, {"greeting": "b"}, {"greeting": "a"}]}
    assert asked.batches == [(["a", "b"], 1)]


def test_a_parent_is_the_same_as_itself_alone():
    a, another = Parent("a"), Parent("a")

    assert len({Same(a), Same(a), Same(another)}) == 2
    assert Same(a) == Same(a)
    assert Same(a) != Same(another)
    assert Same(a) != a


async def test_a_failure_as_one_answer_fails_that_parent_alone(asked: Asked):
    people = [Parent("a"), Parent("absent"), Parent("mute"), Parent("c")]

    result = await answered("{ people { greeting } }", people, asked)

    assert result.data == {
        "people": [{"greeting": "a"}, {"greeting": None}, {"greeting": None}, {"greeting": "c"}]
    }
    assert [(error.message, error.path) for error in result.errors or ()] == [
        ("Nobody is home.", ["people", 1, "greeting"])
    ]


async def test_two_aliases_with_other_arguments_are_two_batches(asked: Asked):
    query = "{ people { once: greeting twice: greeting(times: 2) } }"

    result = await answered(query, [Parent("a"), Parent("b")], asked)

    assert result.data == {"people": [{"once": "a", "twice": "aa"}, {"once": "b", "twice": "bb"}]}
    assert sorted(asked.batches) == [(["a", "b"], 1), (["a", "b"], 2)]


async def test_children_of_all_parents_are_one_batch(asked: Asked):
    people = [Parent("a", Parent("b"), Parent("c")), Parent("d", Parent("e"))]

    await answered("{ people { children { greeting } } }", people, asked)

    assert asked.batches == [(["b", "c", "e"], 1)]


async def test_each_level_of_a_recursion_is_a_batch_of_its_own(asked: Asked):
    people = [Parent("a", Parent("b")), Parent("c", Parent("d"))]
    query = "{ people { greeting children { greeting } } }"

    await answered(query, people, asked)

    assert sorted(asked.batches) == [(["a", "c"], 1), (["b", "d"], 1)]


async def test_one_fragment_in_two_places_answers_each_place(asked: Asked):
    people = [Parent("a", Parent("b"))]
    query = """
    { people { ...said children { ...said } } }
    fragment said on Person { greeting(times: 2) }"""

    result = await answered(query, people, asked)

    assert result.data == {"people": [{"greeting": "aa", "children": [{"greeting": "bb"}]}]}
    assert sorted(name for names, _ in asked.batches for name in names) == ["a", "b"]


async def test_a_resolver_need_not_be_async(asked: Asked):
    def resolve(parents: Sequence[Parent], _: Selection, *, times: int) -> list[str]:
        return [parent.name * times for parent in parents]

    result = await answered("{ people { greeting } }", [Parent("a")], asked, resolve)

    assert (result.data, result.errors) == ({"people": [{"greeting": "a"}]}, None)


async def test_a_failure_of_the_batch_fails_every_parent(asked: Asked):
    async def resolve(parents: Sequence[Parent], _: Selection, *, times: int) -> list[str]:
        raise RuntimeError(f"{len(parents)} times {times}")

    result = await answered("{ people { greeting } }", [Parent("a"), Parent("b")], asked, resolve)

    assert result.data == {"people": [{"greeting": None}, {"greeting": None}]}
    assert [error.message for error in result.errors or ()] == ["2 times 1", "2 times 1"]


async def test_a_resolver_sees_what_is_asked_below(asked: Asked):
    seen: list[Selection] = []

    def resolve(parents: Sequence[Parent], selection: Selection, *, times: int) -> list[str]:
        seen.append(selection)
        return ["x" * times for _ in parents]

    await answered("{ people { greeting } }", [Parent("a")], asked, resolve)

    assert not seen[0].asks("name")
