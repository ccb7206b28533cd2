"""However calls end, a shop comes to show our number, and nobody is blamed who wrote nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from domain.channels.pushing import (
    PATIENCE,
    Gone,
    Push,
    Rest,
    Send,
    Sent,
    Shown,
    StockSet,
    Wanted,
    decided,
    order,
)
from domain.ids import LocationId, Sku
from domain.ownership import REJECT
from tests.making import NOW

ENDS = ("shown", "lost", "never came", "late")


class Shop:
    """A shop that compares, and recognises keys; and what we know of it."""

    def __init__(self) -> None:
        self.shows, self.keys = 0, set[str]()
        self.late: list[StockSet] = []
        self.row = Push(
            id="shop:7:MUG",
            channel="shop",
            sku=Sku("MUG"),
            place="7",
            location_id=LocationId("loc"),
            due=NOW,
            strange_since=NOW - 2 * PATIENCE,
        )
        self.drifts: list[int] = []

    def takes(self, told: StockSet) -> bool:
        if told.key in self.keys:
            return True
        if told.expected != self.shows:
            return False
        self.keys.add(told.key)
        self.shows = told.quantity
        return True

    def turn(self, ours: int, version: int, end: str) -> bool:
        """One turn of a worker; is there nothing left to tell?"""
        row = self.row
        seen = Shown(self.shows) if row.is_unsure else None
        found = decided(row, Wanted(ours, version), seen, REJECT)
        assert isinstance(found, Rest | Send)
        if found.drift is not None:
            self.drifts.append(found.drift)
        if isinstance(found, Rest):
            self._rests(found.shown, found.told, found.gone)
            return not found.gone.unheard
        told = order(row, found)
        is_new = row.sent is None or row.sent.key != told.key
        sent = Sent(told.quantity, told.expected, version, told.key)
        self.row = replace(
            row,
            sent=sent,
            sends=row.sends + is_new,
            unsettled=(*row.unsettled, told.quantity),
            shown=told.expected,
        )
        self._gone(found.gone)
        self._ends(told, end, found.gone)
        return False

    def _ends(self, told: StockSet, end: str, gone: Gone) -> None:
        if end == "late":
            self.late.append(told)
        if end == "lost":
            self.takes(told)
        if end != "shown":
            return
        if self.takes(told):
            self._rests(told.quantity, told.quantity, gone)
        else:
            self.row = replace(self.row, sent=None, is_doubted=True)

    def _gone(self, gone: Gone) -> None:
        self.row = replace(self.row, unheard=gone.unheard, strange=gone.strange)

    def _rests(self, shown: int | None, told: int | None, gone: Gone) -> None:
        self._gone(gone)
        self.row = replace(
            self.row, shown=shown, told=told, sent=None, unsettled=(), is_doubted=False
        )


@given(some.lists(some.tuples(some.integers(0, 9), some.sampled_from(ENDS)), max_size=30))
def test_a_shop_comes_to_show_our_number(turns):
    shop, ours, version = Shop(), 5, 0
    for version, (ours, end) in enumerate(turns):
        shop.turn(ours, version, end)
    for told in shop.late:
        shop.takes(told)

    shop.row = replace(shop.row, is_doubted=True)
    while not shop.turn(ours, version, "shown"):
        pass

    assert shop.shows == ours
    if not shop.late:
        assert shop.drifts == []


@given(some.lists(some.integers(0, 9), min_size=1, max_size=30))
def test_a_number_that_is_shown_is_not_told_again(numbers):
    shop = Shop()
    for version, ours in enumerate(numbers):
        before = len(shop.keys)
        had = shop.row.shown
        while not shop.turn(ours, version, "shown"):
            pass
        assert len(shop.keys) - before == (had != ours and not (had is None and ours == 0))
