"""One batch of an import: one read of what is known, one write of what is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from domain import recorded
from domain.ids import Kind
from domain.imports import meeting
from domain.imports.meeting import Change, Incoming, Outcome
from domain.imports.report import Report
from domain.imports.rows import Group, Reason, RowRefused
from domain.journal import Happening
from domain.ports import Intake
from domain.values import Actor

Pairs = Mapping[str, tuple[Group, Incoming]]
Refuse = Callable[[Group, RowRefused], None]

TRIES = 3
NAMES: Mapping[Kind, str] = {
    Kind.CHANNEL: "channels",
    Kind.LOCATION: "locations",
    Kind.PRODUCT: "products",
    Kind.CUSTOMER: "customers",
    Kind.STOCK_LEVEL: "stock levels",
    Kind.ORDER: "orders",
    Kind.RETURN: "returns",
    Kind.PAYMENT: "payments",
}


class Teller(Struct, frozen=True):
    """Tells the journal what an import brought: by whom, and in which run."""

    actor: Actor
    cause: str

    def told(self, value: Incoming, there: Incoming | None = None) -> Happening | None:
        """What there is to tell of a new value, or of one that takes the place of another."""
        if not isinstance(value, recorded.Recorded):
            return None
        if isinstance(there, recorded.Recorded):
            return recorded.reported(there, value, self.cause, self.actor)
        return recorded.opened(value, self.cause, self.actor)


class Writer:
    """Saves values by natural key, and counts what became of them."""

    def __init__(
        self,
        intake: Intake,
        report: Report,
        refuse: Refuse,
        teller: Teller,
        *,
        observations: bool,
    ) -> None:
        self._intake, self._report, self._refuse = intake, report, refuse
        self._teller, self._observations = teller, observations

    async def save(self, made: Sequence[tuple[Group, Sequence[Incoming]]]) -> set[str]:
        """Save all that was made of some groups. Answers the keys that could not be saved."""
        by_kind: dict[Kind, dict[str, tuple[Group, Incoming]]] = {}
        for group, values in made:
            for value in values:
                of_kind = by_kind.setdefault(meeting.KINDS[type(value)], {})
                of_kind[meeting.natural_key(value)] = group, value
        refused: set[str] = set()
        for kind, pairs in by_kind.items():
            refused |= await self._retried(kind, pairs)
        return refused

    async def _retried(self, kind: Kind, pairs: Pairs) -> set[str]:
        """Somebody who writes at the same time is met again, with what they wrote."""
        refused: set[str] = set()
        overtaken: Mapping[str, str] = {}
        for _ in range(TRIES):
            overtaken = await self._put(kind, pairs, refused)
            pairs = {key: pairs[key] for key in overtaken}
            if not pairs:
                return refused
        self._refuse_all(pairs, {key: RowRefused(Reason.DATABASE, overtaken[key]) for key in pairs})
        return refused | set(pairs)

    async def _put(self, kind: Kind, pairs: Pairs, refused: set[str]) -> Mapping[str, str]:
        changes, refusals = await self._changes(kind, pairs)
        done = await self._intake.put(kind, changes) if changes else Outcome()
        refusals |= {k: RowRefused(Reason.DATABASE, why) for k, why in done.refused.items()}
        self._refuse_all(pairs, refusals)
        refused |= set(refusals)
        left = {*done.refused, *done.overtaken}
        kept = [change for change in changes if change.key not in left]
        tally = self._report.entity(NAMES[kind])
        tally.new += sum(change.over is None for change in kept)
        tally.changed += sum(change.over is not None for change in kept)
        tally.same += len(pairs) - len(kept) - len(left | set(refusals))
        return done.overtaken

    def _refuse_all(self, pairs: Pairs, refusals: Mapping[str, RowRefused]) -> None:
        for key, refusal in refusals.items():
            self._refuse(pairs[key][0], refusal)

    async def _changes(
        self, kind: Kind, pairs: Pairs
    ) -> tuple[list[Change], dict[str, RowRefused]]:
        known = await self._intake.known(kind, list(pairs))
        digests = {
            key: meeting.digest(value, observations=self._observations)
            for key, (_, value) in pairs.items()
        }
        differing = [key for key in pairs if key in known and known[key].digest != digests[key]]
        there = await self._intake.there(kind, differing)
        changes = [
            Change(key, value, digests[key], told=self._teller.told(value))
            for key, (_, value) in pairs.items()
            if key not in known
        ]
        refusals: dict[str, RowRefused] = {}
        for key, old in there.items():
            try:
                new = meeting.met(old, pairs[key][1])
            except RowRefused as refusal:
                refusals[key] = refusal
                continue
            if new is not old:
                told = self._teller.told(new, old)
                changes.append(Change(key, new, digests[key], over=old.version, told=told))
        return changes, refusals
