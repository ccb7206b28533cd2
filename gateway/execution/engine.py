"""The engine: a document and its variables in, an outcome out."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,  # pyright: ignore[reportUnknownVariableType]  # its middleware is untyped
)

from gateway.execution.bindings import UNWIRED, Arguments, Wiring
from gateway.execution.documents import Documents, Prepared
from gateway.execution.errors import (
    BAD_USER_INPUT,
    INTROSPECTION_DISABLED,
    METHOD_NOT_ALLOWED,
    OPERATION_RESOLUTION_FAILURE,
    QUERY_TOO_COMPLEX,
    SUBSCRIPTION_NOT_SUPPORTED,
    TOO_DEEP,
    coded,
    refusal,
)
from gateway.execution.measuring import AD_HOC, Limits, selected
from gateway.execution.planner import Asked, Choice, NotReady, Planner, Ready
from gateway.execution.run import Circumstances, Meter, executed
from gateway.execution.variables import MAX_COERCION_ERRORS
from gateway.execution.watching import Watch

META = re.compile(r"__(schema|type)\b")
NO_INTROSPECTION = "The schema is told to those who have signed in."
NO_SWITCHES = "The variables of @skip and @include must be true or false."

Admit = Callable[[int], "GraphQLError | Awaitable[GraphQLError | None] | None"]
"""May an operation run that costs so much? An error says why not."""

NO_EVENTS = "A subscription may use neither introspection nor directives of its operation."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request.

    When it was not `executed`, no field was resolved: there is no `data` to show, and the
    errors carry a code of ours. `actual` is what it cost, where somebody counted; `kept` the
    seconds for which the answer may be kept; `operation` which one it is of.
    """

    executed: bool
    data: Mapping[str, object] | None
    errors: Sequence[GraphQLError]
    actual: int | None = None
    kept: int = 0
    operation: OperationDefinitionNode | None = None

    @classmethod
    def refused(cls, *errors: GraphQLError) -> Outcome:
        """Nothing was executed, and these say why."""
        return cls(executed=False, data=None, errors=errors)


@dataclass(frozen=True, slots=True)
class Source:
    """The root field of a subscription, its arguments as graphql-core gives them, and its plan."""

    definition: GraphQLField
    node: FieldNode
    arguments: Arguments
    ready: Ready


@dataclass(frozen=True, slots=True)
class Job:
    """One operation of a valid document, ready to run over a root value."""

    asked: Asked
    context: object = None
    root: object = None
    watch: Watch | None = None
    choice: Choice | None = None


