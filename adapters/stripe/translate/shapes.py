"""The shapes of what Stripe sends.

Source: https://docs.stripe.com/api, version 2026-10-28. Of each object only what counts is read;
what an older endpoint leaves out has a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from domain.channels.accounts import Account, Misconfigured

Ref = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,255}\Z")]
Minor = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Seconds = Annotated[int, Meta(ge=1, le=2**33)]
Code = Annotated[str, Meta(pattern=r"^[A-Za-z]{3}\Z")]
Said = Annotated[str, Meta(pattern=r"^[ -~]{1,100}\Z")]


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Stripe's own options in the configuration.

    `orders_of` says whose orders are paid for ("shopify"), `order_key` under which key of the
    metadata their number is. `customers_of` names a connected account, whose customers are named
    under `customer_key`. `success_url` is where who has paid by a link is sent; links need it.
    """

    orders_of: Annotated[str, Meta(pattern="^[a-z0-9_.-]{1,40}$")] | None = None
    order_key: Annotated[str, Meta(min_length=1, max_length=40)] = "order_id"
    customers_of: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    customer_key: Annotated[str, Meta(min_length=1, max_length=40)] = "customer_id"
    success_url: Annotated[str, Meta(pattern=r"^https://[!-~]{1,1000}\Z")] | None = None
    calls_per_second: Annotated[float, Meta(ge=1, le=100)] = 20.0

    @classmethod
    def of(cls, account: Account) -> Options:
        """Those of an account.

        Raises:
            Misconfigured: they cannot be.
        """
        try:
            found = msgspec.convert(dict(account.options), cls)
        except msgspec.ValidationError as error:
            raise Misconfigured(f"Its options cannot be used: {error}.") from error
        if found.customers_of not in {None, *account.channels}:
            known = ", ".join(account.channels) or "none"
            raise Misconfigured(f"`customers_of` names no account. There are: {known}.")
        return found


class Terms(Struct, frozen=True):
    """What our own configuration says of how an account is to be read."""

    account: Account
    options: Options

    def hashed(self, fingerprint: str) -> str | None:
        """A card's fingerprint as it is kept."""
        return self.account.hashed("stripe", fingerprint)


class Wallet(Struct, frozen=True):
    """In what a card was shown."""

    type: Said


class CardSaid(Struct, frozen=True):
    """A card, at a terminal or not. What stands on receipts keeps no payment back."""

    fingerprint: Said | None = None
    brand: Said | None = None
    last4: Said | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    wallet: Wallet | None = None


class Details(Struct, frozen=True):
    """With what was paid."""

    type: Said
    card: CardSaid | None = None
    card_present: CardSaid | None = None
    interac_present: CardSaid | None = None


class Customer(Struct, frozen=True):
    """Somebody who has an account at the shop, in Stripe's words."""

    id: Ref
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    deleted: bool = False


class Refund(Struct, frozen=True):
    """Money on its way back, or a promise that was let go: Stripe calls both a refund."""

    id: Ref
    amount: Minor
    currency: Code
    created: Seconds
    status: Said | None = None
    charge: Ref | None = None
    payment_intent: Ref | None = None
    balance_transaction: Ref | None = None
    failure_balance_transaction: Ref | None = None
    failure_reason: Said | None = None
    reason: Said | None = None
    metadata: Mapping[str, str] | None = None

    @property
    def has_moved(self) -> bool:
        """Did it touch the account's balance?"""
        return bool(self.balance_transaction or self.failure_balance_transaction)


class Refunds(Struct, frozen=True):
    """The last refunds of a charge."""

    data: Sequence[Refund] = ()
    has_more: bool = False


class Charge(Struct, frozen=True):
    """One attempt to take money."""

    id: Ref
    amount: Minor
    currency: Code
    created: Seconds
    status: Said
    captured: bool = False
    amount_captured: Minor | None = None
    refunded: bool = False
    disputed: bool = False
    failure_code: Said | None = None
    customer: Ref | None = None
    payment_intent: Ref | None = None
    payment_method_details: Details | None = None
    refunds: Refunds | None = None
    metadata: Mapping[str, str] | None = None

    @property
    def taken(self) -> int:
        """How much of it was taken."""
        if not self.captured or self.status != "succeeded":
            return 0
        return self.amount if self.amount_captured is None else self.amount_captured


class Failure(Struct, frozen=True):
    """Why an attempt came to nothing."""

    code: Said | None = None
    decline_code: Said | None = None


class Intent(Struct, frozen=True):
    """A payment: one attempt after another, until one succeeds."""

    id: Ref
    amount: Minor
    currency: Code
    created: Seconds
    status: Said
    amount_received: Minor = 0
    canceled_at: Seconds | None = None
    latest_charge: Charge | Ref | None = None
    last_payment_error: Failure | None = None
    customer: Ref | None = None
    payment_method_types: Sequence[Said] = ()
    metadata: Mapping[str, str] | None = None


class Movement(Struct, frozen=True):
    """What a dispute took from the account's balance, or gave back; its own currency."""

    amount: int
    created: Seconds


class Dispute(Struct, frozen=True):
    """Somebody's bank asks for the money."""

    id: Ref
    amount: Minor
    currency: Code
    created: Seconds
    status: Said
    charge: Ref
    payment_intent: Ref | None = None
    reason: Said | None = None
    balance_transactions: Sequence[Movement] = ()


class Session(Struct, frozen=True):
    """A visit to Stripe's own checkout page; `url` is there as long as it can be paid."""

    id: Ref
    payment_intent: Ref | None = None
    status: Said | None = None
    url: str | None = None


class Head(Struct, frozen=True):
    """By what any event is recognised."""

    id: Ref
    object: str


class Data(Struct, frozen=True):
    object: msgspec.Raw


class Request(Struct, frozen=True):
    idempotency_key: str | None = None


class Event(Struct, frozen=True):
    """Something happened to the object in `data`, which is as it was then."""

    id: Ref
    type: Said
    created: Seconds
    data: Data
    livemode: bool = False
    account: str | None = None
    request: Request | None = None


class Listed(Struct, frozen=True):
    """What has an id can be listed."""

    id: Ref


class Names(Struct, frozen=True):
    """The names of what is in part of a list."""

    data: Sequence[Listed]


class Page(Struct, frozen=True):
    """Part of a list, the newest first."""

    data: Annotated[Sequence[msgspec.Raw], Meta(max_length=100)]
    has_more: bool = False


class Refusal(Struct, frozen=True):
    """Why Stripe will not."""

    type: str = "error"
    code: str | None = None
    decline_code: str | None = None
    message: str | None = None


class Refused(Struct, frozen=True):
    error: Refusal
