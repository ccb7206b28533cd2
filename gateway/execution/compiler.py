"""The compiler: an operation of a valid document, with its variables' values, into a plan."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import iscoroutinefunction
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from gateway.execution.arguments import ArgumentPlan
from gateway.execution.bindings import (
    Batched,
    Binding,
    Computed,
    Root,
    Wiring,
    as_given,
)
from gateway.execution.core import is_list_type, is_non_null_type, type_of
from gateway.execution.costing import surcharge
from gateway.execution.leaves import Leaf
from gateway.execution.plan import Composite, Field, Level, Plan
from gateway.execution.rows import rows_of

MAX_FIELDS = 10_000
"""Fields of one plan; more than a document of the largest size has without tricks."""

TYPENAME = "__typename"


class NotCovered(Exception):
    """The operation is one for graphql-core; `reason` is a word to count by."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def compiled(
    schema: GraphQLSchema,
    wiring: Wiring,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    *,
    to_run: bool = True,
) -> Plan:
    """The plan of an operation as its `@skip` and `@include` stand.

    `to_run`: else it is only to be priced, and graphql-core executes.

    Raises:
        NotCovered: graphql-core has to execute it.
        GraphQLError: a directive's argument cannot be had from the variables.
    """
    compiler = _Compiler(schema, wiring, document, operation, variables)
    compiler.to_run = to_run
    return compiler.plan()


class _Compiler:
    def __init__(
        self,
        schema: GraphQLSchema,
        wiring: Wiring,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._wiring = wiring
        self._operation = operation
        self._variables = variables
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._details = {
            name: FragmentDetails(fragment) for name, fragment in self._fragments.items()
        }
        self._levels: dict[tuple[str, tuple[int, ...]], Level] = {}
        self._leaves: dict[str, Leaf] = {}
        self._size = 0
        self.to_run = True

    def plan(self) -> Plan:
        kind = self._schema.get_root_type(self._operation.operation)
        if kind is None:
            raise NotCovered("root")
        grouped, _, _ = collect_fields(
            self._schema, self._details, self._variables, kind, self._operation
        )
        root = Level(kind, None)
        self._fill(root, grouped)
        serial = self._operation.operation is OperationType.MUTATION
        return Plan(self._operation, self._fragments, root, serial, self._size)

    def _level(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Level:
        """The level below these fields, made once however often it is come to."""
        key = kind.name, tuple(id(each.node) for each in details)
        if key not in self._levels:
            grouped, _, _ = collect_subfields(
                self._schema, self._details, self._variables, self._operation, kind, details
            )
            shown = self._wiring.shown(kind) if self.to_run else None
            self._levels[key] = level = Level(kind, shown)
            self._fill(level, grouped)
        return self._levels[key]

    def _fill(self, level: Level, grouped: GroupedFieldSet) -> None:
        level.fields = [self._field(level.kind, *each) for each in grouped.items()]
        level.keys = tuple(grouped)
        level.rows = rows_of(level.keys) if level.keys else None
        level.waiting = [field for field in level.fields if field.waits]

    def _field(self, parent: GraphQLObjectType, key: str, details: FieldDetailsList) -> Field:
        self._size += 1
        if self._size > MAX_FIELDS:
            raise NotCovered("size")
        nodes = [each.node for each in details]
        name = nodes[0].name.value
        binding = self._binding(parent, name)
        definition = cast("GraphQLField", self._schema.get_field(parent, name))
        nullable, innermost = _positions(type_of(definition))
        target = self._target(innermost, details)
        price = self._wiring.price(parent, name)
        return Field(
            key=key,
            binding=binding,
            parent=parent,
            definition=definition,
            nodes=nodes,
            arguments=_arguments(binding, definition, nodes[0]),
            nullable=nullable,
            target=target,
            waits=_waits(binding) or (isinstance(target, Composite) and target.waits),
            repeats=isinstance(binding, Batched) and len(nullable) == 1,
            is_plain=_is_plain(binding, nullable, target),
            price=price,
            surcharge=surcharge(nodes[0], price),
        )

    def _binding(self, parent: GraphQLObjectType, name: str) -> Binding | None:
        if name == TYPENAME or not self.to_run:
            return None
        if name.startswith("__"):
            raise NotCovered("introspection")
        binding = self._wiring.bind(parent, name)
        if binding is None:
            raise NotCovered("unbound")
        return binding

    def _target(self, kind: Any, details: FieldDetailsList) -> Leaf | Composite:
        if is_leaf_type(kind):
            if kind.name not in self._leaves:
                self._leaves[kind.name] = Leaf(kind)
            return self._leaves[kind.name]
        if is_abstract_type(kind):
            return self._abstract(kind, details)
        return Composite(None, {kind.name: self._level(kind, details)})

    def _abstract(self, kind: GraphQLAbstractType, details: FieldDetailsList) -> Composite:
        possible = self._schema.get_possible_types(kind)
        return Composite(kind, {each.name: self._level(each, details) for each in possible})


def _positions(kind: Any) -> tuple[list[bool], Any]:
    """Which positions of a type may be null, from the outside in; and the type of the last."""
    nullable: list[bool] = []
    while True:
        required = is_non_null_type(kind)
        nullable.append(not required)
        kind = kind.of_type if required else kind
        if not is_list_type(kind):
            return nullable, kind
        kind = kind.of_type


def _arguments(binding: Binding | None, definition: GraphQLField, node: FieldNode) -> ArgumentPlan:
    takes = isinstance(binding, Computed | Batched | Root)
    return ArgumentPlan(definition, node, binding.keywords if takes else as_given)


def _is_plain(binding: Binding | None, nullable: Sequence[bool], target: Leaf | Composite) -> bool:
    asks = isinstance(binding, Batched | Root)
    return not asks and isinstance(target, Leaf) and len(nullable) == 1


def _waits(binding: Binding | None) -> bool:
    return isinstance(binding, Batched | Root) and iscoroutinefunction(binding.resolve)
