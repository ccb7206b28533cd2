"""Arguments, from graphql-core's form into the one that the function of a field takes.

Strawberry does this when it calls a resolver, and looks up each type and name as it goes. An
executor that calls the function itself asks here, where that is looked up once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import cached_property
from typing import Any

from graphql import GraphQLField, GraphQLInputObjectType, GraphQLList, GraphQLNonNull

from schema import owners
from schema.owners import DEFINITION

Given = Mapping[str, Any]
Keywords = Callable[[Given], Given]
Convert = Callable[[Any], Any]
"""Makes of a value as graphql-core coerces it the one that Python sees."""


def keywords(field: GraphQLField) -> Keywords:
    """Makes the arguments of a field's function of those that a client gave."""
    binding = owners.binding(field)
    declared = {name: _declared(argument) for name, argument in field.args.items()}

    def made(given: Given) -> Given:
        values = {
            python_name: convert(given[name]) if convert else given[name]
            for name, (python_name, convert) in declared.items()
            if name in given
        }
        return binding.keywords(values)

    return made


def _declared(argument: Any) -> tuple[str, Convert | None]:
    """What an argument, or an input's field, is called in Python, and how its values are made."""
    return argument.extensions[DEFINITION].python_name, _convert(argument.type)


def _convert(kind: Any) -> Convert | None:
    """How the values of a type are made; None where they stay as they are."""
    if isinstance(kind, GraphQLInputObjectType):
        return _Maker(kind)
    if not isinstance(kind, GraphQLNonNull | GraphQLList):
        return None
    inner = _convert(kind.of_type)  # pyright: ignore[reportUnknownMemberType]
    return inner and (inner if isinstance(kind, GraphQLNonNull) else _each(inner))


def _each(convert: Convert) -> Convert:
    return lambda values: None if values is None else [convert(value) for value in values]


class _Maker:
    """Makes the inputs of one type; its fields are looked up when there is one to make."""

    def __init__(self, kind: GraphQLInputObjectType) -> None:
        self._kind = kind
        self._class: type = kind.extensions[DEFINITION].origin

    def __call__(self, given: Given | None) -> Any:
        if given is None:
            return None
        values = {
            python_name: convert(given[name]) if convert else given[name]
            for name, python_name, convert in self._fields
            if name in given
        }
        return self._class(**{**self._absent, **values})

    @cached_property
    def _fields(self) -> list[tuple[str, str, Convert | None]]:
        return [(name, *_declared(field)) for name, field in self._kind.fields.items()]

    @cached_property
    def _absent(self) -> Given:
        """What a client need not give and has no default: graphql-core saw to all else."""
        declared = [field.extensions[DEFINITION] for field in self._kind.fields.values()]
        return {
            field.python_name: None
            for field in declared
            if field.default is MISSING and field.default_factory is MISSING
        }
