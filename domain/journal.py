"""What happened, in the order in which it was committed.

A change is written together with what it tells (`Happening`), still without a place in the whole.
One appender gives each its number; from then on it is a `JournalEntry`, and the number is the
cursor. `seq` counts the changes of one aggregate and is its version after the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from domain.ids import JournalEntryId, Kind, entry_id
from domain.pages import Ordering
from domain.sentences import SENTENCES
from domain.values import Actor, Count

Scalar = int | str | None


class Happening(Struct, frozen=True, kw_only=True):
    """One change, told with the change itself.

    `changes` name what was before and what is after; `cause` is the request that asked for it,
    `subjects` are other things whose story it belongs to.
    """

    seq: Count
    type: str
    at: datetime
    actor: Actor
    cause: str
    changes: Mapping[str, tuple[Scalar, Scalar]] = {}
    subjects: tuple[str, ...] = ()


class JournalEntry(Happening, frozen=True, kw_only=True):
    """A change, and its place in all that happened."""

    n: int = msgspec.field(name="_id")
    aggregate: str
    recorded_at: datetime

    @property
    def id(self) -> JournalEntryId:
        return entry_id(self.n)

    @property
    def summary(self) -> str:
        return summary(self)

    @property
    def field_changes(self) -> Sequence[FieldChange]:
        return [
            FieldChange(_path(name), _shown(before), _shown(after))
            for name, (before, after) in self.changes.items()
        ]


class FieldChange(Struct, frozen=True):
    """One thing that changed; null where there was, or is, nothing."""

    path: str
    before: str | None
    after: str | None


IN_ORDER = Ordering("journal", ("n",), (int,))


def summary(happening: Happening) -> str:
    """For people, in one sentence."""
    return SENTENCES.get(happening.type, happening.type)


def _path(name: str) -> str:
    """As the graph writes it: a reservation's own id stands for the units it holds."""
    if name.startswith(f"{Kind.RESERVATION}_"):
        return f"reservations.{name}"
    if name.startswith(f"{Kind.OPERATION}_"):
        return ".".join(["operations", *_operation_path(name)])
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _operation_path(name: str) -> Sequence[str]:
    """An operation's own id stands for how far it got; behind it may stand what else changed."""
    prefix, ulid, *rest = name.split("_")
    return [f"{prefix}_{ulid}", *rest]


def _shown(value: Scalar) -> str | None:
    return (
        value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)
    )
