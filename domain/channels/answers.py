"""What channels answer, when they are asked and when they are told to do something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.channels.inbound import News, Snapshot, Unrecognised
from domain.channels.told import OperationTold
from domain.ids import OperationId, PaymentLinkId
from domain.money import Money


class Trouble(StrEnum):
    """Why a channel could not be read."""

    UNAVAILABLE = "CHANNEL_UNAVAILABLE"
    TIMEOUT = "CHANNEL_TIMEOUT"
    RATE_LIMITED = "CHANNEL_RATE_LIMITED"
    AUTH = "CHANNEL_AUTH"
    BAD_DATA = "CHANNEL_BAD_DATA"


class Found(Struct, frozen=True):
    """It is there, like this."""

    news: Snapshot | Unrecognised


class Missing(Struct, frozen=True):
    """The channel says that there is no such thing."""


class ReadError(Struct, frozen=True):
    """Nobody knows. `retry_after` is in seconds, where the channel said it."""

    trouble: Trouble
    why: str
    retry_after: float | None = None


Answer = Found | Missing | ReadError


class Changes(Struct, frozen=True):
    """One page of what changed, oldest first; `next` leads to the page after it, if any."""

    news: Sequence[News]
    next: str | None = None


class Instruction(Struct, frozen=True, kw_only=True):
    """What a provider is to do with a payment.

    `operation_id` is the idempotency key as well: whoever sends the instruction again sends the
    same. `payment_ref` is the payment's name, `original_ref` that of the operation built upon.
    """

    operation_id: OperationId
    payment_ref: str
    original_ref: str | None
    amount: Money
    reason: str | None = None


class Done(Struct, frozen=True):
    """It happened; this is what the provider says of it."""

    operation: OperationTold


class Accepted(Struct, frozen=True):
    """The provider has begun, and will tell; `operation` is REQUESTED."""

    operation: OperationTold


class Rejected(Struct, frozen=True):
    """The provider will not. `code` is its own word, `why` may be read by staff."""

    code: str
    why: str


class Unknown(Struct, frozen=True):
    """It was sent, or may have been, and nobody knows what came of it. It is asked, not redone."""

    why: str


Written = Done | Accepted | Rejected | Unknown


class LinkAsked(Struct, frozen=True, kw_only=True):
    """A page on which somebody may pay `amount`, once, until `expires_at` (whole seconds).

    `link_id` is the idempotency key as well; payments that come by the page carry it. `title` says
    what is paid for; `ref` is the provider's name for the page, once there is one.
    """

    link_id: PaymentLinkId
    amount: Money
    expires_at: datetime
    title: str
    ref: str | None = None


class Opened(Struct, frozen=True):
    """The page is there, under the provider's name for it, and can be paid."""

    ref: str
    url: str


class Closed(Struct, frozen=True):
    """The page cannot be paid any more, and was not."""


LinkWritten = Opened | Closed | Rejected | Unknown
