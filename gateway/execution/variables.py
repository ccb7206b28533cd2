"""Variables: the plain ones are taken as they came, the rest is coerced by graphql-core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import (
    GraphQLError,
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

MAX_COERCION_ERRORS = 20

PLAIN = {"ID": str, "String": str, "Boolean": bool}
"""What needs no coercion if it is exactly of this class."""

Signature = tuple[GraphQLVariableSignature, type | None]


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
        plain = self._plain(given)
        if plain is not None:
            return plain
        return get_variable_values(
            self._schema,
            self._definitions,
            dict(given),
            max_errors=MAX_COERCION_ERRORS,
            hide_suggestions=not self._suggests,
        )

    def _plain(self, given: Mapping[str, object]) -> VariableValues | None:
        if self._signatures is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, object] = {}
        for signature, kind in self._signatures:
            name = signature.name
            if name not in given:
                return None
            value = given[name]
            if type(value) is not kind:
                return None
            sources[name] = VariableValueSource(signature, value)
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
        found.append((signature, _plain_class(definition)))
    return found


def _plain_class(definition: VariableDefinitionNode) -> type | None:
    kind = definition.type
    inner = kind.type if isinstance(kind, NonNullTypeNode) else kind
    return PLAIN.get(inner.name.value) if isinstance(inner, NamedTypeNode) else None
