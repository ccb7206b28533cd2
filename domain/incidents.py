"""What a person must look at, because no rule of ours can settle it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.ids import ChannelId, LocationId, Sku
from domain.pages import Ordering
from domain.values import Actor, Entity

LONGEST_SUBJECT = 200
LONGEST_DETAIL = 1_000
LONGEST_RESOLUTION = 1_000
COUNTED = "It was counted."
LISTED = "It is a product by now."


class IncidentKind(StrEnum):
    """What sort of thing it is.

    UNKNOWN_WORD: a channel used a word that the adapter does not know. NOT_APPLIED: what a channel
    told cannot become part of the books as it is. REFUND_FAILED: money that a customer was to get
    back did not arrive. OPERATION_FAILED: a provider that was told to capture or cancel has not.
    OUTCOME_UNKNOWN: for an hour nobody could say what came of an operation. DRIFT: a channel says
    otherwise than who owns the field. OVERSOLD: more was sold than there was. OFFLINE_CONFLICT: a
    device used one number for two things. LATE_PAYMENT: somebody paid by a link that had ended.
    OFFLINE_GAP: numbers of a device's log did not come.
    """

    UNKNOWN_WORD = "UNKNOWN_WORD"
    NOT_APPLIED = "NOT_APPLIED"
    REFUND_FAILED = "REFUND_FAILED"
    OPERATION_FAILED = "OPERATION_FAILED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    DRIFT = "DRIFT"
    OVERSOLD = "OVERSOLD"
    OFFLINE_CONFLICT = "OFFLINE_CONFLICT"
    LATE_PAYMENT = "LATE_PAYMENT"
    OFFLINE_GAP = "OFFLINE_GAP"


class Incident(Entity, frozen=True, kw_only=True):
    """Something to look at. Of one `kind` and `subject` there is at most one that is open."""

    kind: IncidentKind
    subject: str
    detail: str
    opened_at: datetime
    opened_by: Actor
    channel_id: ChannelId | None = None
    closed_at: datetime | None = None
    closed_by: Actor | None = None
    resolution: str | None = None


def of_shelf(sku: Sku, location_id: LocationId) -> str:
    """The subject of what is wrong with the units of a product at a place, whoever told of it."""
    return f"{sku}/{location_id}"[:LONGEST_SUBJECT]


def of_product(sku: Sku) -> str:
    """The subject of a sku that was sold and is no product, whoever sold it."""
    return f"product {sku}"[:LONGEST_SUBJECT]


class IncidentQuery(Struct, frozen=True):
    """Which incidents a list shows; none given means all."""

    kinds: tuple[IncidentKind, ...] | None = None
    is_open: bool | None = None


NEWEST_FIRST = Ordering("incidents", ("opened_at", "id"), (datetime, str), descending=True)
