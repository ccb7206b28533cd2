"""Objects: of which type each value is, and whether it may be.

Refusals are worded as graphql-core words them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLSchema,
    Undefined,
    is_object_type,
)
from graphql.pyutils import inspect

from gateway.execution.columns import NO_FAULTS, Fault, Faults, Part
from gateway.execution.core import default_type_resolver
from gateway.execution.plan import Composite, Field, Level
from gateway.execution.told import Told

NULL = type(None)
Sorted = tuple[Sequence[tuple[Level, Part]], Faults]
"""The values of each level with their places, and what failed."""


def sorted_by_level(field: Field, values: Sequence[Any], told: Told) -> Sorted:
    """Which value stands for an object of which type; nulls are left out."""
    composite = cast("Composite", field.target)
    if composite.abstract is None:
        [level] = composite.levels.values()
        part = _as_one(level, values)
        if part is not None:
            return [(level, part)], NO_FAULTS
    return _each(field, composite, values, told)


def _as_one(level: Level, values: Sequence[Any]) -> Part | None:
    """All values, or all but nulls, if their classes alone say that they are of this type."""
    kinds: set[type] = set(map(type, values))
    if level.shown is None or not (kinds <= level.known or _learnt(level, level.shown, values)):
        return None
    if NULL not in kinds:
        return Part(values)
    at = [n for n, value in enumerate(values) if value is not None]
    return Part([values[n] for n in at], at)


def _learnt(level: Level, shown: type, values: Sequence[Any]) -> bool:
    """Are all of its class? What passes for one is known from then on."""
    if not all(value is None or isinstance(value, shown) for value in values):
        return False
    level.known.update(map(type, values))
    return True


def _each(field: Field, composite: Composite, values: Sequence[Any], told: Told) -> Sorted:
    at_by_level: dict[str, list[int]] = {}
    failed: dict[int, list[Fault]] = {}
    for at, value in enumerate(values):
        try:
            if isinstance(value, Exception):
                raise value
            if value is not None and value is not Undefined:
                name = _type_of(field, composite, value, told)
                at_by_level.setdefault(name, []).append(at)
        except Exception as error:
            failed[at] = [Fault(error, field.nodes)]
    parts = [
        (composite.levels[name], Part([values[at] for at in found], found))
        for name, found in at_by_level.items()
    ]
    return parts, failed


def _type_of(field: Field, composite: Composite, value: Any, told: Told) -> str:
    if composite.abstract is None:
        [level] = composite.levels.values()
    else:
        level = _runtime(field, composite, composite.abstract, value, told)
    is_type_of = level.kind.is_type_of
    if is_type_of is not None and not is_type_of(value, told(field)):
        raise GraphQLError(
            f"Expected value of type '{level.kind}' but got: {inspect(value)}.", field.nodes
        )
    return level.kind.name


def _runtime(
    field: Field, composite: Composite, abstract: GraphQLAbstractType, value: Any, told: Told
) -> Level:
    resolve: Any = abstract.resolve_type or default_type_resolver
    info = told(field)
    name: Any = resolve(value, info, abstract)
    level = composite.levels.get(name) if isinstance(name, str) else None
    if level is None:
        raise GraphQLError(_refusal(field, abstract, value, name, info.schema), field.nodes)
    return level


def _refusal(
    field: Field, abstract: GraphQLAbstractType, value: Any, name: Any, schema: GraphQLSchema
) -> str:
    must = f"Abstract type '{abstract}' must resolve to an Object type at runtime"
    if name is None:
        return (
            f"{must} for field '{field.label}'. Either the '{abstract}' type should provide"
            " a 'resolve_type' function or each possible type should provide"
            " an 'is_type_of' function."
        )
    if not isinstance(name, str):
        return (
            f"{must} for field '{field.label}' with value {inspect(value)},"
            f" received '{inspect(name)}', which is not a valid Object type name."
        )
    kind = schema.get_type(name)
    if kind is None:
        return (
            f"Abstract type '{abstract}' was resolved to a type '{name}'"
            " that does not exist inside the schema."
        )
    if not is_object_type(kind):
        return f"Abstract type '{abstract}' was resolved to a non-object type '{name}'."
    return f"Runtime Object type '{kind}' is not a possible type for '{abstract}'."
