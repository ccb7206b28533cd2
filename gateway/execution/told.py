"""What functions of the schema are told: graphql-core's own `info`."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from graphql import GraphQLResolveInfo, GraphQLSchema
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, gather_with_cancel
from graphql.type import GraphQLResolveInfoHelpers

from gateway.execution.core import is_awaitable, type_of
from gateway.execution.plan import Field, Plan


class Told:
    """Makes `info` for `is_type_of` and `resolve_type`, once a field, and only if they are asked.

    It stands for all parents of the field, so its path has no indices.
    """

    __slots__ = ("_context", "_made", "_plan", "_root", "_schema", "_variables")

    def __init__(
        self,
        schema: GraphQLSchema,
        plan: Plan,
        variables: VariableValues,
        context: Any,
        root: Any,
    ) -> None:
        self._schema = schema
        self._plan = plan
        self._variables = variables
        self._context = context
        self._root = root
        self._made: dict[int, GraphQLResolveInfo[Any]] = {}

    def __call__(self, field: Field) -> GraphQLResolveInfo[Any]:
        key = id(field)
        if key not in self._made:
            self._made[key] = self._make(field)
        return self._made[key]

    def _make(self, field: Field) -> GraphQLResolveInfo[Any]:
        return GraphQLResolveInfo(
            field.name,
            list(field.nodes),
            type_of(field.definition),
            field.parent,
            Path(None, field.key, field.parent.name),
            self._schema,
            dict(self._plan.fragments),
            self._root,
            self._plan.operation,
            self._variables,
            self._context,
            is_awaitable,
            None,
            GraphQLResolveInfoHelpers(gather=_gathered, track=_left),
        )


async def _gathered(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    return await gather_with_cancel(*awaitables)


def _left(_: object) -> None:
    """Nothing is awaited here, so nothing is left behind."""
