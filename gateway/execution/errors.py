"""How errors are shown: ours with a code, those meant for clients as they are, the rest masked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graphql import ArgumentNode, GraphQLError, ValueNode

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
SUBSCRIPTION_NOT_SUPPORTED = "SUBSCRIPTION_NOT_SUPPORTED"
QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED"
INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"

MASKED = "Something went wrong on our side."
TOO_DEEP = "The operation is nested too deeply."
MAX_MESSAGE_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Public:
    """What a client may read of an error; `extensions` holds at least `code`."""

    message: str
    extensions: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ErrorDisplay:
    """Turns errors into what a client reads.

    `public` says what a client may read of an exception, or None: then it is masked and goes
    to `report` with its traceback and the `errorId` that the client was given.
    """

    public: Callable[[Exception], Public | None]
    report: Callable[[Exception, str], None]

    def shown(self, error: GraphQLError) -> dict[str, object]:
        """One entry of `errors` in a response."""
        public = self._public(error)
        return {"message": public.message, **_where(error), "extensions": {**public.extensions}}

    def masked(self, error: Exception) -> dict[str, object]:
        """The entry for an exception outside of any field."""
        public = self._reported(error, MASKED, INTERNAL_SERVER_ERROR)
        return {"message": public.message, "extensions": {**public.extensions}}

    def _public(self, error: GraphQLError) -> Public:
        if error.path is None:
            return Public(error.message, error.extensions or {})
        cause = _cause(error)
        if isinstance(cause, RecursionError):
            # The document may be too deep, or a resolver may be wrong: someone should look.
            return self._reported(cause, TOO_DEEP, QUERY_TOO_COMPLEX)
        return self.public(cause) or _meant(error) or self._reported(cause)

    def _reported(
        self, error: Exception, message: str = MASKED, code: str = INTERNAL_SERVER_ERROR
    ) -> Public:
        error_id = secrets.token_hex(8)
        self.report(error, error_id)
        return Public(message, {"code": code, "errorId": error_id})


def coded(error: GraphQLError, code: str) -> GraphQLError:
    """A copy with `code` and a bounded message.

    It holds neither document nor traceback: it may be kept, and it repeats no megabyte.
    """
    copy = GraphQLError(_shortened(error.message), extensions={"code": code})
    copy.locations = error.locations
    return copy


def refusal(message: str, code: str) -> GraphQLError:
    """A request error of our own."""
    return GraphQLError(message, extensions={"code": code})


def code_of(error: GraphQLError) -> object:
    """The code of a request error."""
    return (error.extensions or {}).get("code")


def _where(error: GraphQLError) -> dict[str, object]:
    places: dict[str, object] = {}
    if error.locations:
        places["locations"] = [location.formatted for location in error.locations]
    if error.path:
        places["path"] = error.path
    return places


def _cause(error: GraphQLError) -> Exception:
    """What was raised first: graphql-core may wrap it more than once."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _meant(error: GraphQLError) -> Public | None:
    """A GraphQLError that was raised with a code, or for an argument that cannot be used.

    graphql-core raises GraphQLErrors for broken results too, with the result's repr in the
    message. What tells them apart: they point at a field, those for arguments at a value.
    """
    raised = error.original_error or error
    if not isinstance(raised, GraphQLError):
        return None
    if raised.extensions and "code" in raised.extensions and raised.original_error is None:
        return Public(raised.message, raised.extensions)
    if raised.nodes and all(isinstance(node, ValueNode | ArgumentNode) for node in raised.nodes):
        return Public(_shortened(raised.message), {"code": BAD_USER_INPUT})
    return None


def _shortened(message: str) -> str:
    if len(message) <= MAX_MESSAGE_LENGTH:
        return message
    return message[:MAX_MESSAGE_LENGTH] + "…"
