"""Whatever a shop and we sell, in whatever order we hear of it: no unit is offered twice.

The model is of one shelf: what is really there, what we have promised, and a shop that takes its
own sales off by itself, of which we hear later, order by order and in any order.
"""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from domain.channels.pushing import Push, Rest, Send, Shown, decided, wanted
from domain.ids import LocationId, Sku
from domain.ownership import REJECT
from domain.stock import ShopUnits, StockLevel
from tests.making import a_level

DEEDS = ("reserve", "till", "bring", "sell", "ship", "back", "cancel", "hear", "push", "look")


class Shelf:
    """Ten units. `told` is what we know of each of the shop's orders, `orders` what is true."""

    def __init__(self) -> None:
        self.there, self.reserved = 10, 0
        self.orders: list[list[int]] = []
        self.told: list[list[int]] = []
        self.shows = 0
        self.gone_here = 0
        self.row = Push(
            id="shop:7:MUG",
            channel="shop",
            sku=Sku("MUG"),
            place="7",
            location_id=LocationId("loc"),
        )

    def level(self) -> StockLevel:
        """As it stands in our books: what was promised to others stays promised."""
        committed = sum(units for units, _ in self.told)
        sent = sum(sent for _, sent in self.told)
        promised = committed + self.reserved
        booked = 10 - self.gone_here - sent - promised
        free, oversold = max(0, booked), max(0, -booked)
        fields = {"committed": committed, "reserved": self.reserved, "oversold": oversold}
        return a_level(free, **fields, shops={"shop": ShopUnits(committed, sent)})

    @property
    def offered(self) -> int:
        """What the shop would sell now."""
        return self.shows - sum(units for units, _ in self.orders)

    @property
    def free(self) -> int:
        """What nobody was promised, known here or not."""
        return self.there - self.reserved - sum(units for units, _ in self.orders)

    def do(self, deed: str, n: int) -> None:
        known = self.level()
        if deed == "reserve" and known.free >= n:
            self.reserved += n
        elif deed == "till":
            self.there, self.gone_here = self.there - n, self.gone_here + n
        elif deed == "bring":
            self.there, self.gone_here = self.there + n, self.gone_here - n
        elif deed == "sell" and self.offered >= n > 0:
            self.orders.append([n, 0])
            self.told.append([0, 0])
        elif deed == "hear":
            some_orders = [i for i, each in enumerate(self.orders) if each != self.told[i]]
            for i in some_orders[n % 3 :][:1]:
                self.told[i] = list(self.orders[i])
        elif deed in {"ship", "back", "cancel"} and self.orders:
            self._at_the_shop(deed, self.orders[n % len(self.orders)])

    def _at_the_shop(self, deed: str, order: list[int]) -> None:
        if deed == "ship" and order[0]:
            order[0], order[1] = order[0] - 1, order[1] + 1
            self.there, self.shows = self.there - 1, self.shows - 1
        elif deed == "back" and order[1]:
            order[1] -= 1
            self.there, self.shows = self.there + 1, self.shows + 1
        elif deed == "cancel":
            order[0] = 0

    def push(self, *, looks: bool) -> int | None:
        """One turn of a worker; the number that the shop was set to, if it was."""
        row = self.row
        seen = Shown(self.shows) if looks or row.is_unsure else None
        found = decided(row, wanted(self.level(), None, "shop"), seen, REJECT)
        assert isinstance(found, Rest | Send)
        assert found.drift is None
        if isinstance(found, Send) and found.expected != self.shows:
            gone = {name: getattr(found.gone, name) for name in ("heard", "unheard", "strange")}
            self.row = replace(row, shown=found.expected, is_doubted=True, **gone)
            return None
        shown = found.quantity if isinstance(found, Send) else found.shown
        self.row = replace(
            row,
            shown=shown,
            told=shown,
            is_doubted=False,
            heard=found.gone.heard,
            unheard=found.gone.unheard,
            strange=found.gone.strange,
        )
        if isinstance(found, Rest):
            return None
        self.shows = found.quantity
        return found.quantity


@settings(max_examples=500, deadline=None)
@example([("push", 0), ("sell", 1), ("ship", 0), ("look", 0)])
@given(some.lists(some.tuples(some.sampled_from(DEEDS), some.integers(0, 5)), max_size=60))
def test_no_number_is_pushed_above_what_is_free(deeds):
    shelf = Shelf()
    for deed, n in deeds:
        if deed in {"push", "look"}:
            if shelf.push(looks=deed == "look") is not None:
                assert shelf.offered <= max(0, shelf.free), deed
        else:
            shelf.do(deed, n)

    shelf.told = [list(each) for each in shelf.orders]
    shelf.row = replace(shelf.row, is_doubted=True)
    for _ in range(3):
        shelf.push(looks=True)

    assert shelf.offered == shelf.free or shelf.free < 0
    assert shelf.row.unheard == 0


def test_the_shops_own_sale_changes_nothing_that_it_is_told():
    before = a_level(10)
    after = a_level(7, committed=3, shops={"kitchen": ShopUnits(3, 0)})

    assert wanted(before, None, "kitchen").units == wanted(after, None, "kitchen").units == 10
    assert wanted(after, None, "bath").units == 7


def test_what_is_owed_is_not_there():
    short = a_level(0, committed=3, oversold=2, shops={"kitchen": ShopUnits(3, 0)})

    assert wanted(short, None, "kitchen").units == 1
    assert wanted(short, None, "bath").units == 0
