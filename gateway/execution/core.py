"""What graphql-core leaves half untyped, typed here once."""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import graphql
from graphql import GraphQLField, pyutils

Asks = Callable[[Any], bool]

is_iterable = cast("Asks", pyutils.is_iterable)
is_awaitable = cast("Any", pyutils.is_awaitable)
is_list_type = cast("Asks", graphql.is_list_type)
is_non_null_type = cast("Asks", graphql.is_non_null_type)
default_type_resolver = cast("Callable[..., Any]", graphql.default_type_resolver)


def type_of(field: GraphQLField) -> Any:
    """The type that a field is declared with."""
    return field.type
