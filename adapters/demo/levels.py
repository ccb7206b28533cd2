"""Stock levels: what the open orders hold, what carts hold, and some more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from adapters.demo.catalogue import POPULAR, Range
from adapters.demo.dice import EPOCH, Dice
from adapters.demo.master import Chain
from domain.catalog import Location, LocationKind, Product
from domain.freshness import KASSA
from domain.ids import CustomerId, Kind, LocationId, Sku, derived
from domain.orders import DispositionKind, Order, OrderState, Return
from domain.stock import Authority, Hold, ReservationState, StockLevel

WMS = "wms"
OPEN = frozenset({OrderState.PLACED, OrderState.CONFIRMED})
Key = tuple[Sku, LocationId]

CART_SECONDS = 20 * 60
COUNTED_LONG_AGO = timedelta(days=3)
NEVER_COUNTED = 4
"""How many pairs nobody ever reported, besides cups in the warehouse."""

FREE = (((0, 0), 6), ((1, 4), 14), ((5, 20), 50), ((21, 60), 30))
"""How many free units a store has, at least and most, and how often."""


class Counts:
    """What orders and returns hold, by sku and location."""

    def __init__(self, orders: Iterable[Order], returns: Iterable[Return]) -> None:
        self.committed: Counter[Key] = Counter()
        self.pinned: defaultdict[Key, list[tuple[int, CustomerId | None]]] = defaultdict(list)
        self.locked: Counter[Key] = Counter()
        skus: dict[str, Sku] = {}
        for order in orders:
            skus.update((line.id, line.sku) for line in order.lines)
            if order.state in OPEN:
                self._hold(order)
        for back in returns:
            self._lock(back, skus)

    def _hold(self, order: Order) -> None:
        for line in order.lines:
            if line.allocated or line.in_hand:
                for kept in line.allocations:
                    self.committed[line.sku, kept.location_id] += kept.quantity
            elif order.state is OrderState.PLACED and line.delivery and line.delivery.location_id:
                wanted = line.unsourced, order.customer_id
                self.pinned[line.sku, line.delivery.location_id].append(wanted)

    def _lock(self, back: Return, skus: dict[str, Sku]) -> None:
        for line in back.lines:
            for disposition in line.dispositions:
                if disposition.kind is DispositionKind.QUARANTINE:
                    key = skus[line.line_id], disposition.location_id
                    self.locked[key] += disposition.quantity


class Shelves:
    """Makes levels: numbers drawn by chance around what is held for orders.

    `buyers` are those whose payments are in flight, by reservation; None is a guest.
    """

    def __init__(self, counts: Counts, until: datetime) -> None:
        self._dice = Dice("levels")
        self._ids = Dice("level ids")
        self._until = until
        self.counts = counts
        self.buyers: dict[str, CustomerId | None] = {}

    def level(self, product: Product, location: Location) -> StockLevel:
        """The level of a product on sale."""
        dice, key = self._dice, (product.sku, LocationId(location.id))
        is_store = location.kind is LocationKind.STORE
        low_at = 6 if is_store else 40
        free = self._free(product, low_at, is_store=is_store)
        return self._made(
            key,
            is_store=is_store,
            unavailable=dice.between(1, 3) if dice.chance(0.2) else 0,
            free=free,
            low_at=low_at,
            incoming=dice.between(2, 8) * 6 if free <= low_at and dice.chance(0.5) else 0,
        )

    def locked(self, key: Key) -> StockLevel:
        """The level of goods that nobody may sell, and that are never ordered again."""
        units = self.counts.locked[key]
        return self._made(key, is_store=False, unavailable=units, free=0, low_at=None, incoming=0)

    def _made(
        self,
        key: Key,
        *,
        is_store: bool,
        unavailable: int,
        free: int,
        low_at: int | None,
        incoming: int,
    ) -> StockLevel:
        """All numbers but what is held for orders and carts are given."""
        held = dict(self._holds(key, free))
        reserved = sum(hold.quantity for hold in held.values())
        committed = self.counts.committed[key]
        seen = self._seen(is_store=is_store)
        return StockLevel(
            id=self._ids.id(Kind.STOCK_LEVEL),
            version=self._dice.between(1, 90),
            updated_at=seen,
            sku=key[0],
            location_id=key[1],
            on_hand=committed + reserved + unavailable + free,
            committed=committed,
            reserved=reserved,
            unavailable=unavailable,
            free=free,
            incoming=incoming,
            incoming_at=self._until + timedelta(days=self._dice.between(1, 9))
            if incoming
            else None,
            low_at=low_at,
            is_low=low_at is not None and free <= low_at,
            authority=Authority("on_hand", KASSA if is_store else WMS, EPOCH),
            observed_at=seen,
            reservations=held,
        )

    def _free(self, product: Product, low_at: int, *, is_store: bool) -> int:
        if product.sku == POPULAR:
            return self._dice.between(1, low_at - 1)
        least, most = self._dice.weighted(FREE)
        return self._dice.between(least, most) * (1 if is_store else 12)

    def _holds(self, key: Key, free: int) -> Iterator[tuple[str, Hold]]:
        """Payments in flight, and now and then a cart."""
        for quantity, buyer in self.counts.pinned[key]:
            held = self._hold(quantity, ReservationState.PINNED)
            self.buyers[held[0]] = buyer
            yield held
        if free and self._dice.chance(0.12):
            for _ in range(self._dice.between(1, 2)):
                yield self._hold(self._dice.between(1, 3), ReservationState.ACTIVE)

    def _hold(self, quantity: int, state: ReservationState) -> tuple[str, Hold]:
        until = self._until + timedelta(seconds=self._dice.between(60, CART_SECONDS))
        key = derived(Kind.RESERVATION, self._dice.hex(32))
        return key, Hold(quantity, state, until)

    def _seen(self, *, is_store: bool) -> datetime:
        ago = self._dice.between(1, 59) if is_store else 60 * self._dice.between(2, 25)
        return self._until - timedelta(seconds=ago)


def levels(shelves: Shelves, chain: Chain, goods: Range, until: datetime) -> list[StockLevel]:
    """A level for each product on sale at each store and in the warehouse, but for a few."""
    places = [at for at in chain.locations.values() if at.kind is not LocationKind.QUARANTINE]
    cups = {product.sku for product in goods.cups}
    found = [
        shelves.level(product, location)
        for product in goods.products
        for location in places
        if product.is_published
        and not (product.sku in cups and location.kind is LocationKind.WAREHOUSE)
    ]
    kept = _with_old_ones(_without_some(found), until - COUNTED_LONG_AGO)
    return [*kept, *(shelves.locked(key) for key in shelves.counts.locked)]


def _without_some(found: list[StockLevel]) -> list[StockLevel]:
    """Leave out a few levels that hold nothing for anybody."""
    dice = Dice("never counted")
    idle = [
        level.id
        for level in found
        if level.authority.system == KASSA and not level.committed + level.reserved
    ]
    left_out = {dice.one(idle) for _ in range(NEVER_COUNTED)}
    return [level for level in found if level.id not in left_out]


def _with_old_ones(found: list[StockLevel], at: datetime) -> list[StockLevel]:
    """The last level of each source has not been seen for days."""
    old = {level.authority.system: level.id for level in found}.values()
    return [
        replace(level, observed_at=at, updated_at=at) if level.id in old else level
        for level in found
    ]
