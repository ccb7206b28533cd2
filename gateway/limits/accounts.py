"""What one request costs, who pays, and what its client is told of it.

Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 10) for the
header fields, and https://www.rfc-editor.org/rfc/rfc6585#section-4 for status 429.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import isawaitable
from math import ceil
from time import monotonic

from graphql import GraphQLError

from domain.budgets import BUDGET_BY_ROLE, Budget
from domain.viewer import Role, Viewer
from gateway.execution.engine import Outcome
from gateway.execution.errors import refusal
from gateway.limits.clients import client
from gateway.limits.purses import Purses, Taken
from gateway.metrics import instruments

RATE_LIMITED = "RATE_LIMITED"
COST_EXCEEDED = "COST_EXCEEDED"
SILENT_SECONDS = 1.0
OF_A_REFUSED_DOCUMENT = 20
"""Points: reading one takes as long as answering for so many objects."""

Budgets = Mapping[Role, Budget]
Told = Callable[[str, Mapping[str, object]], None]


class Account:
    """One request's. `limited` are the seconds to wait if it was turned away for now."""

    def __init__(
        self, name: str, budget: Budget, role: Role, purses: Purses, told: Told | None
    ) -> None:
        self.limited: float | None = None
        self._name = name
        self._budget = budget
        self._role = role
        self._purses = purses
        self._told = told
        self._requested: int | None = None
        self._actual = 0
        self._remaining: int | None = None

    def overdrawn(self) -> GraphQLError | None:
        """Why the request is not even looked at, if its client has to wait."""
        wait = self._purses.debt(self._name)
        return self._wait(wait) if wait and not self._told else None

    async def admit(self, cost: int) -> GraphQLError | None:
        """Charge what an operation costs at most; else, why it may not run."""
        self._requested = requested = max(1, cost)
        if requested > self._budget.request and not self._measured(COST_EXCEEDED):
            return refusal(
                f"This costs {requested:,} points, and as {self._role} a request may cost "
                f"{self._budget.request:,}. Ask for smaller pages, or for less in one request.",
                COST_EXCEEDED,
            )
        taken = await self._take(requested)
        if not taken.granted and not self._measured(RATE_LIMITED):
            return self._wait(taken.wait)
        self._actual = requested if taken.granted else 0
        return None

    async def settle(self, outcome: Outcome) -> None:
        """Pay for what it came to."""
        if self._requested is None:
            await self._charge_refused()
        elif outcome.actual is not None and self._actual:
            actual = max(1, outcome.actual)
            self._remaining = self._purses.refund(self._name, self._requested - actual)
            self._actual = actual

    def shown(self) -> Mapping[str, object] | None:
        """`extensions.cost`; None of what has no price."""
        if self._requested is None:
            return None
        return {
            "requested": self._requested,
            "actual": self._actual,
            "remaining": self._remaining,
            "restoreRate": self._budget.restore,
        }

    def headers(self) -> Mapping[str, str]:
        """What is left, in the words of HTTP."""
        budget = self._budget
        policy = f'"points";q={budget.capacity};w={budget.seconds}'
        if self._remaining is None:
            return {"RateLimit-Policy": policy}
        full = ceil((budget.capacity - self._remaining) / budget.restore)
        said = {
            "RateLimit-Policy": policy,
            "RateLimit": f'"points";r={self._remaining};t={full}',
        }
        if self.limited is not None:
            said["Retry-After"] = str(max(1, ceil(self.limited)))
        return said

    async def _take(self, points: int) -> Taken:
        found = self._purses.take(self._name, self._budget, points)
        taken = await found if isawaitable(found) else found
        self._remaining = taken.remaining
        return taken

    async def _charge_refused(self) -> None:
        taken = await self._take(OF_A_REFUSED_DOCUMENT)
        if not taken.granted:
            self._purses.owes(self._name, taken.wait)

    def _wait(self, seconds: float) -> GraphQLError:
        self.limited = seconds
        self._remaining = self._remaining or 0
        return refusal(
            f"More was asked for than {self._budget.restore:,} points a second. "
            f"Come back in {max(1, ceil(seconds))} s.",
            RATE_LIMITED,
        )

    def _measured(self, code: str) -> bool:
        """Is it only told what would have been refused?"""
        if self._told is None:
            return False
        instruments.OVER_BUDGET.labels(code).inc()
        self._told(code, {"role": self._role, "requested": self._requested})
        return True


def _sparingly(told: Told) -> Told:
    """Once a second is enough to know of each kind."""
    told_at: dict[tuple[str, object], float] = {}

    def tell(code: str, facts: Mapping[str, object]) -> None:
        key, now = (code, facts["role"]), monotonic()
        if now - told_at.get(key, -SILENT_SECONDS) >= SILENT_SECONDS:
            told_at[key] = now
            told(code, facts)

    return tell


class Accounts:
    """Opens an account for each request. With `told`, nothing is refused: it is only measured."""

    def __init__(
        self, purses: Purses, budgets: Budgets = BUDGET_BY_ROLE, told: Told | None = None
    ) -> None:
        self._purses = purses
        self._budgets = budgets
        self._told = _sparingly(told) if told else None

    def account(self, viewer: Viewer, peer: str | None) -> Account:
        """The account of one request."""
        budget = self._budgets[viewer.role]
        return Account(client(viewer, peer), budget, viewer.role, self._purses, self._told)
