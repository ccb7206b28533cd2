"""Ids: a prefix that names the kind, then a ULID. Typed, opaque, unique over the whole graph.

A client may keep an id for ever and pass it to `node(id:)`; it must not read anything from it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NewType

from ulid import ULID

from domain.errors import BadInput

CustomerId = NewType("CustomerId", str)
LoyaltyAccountId = NewType("LoyaltyAccountId", str)
LoyaltyEntryId = NewType("LoyaltyEntryId", str)
ProductId = NewType("ProductId", str)
LocationId = NewType("LocationId", str)
ChannelId = NewType("ChannelId", str)
StockLevelId = NewType("StockLevelId", str)
OrderId = NewType("OrderId", str)
OrderLineId = NewType("OrderLineId", str)
FulfillmentId = NewType("FulfillmentId", str)
ReturnId = NewType("ReturnId", str)
PaymentId = NewType("PaymentId", str)
OperationId = NewType("OperationId", str)
RefundId = NewType("RefundId", str)
PaymentLinkId = NewType("PaymentLinkId", str)
ReservationId = NewType("ReservationId", str)
TransferId = NewType("TransferId", str)
JournalEntryId = NewType("JournalEntryId", str)
PostingId = NewType("PostingId", str)
IncidentId = NewType("IncidentId", str)
Sku = NewType("Sku", str)

ENTROPY_BYTES = 10


class Kind(StrEnum):
    """What an id names; the value is the id's prefix."""

    CUSTOMER = "cus"
    ADDRESS = "adr"
    LOYALTY_ACCOUNT = "loy"
    LOYALTY_ENTRY = "lye"
    PRODUCT = "prd"
    LOCATION = "loc"
    CHANNEL = "chn"
    STOCK_LEVEL = "stk"
    ORDER = "ord"
    ORDER_LINE = "orl"
    FULFILLMENT = "ful"
    RETURN = "ret"
    PAYMENT = "pay"
    OPERATION = "pop"
    REFUND = "rfd"
    PAYMENT_LINK = "lnk"
    RESERVATION = "res"
    TRANSFER = "trf"
    JOURNAL_ENTRY = "jrn"
    POSTING = "pst"
    API_KEY = "key"
    LOOKUP = "lkp"
    INCIDENT = "inc"

    @property
    def words(self) -> str:
        """As a person would say it: "stock level"."""
        return self.name.lower().replace("_", " ")


def mint(kind: Kind, at: datetime, entropy: bytes | None = None) -> str:
    """A new id that sorts by `at` among its kind; `entropy` (10 bytes) makes it repeatable."""
    milliseconds = int(at.timestamp() * 1000).to_bytes(6, "big")
    chance = entropy or secrets.token_bytes(ENTROPY_BYTES)
    return f"{kind}_{ULID.from_bytes(milliseconds + chance)}"


def kind_of(value: str) -> Kind:
    """What `value` names.

    Raises:
        BadInput: it is not an id of ours.
    """
    prefix, _, ulid = value.partition("_")
    try:
        ULID.from_str(ulid)
        return Kind(prefix)
    except ValueError as error:
        raise BadInput(f"{value[:40]!r} is not an id.") from error


def expect(kind: Kind, value: str) -> str:
    """`value`, known to be an id of `kind`.

    Raises:
        BadInput: it is no id, or the id of something else.
    """
    if (found := kind_of(value)) is not kind:
        raise BadInput(f"{value!r} names another kind of thing: {found.words}, not {kind.words}.")
    return value


def expect_all(kind: Kind, values: Sequence[str] | None) -> tuple[str, ...] | None:
    """`values`, all known to be ids of `kind`; None stays None."""
    return None if values is None else tuple(expect(kind, value) for value in values)


def refund_of(operation: OperationId) -> RefundId:
    """A refund is the money side of one refund operation; it shares that operation's ULID."""
    return RefundId(f"{Kind.REFUND}_{operation.partition('_')[2]}")


def operation_of(refund: RefundId) -> OperationId:
    """The operation behind a refund."""
    return OperationId(f"{Kind.OPERATION}_{refund.partition('_')[2]}")


def derived(kind: Kind, *parts: str) -> str:
    """The one id of `kind` that belongs to `parts`: whoever asks again gets the same."""
    digest = sha256("\x00".join(parts).encode()).digest()
    return f"{kind}_{ULID.from_bytes(digest[:16])}"


def entry_id(n: int) -> JournalEntryId:
    """The id of the n-th entry of the journal."""
    return JournalEntryId(f"{Kind.JOURNAL_ENTRY}_{ULID.from_bytes(n.to_bytes(16, 'big'))}")


def entry_number(entry: JournalEntryId) -> int:
    """The place of an entry in the journal."""
    return int.from_bytes(ULID.from_str(entry.partition("_")[2]).bytes, "big")