class Engine:
    """Executes operations against one schema: by plan where it is wired, else by graphql-core."""

    def __init__(
        self, schema: GraphQLSchema, wiring: Wiring = UNWIRED, *, suggests: bool = True
    ) -> None:
        self._schema = schema
        self._wiring = wiring
        self._suggests = suggests
        self._documents = Documents(schema, suggests=suggests)
        self._planner = Planner(schema, wiring, suggests=suggests)

    @property
    def executions(self) -> Mapping[str, int]:
        """How many operations were `planned`, and how many graphql-core executed, by reason."""
        return self._planner.executions

    @property
    def compilations(self) -> int:
        """How many plans were made."""
        return self._planner.compilations

    async def execute(
        self,
        text: str,
        *,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: object,
        allow_mutation: bool,
        watch: Watch | None = None,
        admit: Admit | None = None,
        limits: Limits = AD_HOC,
        introspects: bool = True,
    ) -> Outcome:
        """Prepare `text`, choose its operation and run it, if `admit` lets it.

        The schema is told only to who `introspects`.

        Errors of the request and of its fields are in the outcome; a fault of the executor
        itself is raised.
        """
        prepared = await self._documents.read(text, limits)
        asked = self._asked(prepared, variables, operation_name)
        if isinstance(asked, Outcome):
            return asked
        if error := _forbidden(asked.operation, allow_mutation=allow_mutation):
            return Outcome.refused(error)
        if not introspects and asks_for_the_schema(asked.document):
            return Outcome.refused(refusal(NO_INTROSPECTION, INTROSPECTION_DISABLED))
        choice = self._planner.choice(asked)
        if admit and (error := await _turned_away(choice, admit)):
            return Outcome.refused(error)
        return await self._outcome(Job(asked, context, watch=watch, choice=choice))

    def requested(self, asked: Asked) -> int | None:
        """What an operation costs at most; None if that cannot be known."""
        return _requested(self._planner.choice(asked))

    def subscription(
        self,
        text: str,
        *,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        limits: Limits = AD_HOC,
    ) -> Asked | Outcome:
        """What to execute over each event of a subscription; an outcome, if it is refused."""
        prepared = self._documents.prepare(text, limits)
        asked = self._asked(prepared, variables, operation_name)
        if isinstance(asked, Outcome):
            return asked
        if asked.operation.operation is not OperationType.SUBSCRIPTION:
            return Outcome.refused(
                refusal("This is no subscription.", OPERATION_RESOLUTION_FAILURE)
            )
        return asked

    def source(self, asked: Asked) -> Source | Outcome:
        """What a subscription listens to; an outcome, if its arguments cannot be used."""
        choice = self._planner.choice(asked)
        if isinstance(choice, NotReady):
            return Outcome.refused(refusal(NO_EVENTS, OPERATION_RESOLUTION_FAILURE))
        if not isinstance(choice, Ready):
            return Outcome.refused(*(coded(error, BAD_USER_INPUT) for error in choice))
        [field] = choice.plan.root.fields
        try:
            values = field.arguments.values(choice.variables)
        except GraphQLError as error:
            return Outcome.refused(coded(error, BAD_USER_INPUT))
        return Source(field.definition, field.nodes[0], values, choice)

    async def event(
        self, asked: Asked, event: object, context: object, ready: Ready | None = None
    ) -> Outcome:
        """The answer of a subscription to one event, which is the root value.

        Its variables are the same for each event: who kept `ready` of its source saves a look.
        """
        return await self._outcome(Job(asked, context, root=event, choice=ready))

    def _asked(
        self,
        prepared: Prepared,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
    ) -> Asked | Outcome:
        if prepared.document is None:
            return Outcome.refused(*prepared.errors)
        operation = _chosen(prepared.document, operation_name)
        if isinstance(operation, GraphQLError):
            return Outcome.refused(operation)
        key = prepared.key, _name(operation)
        return Asked(key, prepared.document, operation, variables or {})

    async def _outcome(self, job: Job) -> Outcome:
        choice = self._planner.choice(job.asked) if job.choice is None else job.choice
        meter = Meter()
        try:
            result = await self._run(job, choice, meter)
        except RecursionError:
            return Outcome.refused(refusal(TOO_DEEP, QUERY_TOO_COMPLEX))
        errors = result.errors or ()
        if result.data is None and all(error.path is None for error in errors):
            return Outcome.refused(*(coded(error, BAD_USER_INPUT) for error in errors))
        operation = job.asked.operation
        if not isinstance(choice, Ready):
            return Outcome(True, result.data, errors, operation=operation)
        kept = 0 if errors else choice.kept
        return Outcome(True, result.data, errors, meter.actual, kept, operation)

    async def _run(self, job: Job, choice: Choice, meter: Meter) -> ExecutionResult:
        """Run a job; everything before it and after it is the same for every executor."""
        if isinstance(choice, NotReady):
            if job.watch:
                job.watch.reason = choice.reason
            return await self._by_graphql_core(job)
        if not isinstance(choice, Ready):
            return ExecutionResult(None, list(choice))
        if job.watch:
            job.watch.plan = choice.plan
        context = self._wiring.context(job.context, choice.needs)
        given = Circumstances(
            self._schema, self._wiring, choice.variables, context, job.watch, meter
        )
        return await executed(choice.plan, given, job.root)

    async def _by_graphql_core(self, job: Job) -> ExecutionResult:
        asked = job.asked
        result = execute(
            self._schema,
            asked.document,
            root_value=job.root,
            context_value=job.context,
            variable_values=dict(asked.variables),
            operation_name=_name(asked.operation),
            max_coercion_errors=MAX_COERCION_ERRORS,
            hide_suggestions=not self._suggests,
        )
        return result if isinstance(result, ExecutionResult) else await result


def asks_for_the_schema(document: DocumentNode) -> bool:
    """Does it select `__schema` or `__type` anywhere?"""
    source = document.loc.source.body if document.loc else "__schema"
    return META.search(source) is not None and any(map(META.fullmatch, selected(document)))


async def _turned_away(choice: Choice, admit: Admit) -> GraphQLError | None:
    requested = _requested(choice)
    if requested is None:
        return refusal(NO_SWITCHES, BAD_USER_INPUT)
    verdict = admit(requested)
    return await verdict if isawaitable(verdict) else verdict


def _requested(choice: Choice) -> int | None:
    if isinstance(choice, Ready):
        return choice.costs.of(choice.variables)
    if not isinstance(choice, NotReady):
        return 0  # its variables are wrong, and nothing will be executed
    return choice.costs.of(choice.variables) if choice.costs and choice.variables else None


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode | GraphQLError:
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    named = [node for node in operations if name is None or _name(node) == name]
    if len(named) == 1:
        return named[0]
    return refusal(_unresolved(len(operations), name), OPERATION_RESOLUTION_FAILURE)


def _name(node: OperationDefinitionNode) -> str | None:
    return node.name.value if node.name else None


def _unresolved(count: int, name: str | None) -> str:
    if count == 0:
        return "The document has no operation."
    if name is None:
        return "The document has several operations: say which in `operationName`."
    return "The document has no operation of that name."


def _forbidden(operation: OperationDefinitionNode, *, allow_mutation: bool) -> GraphQLError | None:
    if operation.operation is OperationType.SUBSCRIPTION:
        return refusal("A plain request cannot answer a subscription.", SUBSCRIPTION_NOT_SUPPORTED)
    if operation.operation is OperationType.MUTATION and not allow_mutation:
        return refusal("A mutation must be sent by POST.", METHOD_NOT_ALLOWED)
    return None
