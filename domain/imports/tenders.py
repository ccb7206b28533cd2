"""Rows put together to payments: operations, and what they fold to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct

from domain.ids import ChannelId, CustomerId, Kind, LocationId, OperationId, OrderId
from domain.imports.master import first, of, one_of
from domain.imports.rows import Group, PaymentRow, Reason, RefundRow, RowRefused
from domain.imports.terms import Terms, derived
from domain.money import Currency
from domain.payments import (
    CardPresence,
    OperationKind,
    OperationPhase,
    Payment,
    PaymentOperation,
    Standing,
    TenderKind,
    fold,
)
from domain.values import Actor, ActorKind, ExternalRef


class Owners(Struct, frozen=True):
    """What a payment copies from its order, so that its own reads need no second one."""

    order_id: OrderId
    customer_id: CustomerId | None
    channel_id: ChannelId
    location_ids: tuple[LocationId, ...]
    currency: Currency


_K, _P = OperationKind, OperationPhase
_Step = tuple[OperationKind, OperationPhase]

STEPS: Mapping[str, Sequence[_Step]] = MappingProxyType(
    {
        "CAPTURED": ((_K.CAPTURE, _P.SUCCEEDED),),
        "PAID": ((_K.CAPTURE, _P.SUCCEEDED),),
        "AUTHORISED": ((_K.AUTHORISE, _P.SUCCEEDED),),
        "PENDING": ((_K.AUTHORISE, _P.REQUESTED),),
        "FAILED": ((_K.AUTHORISE, _P.FAILED),),
        "CANCELLED": ((_K.AUTHORISE, _P.SUCCEEDED), (_K.CANCEL, _P.SUCCEEDED)),
        "REFUNDED": ((_K.CAPTURE, _P.SUCCEEDED), (_K.REFUND, _P.SUCCEEDED)),
        "CHARGED_BACK": ((_K.CAPTURE, _P.SUCCEEDED), (_K.CHARGEBACK, _P.SUCCEEDED)),
    }
)
"""What each word for the state of a payment says was done."""


def payment(group: Group, terms: Terms, orders: Mapping[str, Owners], now: datetime) -> Payment:
    """The payment under one reference, with its refunds.

    Raises:
        RowRefused: its order is not there, or more is given back than was taken.
    """
    row = first(group, PaymentRow, Reason.NO_PAYMENT, "The payment")
    owners = orders.get(row.order)
    if owners is None:
        raise RowRefused(Reason.NO_ORDER, f"There is no order {row.order!r}.")
    currency = terms.currency_of(row.currency or owners.currency)
    if currency != owners.currency:
        said = f"{currency}, and its order is in {owners.currency}."
        raise RowRefused(Reason.CURRENCY_DIFFERS, f"The payment is in {said}")
    provider = row.provider or terms.system
    amount = row.amount.minor(currency)
    asked = [_asked(row, step, amount, currency, provider, terms) for step in _steps(row)]
    asked += [
        _refund(row, each, n, currency, provider, terms)
        for n, each in enumerate(of(group, RefundRow))
    ]
    tender = one_of(TenderKind, row.method) or TenderKind.CARD
    return Payment(
        id=derived(Kind.PAYMENT, row.paid_at, provider, row.ref),
        updated_at=now,
        order_id=owners.order_id,
        customer_id=owners.customer_id,
        channel_id=owners.channel_id,
        location_ids=owners.location_ids,
        created_at=row.paid_at,
        tender=tender,
        provider=provider,
        merchant_account=terms.system,
        presence=CardPresence.NOT_APPLICABLE,
        minor=amount,
        currency=currency,
        operations=tuple(asked),
        standing=standing(asked),
        refs=(ExternalRef(provider, "payment", row.ref, row.paid_at),),
    )


def standing(operations: Sequence[PaymentOperation]) -> Standing:
    """The fold, if P1 holds.

    Raises:
        RowRefused: more is given back than was taken.
    """
    found = fold(operations)
    if found.refundable < 0:
        raise RowRefused(
            Reason.REFUNDS_TOO_MUCH, f"{-found.refundable} minor units too many are given back."
        )
    return found


def _steps(row: PaymentRow) -> Sequence[_Step]:
    word = (row.status or "CAPTURED").strip().upper().replace(" ", "_")
    if word not in STEPS:
        raise RowRefused(
            Reason.UNKNOWN_VALUE,
            f"{row.status!r} is none of {', '.join(STEPS)}; translate it under `values`.",
        )
    return STEPS[word]


def _asked(
    row: PaymentRow, step: _Step, minor: int, currency: Currency, provider: str, terms: Terms
) -> PaymentOperation:
    kind, phase = step
    operation = OperationId(derived(Kind.OPERATION, row.paid_at, provider, row.ref, kind))
    return PaymentOperation(
        id=operation,
        kind=kind,
        phase=phase,
        minor=minor,
        currency=currency,
        idempotency_key=operation,
        requested_by=Actor(ActorKind.ADAPTER, terms.system),
        occurred_at=row.paid_at,
        provider_ref=row.ref,
    )


def _refund(
    row: PaymentRow, back: RefundRow, n: int, currency: Currency, provider: str, terms: Terms
) -> PaymentOperation:
    at = back.refunded_at
    name = back.ref or f"{n}:{at.isoformat()}"
    operation = OperationId(derived(Kind.OPERATION, at, provider, row.ref, name))
    return PaymentOperation(
        id=operation,
        kind=OperationKind.REFUND,
        phase=OperationPhase.SUCCEEDED,
        minor=back.amount.minor(currency),
        currency=currency,
        idempotency_key=operation,
        requested_by=Actor(ActorKind.ADAPTER, terms.system),
        occurred_at=at,
        provider_ref=back.ref,
        original_ref=row.ref,
        reason=back.reason,
    )
