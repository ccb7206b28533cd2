"""What a channel can do, as data: the rest of Kassa asks this, and never which channel it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from domain.channels.prose import COMMON


class Thing(StrEnum):
    """What a channel tells of, or is asked for."""

    PAYMENT = "payment"
    ORDER = "order"
    CUSTOMER = "customer"
    PRODUCT = "product"
    STOCK = "stock"


class Reading(StrEnum):
    """How a channel can be asked: many at once, one by one, by time only, or not at all."""

    BATCH = "batch"
    SINGLE = "single"
    WINDOW = "window"
    NONE = "none"


class Writing(StrEnum):
    """What a channel does when it is told to; each is a method of the adapter."""

    CAPTURE = "capture"
    CANCEL = "cancel"
    REFUND = "refund"


class Setting(StrEnum):
    """How a channel is told of our stock: not at all, or it sets a number.

    COMPARED: it does so only if the number before it is the one that was expected.
    """

    NONE = "none"
    SET = "set"
    COMPARED = "compared"


class Repeats(StrEnum):
    """What comes of a write that is sent again under the same key."""

    RECOGNISED = "recognised"
    DONE_TWICE = "done_twice"


class Hooks(StrEnum):
    """What comes by itself. UNSIGNED deliveries are hints: what they name is fetched."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    NONE = "none"


class Ack(Struct, frozen=True):
    """What a channel wants to hear when a delivery was taken; the same for repetitions."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


class Lifetimes(Struct, frozen=True):
    """How long after it was made a link to pay by can run out."""

    shortest: timedelta
    longest: timedelta


class Capabilities(Struct, frozen=True, kw_only=True):
    """`reads` and `batch` (most keys a call) are by thing; a thing that is not named: NONE.

    `windows` are the things whose changes since a time can be listed, which reconciliation needs.
    `headers` are those of a delivery that `verify` and `parse` see, in small letters; no others
    are kept. `resends_for`: so long is a delivery repeated that was not taken; None: never.
    `links`: how long a link to pay by may live; None: it makes none. `prose` are the keys of a
    delivery under which people write: card numbers are masked there before it is kept.
    """

    reads: Mapping[Thing, Reading] = {}
    batch: Mapping[Thing, int] = {}
    windows: frozenset[Thing] = frozenset()
    writes: frozenset[Writing] = frozenset()
    links: Lifetimes | None = None
    sets_stock: Setting = Setting.NONE
    repeats: Repeats = Repeats.DONE_TWICE
    refunds_at_once: bool = True
    hooks: Hooks = Hooks.NONE
    headers: tuple[str, ...] = ()
    prose: frozenset[str] = COMMON
    ack: Ack = Ack()
    resends_for: timedelta | None = None

    def reading(self, thing: Thing) -> Reading:
        return self.reads.get(thing, Reading.NONE)
