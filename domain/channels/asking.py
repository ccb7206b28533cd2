"""Which channel can be asked for something that is known, and under which name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from domain.channels.abilities import Reading, Thing
from domain.customers import ChannelAccount, Customer
from domain.errors import BadInput, Forbidden
from domain.orders import Order
from domain.payments import Payment
from domain.ports.channels import Line
from domain.values import ExternalRef
from domain.viewer import STAFF, Role, Viewer

Askable = Payment | Order | Customer

ASKABLE = frozenset({Reading.BATCH, Reading.SINGLE})

MOST_AGE = 7 * 24 * 60 * 60
LEAST_AGE: Mapping[Role, int] = MappingProxyType({Role.SHOPPER: 30, **dict.fromkeys(STAFF, 2)})
"""Seconds, for who may have channels asked for what they reach: not visitors, and not partners.

Nothing is asked for again within less. Shoppers are many, and a channel's patience is for all.
"""

MOST_SINGLE = 20
"""So many calls make one request's questions of a kind to a channel that is asked one by one."""


class Question(NamedTuple):
    """What one account is asked for."""

    line: str
    thing: Thing
    key: str


def age(seconds: int, viewer: Viewer) -> timedelta:
    """How old an answer to `viewer` may be.

    Raises:
        Forbidden: they may not have channels asked.
        BadInput: that is no age to ask for.
    """
    least = LEAST_AGE.get(viewer.role)
    if least is None:
        raise Forbidden(f"As {viewer.role}, you may not have channels asked: leave out `maxAge`.")
    if not least <= seconds <= MOST_AGE:
        raise BadInput(f"As {viewer.role}, `maxAge` must be from {least} to {MOST_AGE:,} seconds.")
    return timedelta(seconds=seconds)


def question(value: Askable, lines: Iterable[Line]) -> Question | None:
    """What to ask, and whom; None: nobody who is connected can be asked for it.

    A payment that only a shop knows is asked for with its order.
    """
    for line in lines:
        if not _is_of(value, line):
            continue
        for thing, key in _names(value):
            if line.adapter.capabilities.reading(thing) in ASKABLE:
                return Question(line.name, thing, key)
    return None


def _is_of(value: Askable, line: Line) -> bool:
    """Does this account know it?"""
    account, provider = line.account, line.adapter.provider
    match value:
        case Payment():
            return (value.provider, value.merchant_account) == (provider, account.account)
        case Order():
            told_by = value.told_by and value.told_by.system
            return (told_by, value.channel_id) == (provider, account.channel_id)
        case Customer():
            return value.told_by is not None and value.told_by.channel_id == account.channel_id


def _names(value: Askable) -> Iterable[tuple[Thing, str]]:
    """What it is called there, the narrowest first."""
    match value:
        case Payment():
            yield from _names_of_payment(value)
        case Order(told_by=ExternalRef(value=name)):
            yield Thing.ORDER, name
        case Customer(told_by=ChannelAccount(ref=name)):
            yield Thing.CUSTOMER, name
        case _:
            return


def _names_of_payment(payment: Payment) -> Iterable[tuple[Thing, str]]:
    for ref in payment.refs:
        if (ref.system, ref.kind) == (payment.provider, "payment"):
            yield Thing.PAYMENT, ref.value
    system, _, name = (payment.order_ref or "").partition(":order:")
    if system == payment.provider and name:
        yield Thing.ORDER, name
