"""Which channel can be asked for something that is known, and under which name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from domain.channels.abilities import Reading, Thing
from domain.errors import BadInput, Forbidden
from domain.orders import Order
from domain.payments import Payment
from domain.ports.channels import Line
from domain.viewer import STAFF, Role, Viewer

Askable = Payment | Order

ASKABLE = frozenset({Reading.BATCH, Reading.SINGLE})

LEAST_AGE, MOST_AGE = 2, 7 * 24 * 60 * 60
"""Seconds. Nothing is asked for again within less."""

MOST_SINGLE = 20
"""So many calls make one request's questions of a kind to a channel that is asked one by one."""


ASKERS = frozenset({Role.SHOPPER, *STAFF})
"""Who may have channels asked for what they reach: not visitors, and not other companies."""


class Question(NamedTuple):
    """What one account is asked for."""

    line: str
    thing: Thing
    key: str


def age(seconds: int) -> timedelta:
    """How old an answer may be.

    Raises:
        BadInput: that is no age to ask for.
    """
    if not LEAST_AGE <= seconds <= MOST_AGE:
        raise BadInput(f"`maxAge` must be from {LEAST_AGE} to {MOST_AGE:,} seconds.")
    return timedelta(seconds=seconds)


def expect_asking(viewer: Viewer) -> None:
    """Go on only for who may have channels asked.

    Raises:
        Forbidden: they may not.
    """
    if viewer.role not in ASKERS:
        raise Forbidden(f"As {viewer.role}, you may not have channels asked: leave out `maxAge`.")


def question(value: Askable, lines: Iterable[Line]) -> Question | None:
    """What to ask, and whom; None: nobody who is connected can be asked for it.

    A payment that only a shop knows is asked for with its order.
    """
    for line in lines:
        if line.adapter.provider != _provider(value) or not _is_of(value, line):
            continue
        for thing, key in _names(value):
            if line.adapter.capabilities.reading(thing) in ASKABLE:
                return Question(line.name, thing, key)
    return None


def _provider(value: Askable) -> str | None:
    if isinstance(value, Payment):
        return value.provider
    return value.told_by.system if value.told_by else None


def _is_of(value: Askable, line: Line) -> bool:
    if isinstance(value, Payment):
        return value.merchant_account == line.account.account
    return value.channel_id == line.account.channel_id


def _names(value: Askable) -> Iterable[tuple[Thing, str]]:
    """What it is called there, the narrowest first."""
    if isinstance(value, Order):
        if value.told_by:
            yield Thing.ORDER, value.told_by.value
        return
    for ref in value.refs:
        if (ref.system, ref.kind) == (value.provider, "payment"):
            yield Thing.PAYMENT, ref.value
    system, _, name = (value.order_ref or "").partition(":order:")
    if system == value.provider and name:
        yield Thing.ORDER, name
