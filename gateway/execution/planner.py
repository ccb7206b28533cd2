"""The planner: who executes an operation, and by which plan. Each is compiled once and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.values import VariableValues
from graphql.language import DirectiveNode

from gateway.execution import keeping
from gateway.execution.bindings import Wiring
from gateway.execution.compiler import NotCovered, compiled
from gateway.execution.costing import Costs, costs
from gateway.execution.plan import Plan
from gateway.execution.recent import Recent
from gateway.execution.variables import VariablePlan

MAX_PLANS, MAX_PLAN_BYTES = 512, 64 * 2**20
BYTES_PER_FIELD = 1_500
"""Memory of a plan by field; measured: 1,100 to 1,200 (`make bench-execution`)."""

PLANNED = "planned"
SWITCHES = frozenset({"skip", "include"})
INCREMENTAL = frozenset({"defer", "stream"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation of a valid document, with the variables as they came."""

    key: Hashable
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ready:
    """A plan, what it needs, the values of its variables, and how many seconds it may be kept."""

    plan: Plan
    needs: object
    variables: VariableValues
    costs: Costs
    kept: int


@dataclass(frozen=True, slots=True)
class NotReady:
    """Why graphql-core has to execute an operation, and what it costs if that is known."""

    reason: str
    costs: Costs | None = None
    variables: VariableValues | None = None
    weight: int = 1_000


Choice = Ready | NotReady | Sequence[GraphQLError]
"""The plan to run, or why there is none, or what is wrong with the variables."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What holds of an operation whatever its variables are."""

    variables: VariablePlan
    switches: Sequence[str]
    reason: str | None
    weight: int = 10_000


@dataclass(frozen=True, slots=True)
class _Kept:
    plan: Plan
    needs: object
    costs: Costs
    kept: int

    @property
    def weight(self) -> int:
        return BYTES_PER_FIELD * self.plan.size


class Planner:
    """The plans of one schema.

    `executions` counts, under PLANNED what a plan executed, under a reason what graphql-core did;
    `compilations` the plans that were made for them, all others having been kept.
    """

    def __init__(self, schema: GraphQLSchema, wiring: Wiring, *, suggests: bool = True) -> None:
        self._suggests = suggests
        self._schema = schema
        self._wiring = wiring
        self._known: Recent[_Known] = Recent(MAX_PLANS, MAX_PLAN_BYTES)
        self._plans: Recent[_Kept | NotReady] = Recent(MAX_PLANS, MAX_PLAN_BYTES)
        self.executions: Counter[str] = Counter()
        self.compilations = 0

    def choice(self, asked: Asked) -> Choice:
        """The plan to run, or why there is none, or what is wrong with the variables."""
        known = self._known.get(asked.key) or self._learn(asked)
        variables = known.variables.values(asked.variables)
        if isinstance(variables, list):
            return variables
        found = self._found(known, asked, variables)
        if isinstance(found, NotReady):
            self.executions[found.reason] += 1
            return replace(found, variables=variables)
        self.executions[PLANNED] += 1
        return Ready(found.plan, found.needs, variables, found.costs, found.kept)

    def _found(self, known: _Known, asked: Asked, variables: VariableValues) -> _Kept | NotReady:
        switched = tuple(variables.coerced.get(name) for name in known.switches)
        if not all(isinstance(each, bool) for each in switched):
            return NotReady(known.reason or "switch")
        key = asked.key, switched
        return self._plans.get(key) or self._plans.put(key, self._made(known, asked, variables))

    def _made(self, known: _Known, asked: Asked, variables: VariableValues) -> _Kept | NotReady:
        try:
            if known.reason:
                raise NotCovered(known.reason)
            plan = self._compiled(asked, variables, to_run=True)
            self.compilations += 1
            kept = keeping.seconds(plan, self._wiring)
            return _Kept(plan, self._wiring.needs(plan), costs(plan), kept)
        except NotCovered as error:
            return NotReady(error.reason, self._priced(asked, variables))
        except (GraphQLError, RecursionError) as error:
            return NotReady(type(error).__name__)

    def _priced(self, asked: Asked, variables: VariableValues) -> Costs | None:
        """What is not executed by plan has a price all the same."""
        try:
            return costs(self._compiled(asked, variables, to_run=False))
        except (NotCovered, GraphQLError, RecursionError):
            return None

    def _compiled(self, asked: Asked, variables: VariableValues, *, to_run: bool) -> Plan:
        document, operation = asked.document, asked.operation
        return compiled(self._schema, self._wiring, document, operation, variables, to_run=to_run)

    def _learn(self, asked: Asked) -> _Known:
        directives = list(_directives(asked.document))
        names = {each.name.value for each in directives}
        incremental = "incremental" if names & INCREMENTAL else None
        odd = "directive" if asked.operation.directives else None
        known = _Known(
            VariablePlan(self._schema, asked.operation, suggests=self._suggests),
            tuple(dict.fromkeys(_switches(directives))),
            incremental or odd,
        )
        return self._known.put(asked.key, known)


def _directives(document: DocumentNode) -> Iterator[DirectiveNode]:
    """The directives of all selections."""
    waiting: list[SelectionSetNode] = [
        each.selection_set
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        for selection in waiting.pop().selections:
            yield from selection.directives or ()
            below = getattr(selection, "selection_set", None)
            if below:
                waiting.append(below)


def _switches(directives: Sequence[DirectiveNode]) -> Iterator[str]:
    """The variables that `@skip` and `@include` hang on."""
    for directive in directives:
        if directive.name.value in SWITCHES:
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
