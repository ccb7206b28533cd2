"""Arguments: what the document fixes is coerced once, what hangs on variables with each request.

The coercion itself is graphql-core's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, coerce_argument

from gateway.execution.bindings import Arguments

Given = tuple[str, GraphQLArgument, ArgumentNode | None]

NO_VARIABLES = VariableValues({}, {})


class ArgumentPlan:
    """The arguments of one field."""

    __slots__ = ("_constant", "_fixed", "_keywords", "_node", "_varying")

    def __init__(
        self,
        definition: GraphQLField,
        node: FieldNode,
        keywords: Callable[[Arguments], Arguments],
    ) -> None:
        node_by_name = {each.name.value: each for each in node.arguments or ()}
        given = [(name, arg, node_by_name.get(name)) for name, arg in definition.args.items()]
        varying = [each for each in given if each[2] and _varies(each[2].value)]
        self._node = node
        self._keywords = keywords
        self._fixed: Sequence[Given] = [each for each in given if each not in varying]
        self._varying: Sequence[Given] = varying
        self._constant = self._once()

    def values(self, variables: VariableValues) -> Arguments:
        """What the function that answers the field is called with.

        Raises:
            GraphQLError: a variable cannot be used here.
            Exception: whatever the schema's own conversion refuses.
        """
        if self._constant is None:
            given = self._coerced(self._fixed, variables)
        elif not self._varying:
            return self._constant
        else:
            given = {**self._constant}
        return self._keywords({**given, **self._coerced(self._varying, variables)})

    def _once(self) -> Mapping[str, Any] | None:
        """What does not vary; None if it cannot be had, so that each request meets the error."""
        try:
            fixed = self._coerced(self._fixed, NO_VARIABLES)
            return fixed if self._varying else self._keywords(fixed)
        except Exception:
            return None

    def _coerced(self, given: Sequence[Given], variables: VariableValues) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, argument, node in given:
            coerce_argument(values, self._node, name, argument, node, variables, None)
        return values


def _varies(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(_varies(each) for each in value.values)
    if isinstance(value, ObjectValueNode):
        return any(_varies(each.value) for each in value.fields)
    return isinstance(value, VariableNode)
