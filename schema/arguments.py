"""Arguments, from graphql-core's form into the one that the function of a field takes.

Strawberry does this when it calls a resolver; an executor that calls the function itself asks here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import GraphQLField, get_named_type, is_input_object_type
from strawberry.types.arguments import StrawberryArgument, convert_argument

from schema import graph, owners
from schema.owners import DEFINITION

Given = Mapping[str, Any]
Keywords = Callable[[Given], Given]


def keywords(field: GraphQLField) -> Keywords:
    """Makes the arguments of a field's function of those that a client gave."""
    binding = owners.binding(field)
    declared = {
        name: (cast("StrawberryArgument", argument.extensions[DEFINITION]), _is_input(argument))
        for name, argument in field.args.items()
    }

    def made(given: Given) -> Given:
        values = {
            argument.python_name: _converted(argument, given[name]) if is_input else given[name]
            for name, (argument, is_input) in declared.items()
            if name in given
        }
        return binding.keywords(values)

    return made


def _is_input(argument: Any) -> bool:
    return is_input_object_type(get_named_type(argument.type))


def _converted(argument: StrawberryArgument, value: object) -> object:
    whole = graph.build()
    registry = whole.schema_converter.scalar_registry
    return convert_argument(value, argument.type, registry, whole.config)
