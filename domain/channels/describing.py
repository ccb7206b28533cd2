"""What a channel tells of a payment becomes part of it, in whatever order it is told."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from domain import ids, payments
from domain.channels.accounts import Account
from domain.channels.told import OperationTold, PaymentTold
from domain.ids import Kind, PaymentId
from domain.payments import NewTender, Payment, Report, latest
from domain.values import ExternalRef, whole_milliseconds


def reference(provider: str, ref: str) -> str:
    """A provider's name for something, as payments are found by it."""
    return f"{provider}:{ref}"


def begun(provider: str, account: Account, told: PaymentTold, now: datetime) -> Payment:
    """A payment of which nothing is known here yet; it has version 0."""
    created = whole_milliseconds(told.created_at)
    return Payment(
        id=PaymentId(ids.derived(Kind.PAYMENT, provider, told.ref)),
        version=0,
        updated_at=now,
        channel_id=account.channel_id,
        created_at=created,
        tender=told.tender,
        provider=provider,
        merchant_account=account.account,
        presence=told.presence,
        minor=told.amount.minor,
        currency=told.amount.currency,
        refs=(ExternalRef(provider, "payment", told.ref, created),),
    )


def described(payment: Payment, told: PaymentTold) -> Payment:
    """`payment` as it is told, unless it was told later before; names are never forgotten."""
    first = min(payment.created_at, whole_milliseconds(told.created_at))
    as_of = whole_milliseconds(told.as_of)
    known = replace(
        payment,
        created_at=first,
        order_ref=payment.order_ref or told.order,
        payer_key=payment.payer_key or told.payer,
        link_id=payment.link_id or told.link,
        card=latest(payment.card, told.card),
    )
    if payment.observed_at and _weight(payment, payment.observed_at) >= _weight(told, as_of):
        return known
    return replace(
        known,
        tender=told.tender,
        presence=told.presence,
        minor=told.amount.minor,
        observed_at=as_of,
    )


def _weight(said: Payment | PaymentTold, as_of: datetime) -> tuple[datetime, int, str, str]:
    # Channels count in seconds: of two that were told in the same one, either may count, but
    # always the same.
    return as_of, said.amount.minor, said.tender, said.presence


def reported(payment: Payment, told: OperationTold, account: Account, cause: str) -> Report:
    """What is told of one operation, as a fact of our own books."""
    ours = next((each for each in payment.operations if each.id == told.operation_id), None)
    return Report(
        kind=told.kind,
        phase=told.phase,
        cause=cause,
        actor=account.actor,
        at=whole_milliseconds(told.at),
        amount=told.amount,
        operation_id=ours.id if ours else None,
        provider_ref=told.ref,
        original_ref=told.original_ref,
        decline_code=told.decline_code,
        reason=told.reason,
        raw_status=told.raw_status,
        key=ids.derived(Kind.OPERATION, payment.provider, told.ref, told.kind),
        is_fact=True,
    )


def is_known(payment: Payment, told: PaymentTold, account: Account) -> bool:
    """Is all that is told written down already, but for how old it is?

    Raises:
        Refusal: it says what cannot be.
    """
    after = described(payment, told)
    reports = (reported(payment, each, account, account.name) for each in told.operations)
    return replace(after, observed_at=payment.observed_at) == payment and not any(
        payments.recorded(payment, each, payment.updated_at).is_new for each in reports
    )


def tender_of(told: PaymentTold, provider: str, account: Account) -> NewTender:
    """The tender that is told of, for the rules of what may be said of one."""
    return NewTender(
        kind=told.tender,
        amount=told.amount,
        provider=provider,
        merchant_account=account.account,
        presence=told.presence,
    )
