"""Toy graphs made from a seed, whose values are wrong in every way that a schema allows.

Everything is a function of the seed: two executors that ask the same get the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum
from hashlib import blake2b
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from gateway.execution.bindings import (
    Attribute,
    Batched,
    Binding,
    Computed,
    Itself,
    Root,
    Wiring,
)

OBJECTS = ("Ant", "Bee", "Cat", "Dog")
WRONG_LENGTH = "has a wrong number of answers"


class Colour(Enum):
    RED = 1
    GREEN = "green"


class Text(str):
    __slots__ = ()


class Refused(Exception):
    """With extensions, as GraphQL errors have them."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extensions = {"code": "REFUSED"}


def even(value: Any) -> Any:
    if not isinstance(value, int) or value % 2:
        raise GraphQLError(f"Even cannot be {value!r}.")
    return None if value == 4 else value


EVEN = GraphQLScalarType("Even", serialize=even, parse_value=even)
ANYTHING = GraphQLScalarType("Anything")
COLOUR = GraphQLEnumType("Colour", Colour)
WISH = GraphQLInputObjectType(
    "Wish",
    lambda: {
        "size": GraphQLInputField(GraphQLNonNull(GraphQLInt)),
        "colour": GraphQLInputField(COLOUR, default_value=Colour.RED),
        "more": GraphQLInputField(WISH),
    },
)
LEAVES = [GraphQLString, GraphQLInt, GraphQLFloat, GraphQLBoolean, GraphQLID]
LEAVES += [EVEN, COLOUR, ANYTHING]
INPUTS = [
    GraphQLArgument(GraphQLInt),
    GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=3),
    GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLInt))),
    GraphQLArgument(COLOUR, default_value=Colour.GREEN),
    GraphQLArgument(EVEN),
    GraphQLArgument(WISH),
    GraphQLArgument(GraphQLNonNull(GraphQLString)),
]

GOOD: Mapping[str, list[Any]] = {
    "String": ["", "ä", "long" * 9],
    "Int": [0, -7, 2**31 - 1],
    "Float": [0.5, -1e300],
    "Boolean": [True, False],
    "ID": ["x", "1"],
    "Even": [0, 2, -8],
    "Colour": [Colour.RED, Colour.GREEN],
    "Anything": ["", 1, {"a": [None]}],
}
NEARLY: Mapping[str, list[Any]] = {
    "Int": [2**31, -(2**31) - 1, True, 1.0, "1"],
    "Float": [float("nan"), float("-inf"), 1, True, "1.5"],
    "Boolean": [1, 0.0, "true"],
    "ID": [1, 1.0, Text("text"), True],
    "String": [Text("text"), 1, False],
    "Even": [4, 3, None],
    "Colour": [1, "green", "RED", None],
    "Anything": [None],
}
ODD: list[Any] = [
    1, 2**31, 1.0, 1.5, float("nan"), float("inf"), True, "1", "text", "", Text("text"), 4, 3,
    b"bytes", [1], (2,), {"a": 1}, object, Colour.RED, 10**400,
]  # fmt: skip


class Thing:
    """An object of the toy graph. Its attributes are made when they are read."""

    def __init__(self, toy: Toy, kind: str, seed: int) -> None:
        self.toy, self.kind, self.seed = toy, kind, seed

    def __getattr__(self, name: str) -> Any:
        if name not in self.toy.kinds:
            raise AttributeError(name)
        return self.toy.value(self, name, {})

    def __repr__(self) -> str:
        return f"<{self.kind} {self.seed}>"


class Plain(Thing):
    """Things of a type that is known by its class."""


