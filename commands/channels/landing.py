"""One change of one thing that a channel tells of: read, decided, written; if overtaken, again."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Awaitable, Callable
from random import uniform
from typing import TypeVar

from msgspec.structs import replace

from commands.channels.payments import Teller
from commands.payments import saving
from domain import recorded
from domain.catalog import Product
from domain.errors import Unavailable
from domain.journal import Happening
from domain.ports import Changed, Landed, Stores
from domain.values import whole_milliseconds

T = TypeVar("T")
L = TypeVar("L", bound=Landed)


async def patiently(stores: Stores, turn: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """What comes of an attempt that may be overtaken.

    Raises:
        Unavailable: others were always faster.
    """
    async with stores.tills.turn(turn):
        for n in range(saving.TRIES):
            try:
                return await attempt()
            except Changed:
                longest = min(saving.LONGEST_PAUSE_SECONDS, 0.002 * 2**n)
                await sleep(uniform(0, longest))  # noqa: S311 - only so that two do not march in step
    raise Unavailable(saving.TOO_MANY)


async def saved(stores: Stores, by: Teller, before: Landed | None, after: L) -> L:
    """`after`, written over `before` if it differs; None or version 0: there was nothing.

    Raises:
        Changed: somebody else was faster.
    """
    if after == before:
        return after
    over = before.version if before else 0
    now = whole_milliseconds(await stores.now())
    new = replace(after, version=over + 1, updated_at=now)
    await stores.records.put(new, over, _told(by, before if over else None, new))
    return new


def _told(by: Teller, before: Landed | None, after: Landed) -> Happening | None:
    if isinstance(after, Product) or isinstance(before, Product):
        return None
    if before is None:
        return recorded.opened(after, by.cause, by.account.actor)
    return recorded.reported(before, after, by.cause, by.account.actor)
