"""One change of one thing that a channel tells of: read, decided, written; if overtaken, again."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from commands.channels.payments import Teller
from domain import recorded
from domain.catalog import Product
from domain.journal import Happening
from domain.ports import Landed, Stores
from domain.values import whole_milliseconds

L = TypeVar("L", bound=Landed)


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
