"""The engine: a document and its variables in, an outcome out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,  # pyright: ignore[reportUnknownVariableType]  # its middleware is untyped
)

from gateway.execution.documents import Documents
from gateway.execution.errors import (
    BAD_USER_INPUT,
    METHOD_NOT_ALLOWED,
    OPERATION_RESOLUTION_FAILURE,
    QUERY_TOO_COMPLEX,
    SUBSCRIPTION_NOT_SUPPORTED,
    TOO_DEEP,
    coded,
    refusal,
)

MAX_COERCION_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request.

    When it was not `executed`, no field was resolved: there is no `data` to show, and the
    errors carry a code of ours.
    """

    executed: bool
    data: Mapping[str, object] | None
    errors: Sequence[GraphQLError]


@dataclass(frozen=True, slots=True)
class Job:
    """One operation of a valid document, ready to run."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, object]
    context: object


class Engine:
    """Executes operations against one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._documents = Documents(schema)

    async def execute(
        self,
        text: str,
        *,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        context: object,
        allow_mutation: bool,
    ) -> Outcome:
        """Prepare `text`, choose its operation and run it.

        Errors of the request and of its fields are in the outcome; a fault of the executor
        itself is raised.
        """
        prepared = self._documents.prepare(text)
        if prepared.document is None:
            return _refused(*prepared.errors)
        operation = _chosen(prepared.document, operation_name)
        if isinstance(operation, GraphQLError):
            return _refused(operation)
        if error := _forbidden(operation, allow_mutation=allow_mutation):
            return _refused(error)
        return await self._outcome(Job(prepared.document, operation, variables or {}, context))

    async def _outcome(self, job: Job) -> Outcome:
        try:
            result = await self._run(job)
        except RecursionError:
            return _refused(refusal(TOO_DEEP, QUERY_TOO_COMPLEX))
        errors = result.errors or ()
        if result.data is None and all(error.path is None for error in errors):
            return _refused(*(coded(error, BAD_USER_INPUT) for error in errors))
        return Outcome(executed=True, data=result.data, errors=errors)

    async def _run(self, job: Job) -> ExecutionResult:
        """Run a job; everything before it and after it is the same for every executor."""
        result = execute(
            self._schema,
            job.document,
            context_value=job.context,
            variable_values=dict(job.variables),
            operation_name=job.operation.name.value if job.operation.name else None,
            max_coercion_errors=MAX_COERCION_ERRORS,
        )
        return result if isinstance(result, ExecutionResult) else await result


def _refused(*errors: GraphQLError) -> Outcome:
    return Outcome(executed=False, data=None, errors=errors)


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
