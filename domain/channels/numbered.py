"""What devices number: each entry of a device's log is taken once, whenever and however it comes.

A device that was offline sends its log later, in pieces, perhaps twice. What it tells has happened
already, so nothing of it is refused for lack of stock, or because something else came first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from domain.channels.told import OperationTold, OrderTold, PaymentTold, Word
from domain.ids import LocationId, Sku
from domain.values import Count

MOST_RANGES = 100
"""So many gaps of a log are named, the first ones."""


class EntryKey(Struct, frozen=True, order=True):
    """An entry by its place in a device's log; `sequence` counts from 1."""

    device: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.device} #{self.sequence}"


class Moved(Struct, frozen=True, tag=True):
    """So many units came to the entry's location, or (negative) left it."""

    sku: Sku
    units: int


class Counted(Struct, frozen=True, tag=True):
    """So many units stood on the shelf when it was counted."""

    sku: Sku
    units: int


class GaveBack(Struct, frozen=True, tag=True):
    """Money given back: an operation of the payment that the same provider calls `payment_ref`."""

    payment_ref: str
    operation: OperationTold


class Amended(Struct, frozen=True, kw_only=True, tag=True):
    """What happened to an order that was told before, or will be: `order` is `system:kind:value`.

    `sale` is the entry that tells of it, if it is one of a log. `returned` are units by sku.
    `payments` are the teller's own, `paid_by` those of others.
    """

    order: str
    sale: EntryKey | None = None
    returned: Mapping[Sku, int] = {}
    payments: tuple[PaymentTold, ...] = ()
    paid_by: tuple[str, ...] = ()
    gave_back: tuple[GaveBack, ...] = ()


class Entry(Struct, frozen=True, kw_only=True, tag=True):
    """An entry of a log, read. `digest` recognises what it says; `wrong` is why it is none.

    `remarks` are what is odd about it, in sentences.
    """

    key: EntryKey
    digest: str
    at: datetime
    location: str | None = None
    order: OrderTold | None = None
    amended: Amended | None = None
    stock: tuple[Moved | Counted, ...] = ()
    wrong: str | None = None
    remarks: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()


class Verdict(StrEnum):
    """What became of an entry. WAITING: it is kept, and not in the books yet."""

    WAITING = "WAITING"
    ACCEPTED = "ACCEPTED"
    ACCEPTED_WITH_CASE = "ACCEPTED_WITH_CASE"
    REJECTED = "REJECTED"
    CONFLICT = "CONFLICT"


FINAL = frozenset({Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_CASE})


class Move(Struct, frozen=True, kw_only=True):
    """What an entry does to a shelf: `units` come or go, or so many were `counted` there."""

    sku: Sku
    location_id: LocationId
    at: datetime
    units: int = 0
    counted: Count | None = None


class Shortage(Struct, frozen=True):
    """More units of something were sold than there were; `units` is how many are owed by now.

    With 0 units, what was short is no more.
    """

    sku: Sku
    location_id: LocationId
    units: Count


class Logged(Struct, frozen=True, kw_only=True):
    """An entry that was taken, as it is kept for ever."""

    id: str = msgspec.field(name="_id")
    account: str
    device: str
    sequence: int
    digest: str
    verdict: Verdict = Verdict.WAITING
    why: str | None = None
    moves: tuple[Move, ...] | None = None
    shortages: tuple[Shortage, ...] = ()


def logged(account: str, entry: Entry) -> Logged:
    """An entry as it is kept when it is taken."""
    return Logged(
        id=row_id(account, entry.key),
        account=account,
        device=entry.key.device,
        sequence=entry.key.sequence,
        digest=entry.digest,
    )


def row_id(account: str, key: EntryKey) -> str:
    return f"{account}:{key.device}:{key.sequence}"


class Log(Struct, frozen=True):
    """How far a device's log is here: all up to `through`, and beyond it all but `missing`."""

    device: str
    through: int = 0
    last: int = 0
    missing: tuple[tuple[int, int], ...] = ()


def followed(device: str, through: int, later: Sequence[int]) -> Log:
    """A log of which all is here up to `through`, and what is `later`, in order."""
    last, gaps = through, list[tuple[int, int]]()
    for each in later:
        if each > last + 1:
            gaps.append((last + 1, each - 1))
        last = each
    whole = gaps[0][0] - 1 if gaps else last
    return Log(device, whole, last, tuple(gaps[:MOST_RANGES]))


class Asked(Struct, frozen=True):
    """What a delivery is about: entries with their digests, and devices whose log is asked for.

    The answer may wait so many `seconds` for what becomes of the entries.
    """

    entries: Mapping[EntryKey, str]
    devices: tuple[str, ...]
    seconds: float


class Outcome(Struct, frozen=True):
    """What became of an entry, and why in a sentence."""

    key: EntryKey
    verdict: Verdict
    why: str | None = None


CONFLICT = "Another entry has this number. It is kept; a person decides."


def outcome(key: EntryKey, digest: str, row: Logged | None) -> Outcome:
    """What becomes of an entry with these contents, as far as is known."""
    if row is None:
        return Outcome(key, Verdict.WAITING)
    if row.digest != digest:
        return Outcome(key, Verdict.CONFLICT, CONFLICT)
    return Outcome(key, row.verdict, row.why)
