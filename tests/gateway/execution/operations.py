"""Operations made from a seed: valid for a schema, and as twisted as they may be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)


class Operation(NamedTuple):
    """A document with one operation, and variables for it."""

    text: str
    variables: dict[str, Any]

    def switched(self, times: int) -> Operation:
        """The same with every other of its boolean variables turned round."""
        turned = {
            name: value is not (n % 2 == times % 2) if isinstance(value, bool) else value
            for n, (name, value) in enumerate(self.variables.items())
        }
        return Operation(self.text, turned)


class Values:
    """Values from samples by `field.argument`, by the argument alone, or by its type."""

    def __init__(self, random: Random, samples: dict[str, Sequence[Any]]) -> None:
        self._random = random
        self._samples = samples

    def json(self, kind: Any, depth: int = 0, called: str = "") -> Any:
        """A value as it is sent in variables."""
        if is_non_null_type(kind):
            return self.json(kind.of_type, depth, called)
        if is_list_type(kind):
            count = self._random.randrange(3)
            return [self.json(kind.of_type, depth, called) for _ in range(count)]
        for key in (called, called.rpartition(".")[2]):
            if key in self._samples:
                return self._random.choice(self._samples[key])
        if is_enum_type(kind):
            return self._random.choice(list(kind.values))
        if is_input_object_type(kind):
            return {
                name: self.json(field.type, depth + 1, name)
                for name, field in kind.fields.items()
                if is_non_null_type(field.type) or (depth < 2 and self._random.random() < 0.4)
            }
        return self._random.choice(self._samples[kind.name])

    def literal(self, kind: Any, value: Any) -> str:
        """The same as it stands in a document."""
        kind = kind.of_type if is_non_null_type(kind) else kind
        if value is None:
            return "null"
        if is_list_type(kind):
            return f"[{', '.join(self.literal(kind.of_type, each) for each in value)}]"
        if is_enum_type(kind):
            return value
        if is_input_object_type(kind):
            fields = (
                f"{name}: {self.literal(kind.fields[name].type, each)}"
                for name, each in value.items()
            )
            return f"{{{', '.join(fields)}}}"
        return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_written(each)}' for key, each in value.items())}}}"
    return json.dumps(value)


class Writer:
    """Writes one operation.

    Arguments that may be left out are given more often than not; those in `seldom` as often as it
    says, and of a field in `one_of` only those named there.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        random: Random,
        samples: dict[str, Sequence[Any]],
        *,
        size: int,
        seldom: Mapping[str, float] = MappingProxyType({}),
        one_of: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self._schema = schema
        self._random = random
        self._values = Values(random, samples)
        self._left = size
        self._seldom, self._one_of = seldom, one_of
        self._variables: dict[str, Any] = {}
        self._declared: list[str] = []
        self._aliases: dict[str, str] = {}
        self._fragments: list[tuple[str, str, str]] = []

    def operation(self, root: GraphQLObjectType, word: str) -> Operation:
        below = self._selection(root, 0) if word != "subscription" else self._only(root)
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        fragments = "".join(
            f"\nfragment {name} on {kind} {body}" for name, kind, body in self._fragments
        )
        return Operation(f"{word} Test{declared} {below}{fragments}", self._variables)

    def _only(self, root: GraphQLObjectType) -> str:
        name, field = self._random.choice(list(root.fields.items()))
        target = get_named_type(field.type)
        below = "" if is_leaf_type(target) else self._selection(target, 1)
        return f"{{ {name}{self._arguments(name, field)} {below} }}"

    def _selection(self, kind: Any, depth: int) -> str:
        parts: list[str] = []
        for _ in range(self._random.randint(1, 5)):
            if self._left <= 0 and parts:
                break
            parts.append(self._part(kind, depth))
        return f"{{ {' '.join(parts)} }}"

    def _part(self, kind: Any, depth: int) -> str:
        self._left -= 1
        dice = self._random.random()
        if dice < 0.15 and depth < 6:
            return self._inline(kind, depth)
        if dice < 0.27 and depth < 6:
            return self._spread(kind, depth)
        names = [] if not hasattr(kind, "fields") else list(kind.fields)
        if dice < 0.35 or not names:
            return f"__typename{self._switch()}"
        return self._field(kind, self._random.choice(names), depth)

    def _field(self, kind: Any, name: str, depth: int) -> str:
        field = kind.fields[name]
        target = get_named_type(field.type)
        if not is_leaf_type(target) and (depth > 5 or self._left <= 0):
            return "__typename"
        given = self._arguments(name, field)
        key = self._key(name, given)
        below = "" if is_leaf_type(target) else f" {self._selection(target, depth + 1)}"
        return f"{key}{name}{given}{self._switch()}{below}"

    def _key(self, name: str, given: str) -> str:
        if not given:
            return self._random.choice(["", "", f"its_{name}: "])
        question = f"{name}{given}"
        return self._aliases.setdefault(question, f"{name}_{len(self._aliases)}: ")

    def _arguments(self, name: str, field: GraphQLField) -> str:
        given = [
            f"{each}: {self._value(f'{name}.{each}', argument)}"
            for each, argument in field.args.items()
            if is_required_argument(argument) or each in self._wanted(name, field)
        ]
        return f"({', '.join(given)})" if given else ""

    def _wanted(self, name: str, field: GraphQLField) -> Sequence[str]:
        """The arguments that are given though they need not be."""
        if name in self._one_of and self._random.random() < 0.95:
            return self._one_of[name]
        often = {each: self._seldom.get(each, 0.6) for each in field.args}
        return [each for each, chance in often.items() if self._random.random() < chance]

    def _value(self, name: str, argument: Any) -> str:
        value = self._values.json(argument.type, called=name)
        if not is_non_null_type(argument.type) and self._random.random() < 0.1:
            value = None
        if self._random.random() < 0.6:
            return self._values.literal(argument.type, value)
        return self._variable(name, argument, value)

    def _variable(self, called: str, argument: Any, value: Any) -> str:
        name = f"v{len(self._declared)}"
        kind = argument.type
        if is_non_null_type(kind) and not is_required_argument(argument):
            kind = self._random.choice([kind, kind.of_type])
        default = self._values.json(kind, called=called)
        has_default = self._random.random() < 0.3
        shown = f" = {self._values.literal(kind, default)}" if has_default else ""
        self._declared.append(f"${name}: {kind}{shown}")
        dice = self._random.random()
        if dice < 0.8:
            self._variables[name] = value
        elif dice < 0.87:
            self._variables[name] = None
        elif dice < 0.9:
            self._variables[name] = {"wrong": True}
        return f"${name}"

    def _switch(self) -> str:
        if self._random.random() < 0.85:
            return ""
        directive = self._random.choice(["skip", "include"])
        value = self._random.random() < (0.3 if directive == "skip" else 0.7)
        if self._random.random() < 0.5:
            return f" @{directive}(if: {json.dumps(value)})"
        name = f"v{len(self._declared)}"
        self._declared.append(f"${name}: Boolean!")
        self._variables[name] = value
        return f" @{directive}(if: ${name})"

    def _inline(self, kind: Any, depth: int) -> str:
        on = self._narrowed(kind)
        condition = f" on {on.name}" if on is not kind or self._random.random() < 0.5 else ""
        return f"...{condition}{self._switch()} {self._selection(on, depth + 1)}"

    def _spread(self, kind: Any, depth: int) -> str:
        known = [name for name, on, _ in self._fragments if on == kind.name]
        if known and self._random.random() < 0.5:
            return f"...{self._random.choice(known)}{self._switch()}"
        on = self._narrowed(kind)
        body = self._selection(on, depth + 1)
        name = f"F{len(self._fragments)}"
        self._fragments.append((name, on.name, body))
        return f"...{name}{self._switch()}"

    def _narrowed(self, kind: Any) -> Any:
        """A type that a fragment may be on where `kind` is asked."""
        if is_abstract_type(kind):
            return self._random.choice([kind, *self._schema.get_possible_types(kind)])
        return self._random.choice([kind, *kind.interfaces])
