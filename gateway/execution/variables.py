"""Variables: proper values are taken as the plan says, all others are coerced by graphql-core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from gateway.execution.taking import Take, taking

MAX_COERCION_ERRORS = 20

Signature = tuple[GraphQLVariableSignature, Take]


class VariablePlan:
    """The variables that one operation declares."""

    __slots__ = ("_definitions", "_schema", "_signatures", "_suggests")

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, *, suggests: bool = True
    ) -> None:
        self._suggests = suggests
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._signatures = _signatures(schema, self._definitions)

    def values(self, given: Mapping[str, object]) -> VariableValues | list[GraphQLError]:
        """The variables' values, or why they cannot be used."""
        taken = self._taken(given)
        if taken is not None:
            return taken
        return get_variable_values(
            self._schema,
            self._definitions,
            dict(given),
            max_errors=MAX_COERCION_ERRORS,
            hide_suggestions=not self._suggests,
        )

    def _taken(self, given: Mapping[str, object]) -> VariableValues | None:
        if self._signatures is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, object] = {}
        for signature, take in self._signatures:
            name = signature.name
            value = take(given[name]) if name in given else Undefined
            if value is Undefined:
                return None
            sources[name] = VariableValueSource(signature, given[name])
            coerced[name] = value
        return VariableValues(sources, coerced)


def _signatures(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
) -> Sequence[Signature] | None:
    found: list[Signature] = []
    for definition in definitions:
        signature = get_variable_signature(schema, definition)
        if isinstance(signature, GraphQLError):
            return None
        found.append((signature, taking(signature.type)))  # pyright: ignore[reportUnknownMemberType]
    return found