class Toy:
    """A schema with its wiring.

    `hostility` is how many values in a hundred are wrong; another `mood` gives other values.
    `steps` are what its root fields did, in time.
    """

    def __init__(self, seed: int, hostility: int) -> None:
        self._random = Random(seed)
        self._seed, self._hostility = seed, hostility
        self.mood = 0
        self.steps: list[str] = []
        self._things: dict[tuple[str, int], Thing] = {}
        self.kinds: dict[str, Any] = {}
        self._bindings: dict[str, Binding] = {}
        self._batches: dict[str, Callable[..., Any]] = {}
        self._types: dict[str, Any] = {}
        self.schema = self._schema()
        self.wiring = Wiring(self._bound, self._shown, lambda context, *_: context)

    # the schema

    def _schema(self) -> GraphQLSchema:
        shared = {f"shared{n}": self._field(f"shared{n}", GraphQLString) for n in range(2)}
        named = GraphQLInterfaceType("Named", shared, resolve_type=self._type_of)
        self._types["Named"] = named
        for name in OBJECTS:
            self._types[name] = self._object(name, named, shared)
        members = [self._types[name] for name in OBJECTS[1:]]
        union = GraphQLUnionType("Any", members, resolve_type=self._chosen(None, self._type_of))
        self._types["Any"] = union
        roots = [self._root(name) for name in ("Query", "Mutation", "Subscription")]
        return GraphQLSchema(*roots, types=[self._types[name] for name in OBJECTS])

    def _chosen(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def _object(
        self, name: str, named: GraphQLInterfaceType, shared: Mapping[str, GraphQLField]
    ) -> GraphQLObjectType:
        is_shown = name in {"Ant", "Cat"}
        names = [f"{name.lower()}{n}" for n in range(7)]
        return GraphQLObjectType(
            name,
            lambda: {**shared, **{each: self._field(each) for each in names}},
            [named] if name != "Dog" else [],
            is_type_of=self._is(name) if is_shown or name == "Bee" else None,
        )

    def _is(self, name: str) -> Callable[..., bool]:
        if self._is_plain(name):
            return lambda value, _info: isinstance(value, Plain)
        return lambda value, _info: isinstance(value, Thing) and value.kind == name

    def _is_plain(self, name: str) -> bool:
        return name == "Ant"

    def _root(self, name: str) -> GraphQLObjectType:
        names = [f"{name.lower()}{n}" for n in range(6)]
        return GraphQLObjectType(name, lambda: {each: self._field(each) for each in names})

    def _field(self, name: str, kind: Any = None) -> GraphQLField:
        random = self._random
        kind = kind or (random.choice(LEAVES) if random.random() < 0.4 else self._composite())
        for wrap in random.choices((GraphQLList, GraphQLNonNull, None), (4, 3, 4), k=3):
            if wrap and not (wrap is GraphQLNonNull and is_non_null_type(kind)):
                kind = wrap(kind)
        self.kinds[name] = kind
        arguments = dict(zip(("one", "two"), random.sample(INPUTS, 2), strict=True))
        binding = self._bindings[name] = self._binding(name)
        takes = not isinstance(binding, Attribute | Itself) and random.random() < 0.5
        return GraphQLField(kind, arguments if takes else {}, self._resolver(name, binding))

    def _composite(self) -> Any:
        return self._types[self._random.choice([*OBJECTS, "Named", "Any"])]

    def _binding(self, name: str) -> Binding:
        if name.startswith(("query", "mutation")):
            return Root(self._root_answer(name))
        if name == "subscription0":
            return Itself()
        dice = self._random.random()
        if dice < 0.3:
            return Attribute(name)
        if dice < 0.5:
            return Computed(lambda parent, **given: self.value(parent, name, given))
        batch = self._batches[name] = self._batch(name)
        return Batched(batch if dice < 0.7 else self._late(batch))

    def _root_answer(self, name: str) -> Callable[..., Any]:
        async def answer(_info: Any, **given: Any) -> Any:
            self.steps.append(f"{name} begins")
            await asyncio.sleep(0)
            self.steps.append(f"{name} ends")
            return self.value(None, name, given)

        return answer

    def _batch(self, name: str) -> Callable[..., Any]:
        def answers(parents: Any, _info: Any, **given: Any) -> Any:
            mood = self._dice(name).randrange(1000)
            if mood < self._hostility:
                raise Refused(f"{name} is refused")
            found = [self._answer(parent, name, given) for parent in parents]
            return found + found if mood > 1000 - self._hostility else found

        return answers

    def _late(self, batch: Callable[..., Any]) -> Callable[..., Any]:
        async def answers(*given: Any, **named: Any) -> Any:
            await asyncio.sleep(0)
            return batch(*given, **named)

        return answers

    def _answer(self, parent: Any, name: str, given: Mapping[str, Any]) -> Any:
        try:
            return self.value(parent, name, given)
        except Exception as error:
            return error

    def _resolver(self, name: str, binding: Binding) -> Callable[..., Any]:
        """What graphql-core calls: for one parent, and never later."""
        batch = self._batches.get(name)

        def resolve(source: Any, info: Any, **given: Any) -> Any:
            if isinstance(binding, Itself):
                return source
            if isinstance(binding, Attribute):
                return getattr(source, name)
            if isinstance(binding, Root):
                self.steps += [f"{name} begins", f"{name} ends"]
            if batch is None:
                return self.value(source, name, given)
            found = batch([source], info, **given)
            if len(found) != 1:
                raise TypeError(f"{info.parent_type}.{name} {WRONG_LENGTH}.")
            return found[0]

        return resolve

    # how it is wired

    def _bound(self, _kind: GraphQLObjectType, name: str) -> Binding:
        return self._bindings[name]

    def _shown(self, kind: GraphQLObjectType) -> type | None:
        return Plain if self._is_plain(kind.name) else None

    # its values

    def value(self, parent: Thing | None, name: str, given: Mapping[str, Any]) -> Any:
        """The value of a field; the same for the same question."""
        seed = parent.seed if isinstance(parent, Thing) else 0
        random = self._dice(seed, name, sorted(given.items(), key=str))
        if random.randrange(100) < self._hostility / 3:
            raise Refused(f"{name} fails")
        return self.made(self.kinds[name], random)

    def _dice(self, *question: Any) -> Random:
        key = repr((self._seed, self.mood, *question))
        return Random(blake2b(key.encode(), digest_size=8).digest())

    def made(self, kind: Any, random: Random) -> Any:
        if random.randrange(100) < self._hostility:
            return self._wrong(kind, random)
        if is_non_null_type(kind):
            return self.made(kind.of_type, random)
        if random.random() < 0.1:
            return None
        if is_list_type(kind):
            items = [self.made(kind.of_type, random) for _ in range(random.randrange(4))]
            return random.choice([items, tuple(items), iter(items)])
        if is_leaf_type(kind):
            return random.choice(GOOD[kind.name])
        names = [each.name for each in self._possible(kind)]
        return self.thing(random.choice(names), random.randrange(6))

    def thing(self, kind: str, seed: int) -> Thing:
        """The same thing every time: it may stand at several places of an answer."""
        made = Plain if self._is_plain(kind) else Thing
        return self._things.setdefault((kind, seed), made(self, kind, seed))

    def _possible(self, kind: Any) -> list[Any]:
        if isinstance(kind, GraphQLObjectType):
            return [kind]
        return [self._types[name] for name in OBJECTS[:3]] if kind.name == "Named" else kind.types

    def _wrong(self, kind: Any, random: Random) -> Any:
        wrong = random.randrange(5)
        if wrong == 0:
            return None
        if wrong == 1:
            return Refused(f"no {get_named_type(kind)}")
        if wrong == 2:
            return self.thing(random.choice([*OBJECTS, "Named", "Nothing"]), random.randrange(6))
        nearly = NEARLY.get(get_named_type(kind).name, ODD)
        return random.choice(nearly if is_leaf_type(kind) and wrong == 3 else ODD)

    def _type_of(self, value: Any, _info: Any, _kind: Any) -> Any:
        if isinstance(value, Thing):
            return value.kind
        if isinstance(value, str):
            raise Refused(f"what is {value!r}?")
        return 5 if isinstance(value, float) else None
