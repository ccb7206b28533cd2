"""The graph as every transport asks it: a viewer and a document in, what a client reads out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import orjson
from graphql import GraphQLError

from domain.errors import KassaError
from domain.viewer import Role, Viewer
from gateway import reading
from gateway.contexts import Contexts
from gateway.execution.engine import Engine, Outcome
from gateway.execution.errors import (
    BAD_USER_INPUT,
    SUBSCRIPTION_NOT_SUPPORTED,
    ErrorDisplay,
    Public,
    code_of,
    refusal,
)
from gateway.execution.watching import Watch
from gateway.identity.admission import Who
from gateway.identity.vigil import Vigil
from gateway.limits.accounts import Account, Accounts
from gateway.live.mailbox import Mailbox
from gateway.live.streams import Stream, Streams, Wanted
from gateway.metrics import instruments
from gateway.reading import Asked
from gateway.seeing import Observer, Seen
from gateway.trusted import Library, Missing

OPENED = "opened"
NO_STREAMS = "Subscriptions are not served here."

logger = logging.getLogger(__name__)


def public(error: Exception) -> Public | None:
    """What a client may read of an exception: refusals, and nothing else."""
    return Public(error.message, {"code": error.code}) if isinstance(error, KassaError) else None


def log(error: Exception, error_id: str) -> None:
    """Report a masked error with its traceback."""
    logger.error("masked error %s", error_id, exc_info=error)


class Graph:
    """Executes operations and opens subscriptions.

    `who` finds the viewer behind an `Authorization` header. `context` builds what
    resolvers see in one operation of a viewer, watched or not. `explain` makes
    `extensions.plan` of what was watched. Until it has `streams`, subscriptions are refused.
    `observers` see each operation.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        who: Who,
        context: Contexts,
        streams: Streams | None = None,
        explain: Callable[[Watch], object] | None = None,
        accounts: Accounts | None = None,
        library: Library | None = None,
        hides_schema: bool = False,
        report: Callable[[Exception, str], None] = log,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.who = who
        self.vigil = Vigil(who)
        self.streams = streams
        self.engine = engine
        self.context = context
        self._explain = explain
        self._accounts = accounts
        self._library = library or Library()
        self._hides_schema = hides_schema
        self._display = ErrorDisplay(public, report)
        self._observers = observers

    @property
    def is_live(self) -> bool:
        """Are there subscriptions?"""
        return self.streams is not None

    @property
    def explains(self) -> bool:
        """May an operation be watched?"""
        return self._explain is not None

    def account(self, viewer: Viewer, peer: str | None) -> Account | None:
        """Who pays for a request that comes from `peer`; None where nothing is counted."""
        return self._accounts.account(viewer, peer) if self._accounts else None

    async def execute(
        self,
        asked: Asked,
        viewer: Viewer,
        *,
        allow_mutation: bool,
        watch: Watch | None = None,
        account: Account | None = None,
    ) -> Outcome:
        """Run a query or a mutation; of a subscription, the outcome says that it is one."""
        seen = Seen(watch)
        for observer in self._observers:
            observer.begins(seen)
        try:
            seen.outcome = await self._executed(
                asked, viewer, seen, allow_mutation=allow_mutation, account=account
            )
        finally:
            for observer in self._observers:
                observer.ends(seen)
        return seen.outcome

    async def _executed(
        self,
        asked: Asked,
        viewer: Viewer,
        seen: Seen,
        *,
        allow_mutation: bool,
        account: Account | None,
    ) -> Outcome:
        if account and (error := account.overdrawn()):
            return Outcome.refused(error)
        found = self._library.found(asked, viewer)
        if isinstance(found, Missing):
            return refused(found.message, found.code)
        seen.is_registered = found.is_registered
        if "mutation" in found.text and reading.has_card(found.text, asked.variables):
            return refused(reading.NO_CARDS, BAD_USER_INPUT)
        outcome = await self.engine.execute(
            found.text,
            variables=asked.variables,
            operation_name=asked.operation_name,
            context=self.context(viewer, seen.watch is not None),
            allow_mutation=allow_mutation,
            watch=seen.watch,
            admit=account.admit if account else None,
            limits=found.limits,
            introspects=viewer.role is not Role.ANONYMOUS or not self._hides_schema,
        )
        if account and not is_subscription(outcome):
            await account.settle(outcome)
        if outcome.kept and not found.is_registered:
            return replace(outcome, kept=0)
        return outcome

    async def open(
        self,
        asked: Asked,
        viewer: Viewer,
        mailbox: Mailbox,
        after: str | None = None,
        account: Account | None = None,
    ) -> Stream | Outcome:
        """Subscribe; `after` is a cursor that came beside the document."""
        opened = await self._opened(asked, viewer, mailbox, after, account)
        is_refused = isinstance(opened, Outcome)
        told = code_of(opened.errors[0]) if is_refused else OPENED
        instruments.SUBSCRIPTIONS.labels(told).inc()
        return opened

    async def _opened(
        self,
        asked: Asked,
        viewer: Viewer,
        mailbox: Mailbox,
        after: str | None,
        account: Account | None,
    ) -> Stream | Outcome:
        if self.streams is None:
            return refused(NO_STREAMS, SUBSCRIPTION_NOT_SUPPORTED)
        found = self._library.found(asked, viewer)
        if isinstance(found, Missing):
            return refused(found.message, found.code)
        named = (asked.operation_name, asked.variables)
        wanted = Wanted(found.text, *named, viewer, after, found.limits)
        if account and (error := await self._charged(wanted, account)):
            return Outcome.refused(error)
        return await self.streams.open(wanted, mailbox)

    async def _charged(self, wanted: Wanted, account: Account) -> GraphQLError | None:
        """Charge what the first event of a subscription costs."""
        found = self.engine.subscription(
            wanted.query,
            variables=wanted.variables,
            operation_name=wanted.operation_name,
            limits=wanted.limits,
        )
        cost = None if isinstance(found, Outcome) else self.engine.requested(found)
        return None if cost is None else await account.admit(cost)

    def shown(
        self, outcome: Outcome, watch: Watch | None = None, account: Account | None = None
    ) -> bytes:
        """The response to an operation, as JSON."""
        shown: dict[str, object] = {}
        if errors := self.errors(outcome):
            shown["errors"] = errors
        if outcome.executed:
            shown["data"] = outcome.data
        extensions: dict[str, object] = {}
        if account and (cost := account.shown()):
            extensions["cost"] = cost
        if outcome.executed and self._explain and watch:
            extensions["plan"] = self._explain(watch)
        if extensions:
            shown["extensions"] = extensions
        return orjson.dumps(shown)

    def errors(self, outcome: Outcome) -> Sequence[object]:
        """The `errors` of a response."""
        return [self._display.shown(error) for error in outcome.errors]

    def masked(self, error: Exception) -> object:
        """The entry of `errors` for an exception outside of any field; it is reported."""
        return self._display.masked(error)


def is_subscription(outcome: Outcome) -> bool:
    """Was nothing executed, because the operation wants to be subscribed to?"""
    return not outcome.executed and code_of(outcome.errors[0]) == SUBSCRIPTION_NOT_SUPPORTED


def refused(message: str, code: str) -> Outcome:
    """Of an operation that is refused before the engine executes it."""
    return Outcome.refused(refusal(message, code))
