"""Why a rule says no: data that a client may act on, with a sentence that it may read.

A refusal is raised by the rule and shown by the payload of the mutation; nobody in between
catches it. Each is a dataclass, so that it can be kept with the answer and shown again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from domain.errors import DomainError, KassaError
from domain.ids import LocationId, Sku
from domain.money import Currency, Money


class ErrorCode(StrEnum):
    """Which rule said no."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    IN_PROGRESS = "IN_PROGRESS"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    RESERVATION_EXPIRED = "RESERVATION_EXPIRED"
    AMOUNT_EXCEEDS_AUTHORISED = "AMOUNT_EXCEEDS_AUTHORISED"
    AMOUNT_EXCEEDS_REFUNDABLE = "AMOUNT_EXCEEDS_REFUNDABLE"
    AMOUNT_EXCEEDS_DUE = "AMOUNT_EXCEEDS_DUE"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    PROVIDER_CANNOT = "PROVIDER_CANNOT"
    PROVIDER_REFUSED = "PROVIDER_REFUSED"


@dataclass(eq=False, kw_only=True)
class Refusal(DomainError):
    """A rule says no. `path` leads to the argument it is about, from the input down."""

    reason: ClassVar[ErrorCode] = ErrorCode.INVALID
    retryable: ClassVar[bool] = False
    path: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        KassaError.__init__(self, self.sentence())

    def sentence(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return self.message


class Refused(DomainError):
    """Several refusals of one request."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(" ".join(refusal.message for refusal in refusals))
        self.refusals = tuple(refusals)


def refuse_any(problems: Iterable[Refusal]) -> None:
    """Say all that is wrong at once.

    Raises:
        Refused: something is.
    """
    if found := list(problems):
        raise Refused(found)


class Plain(Refusal):
    """One that has nothing to tell beyond its sentence."""


@dataclass(eq=False, kw_only=True)
class Invalid(Plain):
    """An argument is out of bounds."""

    why: str

    def sentence(self) -> str:
        return self.why


@dataclass(eq=False, kw_only=True)
class NotFound(Plain):
    """There is no such thing, or it is out of reach."""

    reason = ErrorCode.NOT_FOUND
    what: str
    key: str

    def sentence(self) -> str:
        return f"There is no {self.what} {self.key[:64]!r}."


@dataclass(eq=False, kw_only=True)
class VersionConflict(Refusal):
    """Somebody changed it since it was seen."""

    reason = ErrorCode.VERSION_CONFLICT
    subject: str
    expected: int
    actual: int

    def sentence(self) -> str:
        return (
            f"It was seen at version {self.expected}, but is at {self.actual} by now. Look again."
        )


@dataclass(eq=False, kw_only=True)
class IdempotencyMismatch(Plain):
    """The key was used before, with other arguments."""

    reason = ErrorCode.IDEMPOTENCY_MISMATCH

    def sentence(self) -> str:
        return "This idempotency key was used before, with other arguments. Nothing was done."


@dataclass(eq=False, kw_only=True)
class InProgress(Plain):
    """A copy of the request is being handled."""

    reason = ErrorCode.IN_PROGRESS
    retryable = True

    def sentence(self) -> str:
        return "The same request is being handled already. Ask again with the same key."


@dataclass(eq=False, kw_only=True)
class IllegalTransition(Refusal):
    """It cannot go there from where it is."""

    reason = ErrorCode.ILLEGAL_TRANSITION
    from_state: str
    to_state: str
    allowed: tuple[str, ...] = ()

    def sentence(self) -> str:
        rest = f"; it may become {', '.join(self.allowed)}" if self.allowed else ""
        return f"What is {self.from_state} cannot become {self.to_state}{rest}."


class Elsewhere(Struct, frozen=True):
    """Free units of the same product at another location."""

    location_id: LocationId
    sellable: int


@dataclass(eq=False, kw_only=True)
class InsufficientStock(Refusal):
    """More units were asked for than may be promised."""

    reason = ErrorCode.INSUFFICIENT_STOCK
    sku: Sku
    location_id: LocationId
    asked: int
    sellable: int
    elsewhere: tuple[Elsewhere, ...] = ()

    def sentence(self) -> str:
        return f"{self.asked} of {self.sku} were asked for, {self.sellable} can be promised here."


@dataclass(eq=False, kw_only=True)
class PromisedStock(Plain):
    """Fewer units were counted than are promised or set aside."""

    reason = ErrorCode.INSUFFICIENT_STOCK
    sku: Sku
    counted: int
    promised: int

    def sentence(self) -> str:
        return (
            f"{self.counted} of {self.sku} were counted, but {self.promised} are committed, "
            "reserved or set aside. Release some of them first."
        )


@dataclass(eq=False, kw_only=True)
class ReservationExpired(Plain):
    """The units are no longer held."""

    reason = ErrorCode.RESERVATION_EXPIRED
    reservation: str

    def sentence(self) -> str:
        return "The reservation has expired and its units were let go. Reserve them again."


@dataclass(eq=False, kw_only=True)
class AmountExceedsAuthorised(Refusal):
    """More was to be taken, or let go, than is promised and still open."""

    reason = ErrorCode.AMOUNT_EXCEEDS_AUTHORISED
    payment: str
    wanted: Money
    authorised: Money

    def sentence(self) -> str:
        return f"{_said(self.wanted)} were asked for, {_said(self.authorised)} are open."


@dataclass(eq=False, kw_only=True)
class AmountExceedsRefundable(Refusal):
    """More was to be given back than is left."""

    reason = ErrorCode.AMOUNT_EXCEEDS_REFUNDABLE
    payment: str
    wanted: Money
    refundable: Money

    def sentence(self) -> str:
        return f"{_said(self.wanted)} were asked for, {_said(self.refundable)} can be given back."


@dataclass(eq=False, kw_only=True)
class AmountExceedsDue(Refusal):
    """More was to be asked of a customer than is still due, and asked for by no other link."""

    reason = ErrorCode.AMOUNT_EXCEEDS_DUE
    order: str
    wanted: Money
    due: Money

    def sentence(self) -> str:
        return f"{_said(self.wanted)} were asked for, {_said(self.due)} are still to be paid."


@dataclass(eq=False, kw_only=True)
class OtherCurrency(Refusal):
    """An amount is in another currency than what it belongs to."""

    reason = ErrorCode.CURRENCY_MISMATCH
    expected_currency: Currency
    given_currency: Currency

    def sentence(self) -> str:
        given, ours = self.given_currency[:8], self.expected_currency
        return f"The amount is in {given}, and this is counted in {ours}."


@dataclass(eq=False, kw_only=True)
class ProviderCannot(Plain):
    """Nobody can tell the payment's provider to do this from here. Nothing was sent."""

    reason = ErrorCode.PROVIDER_CANNOT
    why: str

    def sentence(self) -> str:
        return self.why


@dataclass(eq=False, kw_only=True)
class ProviderRefused(Refusal):
    """The provider was told, and will not do it. `operation` is what failed: it, or a link."""

    reason = ErrorCode.PROVIDER_REFUSED
    operation: str
    provider: str
    decline_code: str | None = None
    why: str | None = None

    def sentence(self) -> str:
        return f"{self.provider} will not do it. {self.why or self.decline_code or ''}".rstrip()


def _said(money: Money) -> str:
    return f"{money.amount} {money.currency}"


REFUSALS: tuple[type[Refusal], ...] = (
    Invalid,
    NotFound,
    VersionConflict,
    IdempotencyMismatch,
    InProgress,
    IllegalTransition,
    InsufficientStock,
    PromisedStock,
    ReservationExpired,
    AmountExceedsAuthorised,
    AmountExceedsRefundable,
    AmountExceedsDue,
    OtherCurrency,
    ProviderCannot,
    ProviderRefused,
)
"""All that an answer may hold."""
