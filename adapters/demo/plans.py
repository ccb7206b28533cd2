"""Plans of sales: who buys what where, when, and how it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from adapters.demo.catalogue import Range
from adapters.demo.courses import SHARES, Course, Leg
from adapters.demo.dice import MILLISECOND, Dice
from adapters.demo.master import MARKETPLACE, Chain
from adapters.demo.people import Person
from domain import money
from domain.catalog import Location, Product
from domain.ids import ChannelId
from domain.operations import Channel, ChannelKind
from domain.orders import DeliveryMode

GUESTS = 0.11
SPENDERS = 0.12
FEWEST_MINUTES = 3
"""How long before `until` the last thing happened at the latest."""

OUTLETS = {
    ChannelKind.POS: (("pos-se", 55), ("pos-no", 27), ("pos-fi", 18)),
    ChannelKind.WEBSHOP: (
        ("webshop-se", 36),
        ("webshop-no", 15),
        ("webshop-fi", 11),
        ("app-se", 21),
        ("app-no", 10),
        ("app-fi", 7),
    ),
    ChannelKind.MARKETPLACE: ((MARKETPLACE, 1),),
}

CARRIED = frozenset({DeliveryMode.TAKE_NOW, DeliveryMode.PICK_UP})


class Item(Struct, frozen=True):
    """Units of a product that go one leg."""

    product: Product
    quantity: int
    leg: Leg


class Sale(Struct, frozen=True, kw_only=True):
    """One sale as planned. `store` sells, hands out or sends; `other_store` helps out."""

    course: Course
    channel: Channel
    country: str
    person: Person | None
    store: Location
    other_store: Location
    placed_at: datetime
    ends_at: datetime
    items: tuple[Item, ...]
    spends_points: bool = False

    @property
    def goods_minor(self) -> int:
        """What the goods cost before any discount."""
        return sum(
            price.unit_minor * item.quantity
            for item in self.items
            for price in item.product.prices
            if price.currency == self.channel.currency
        )

    @property
    def channel_id(self) -> ChannelId:
        return ChannelId(self.channel.id)

    @property
    def is_at_till(self) -> bool:
        return self.channel.kind is ChannelKind.POS

    def at(self, percent: int) -> datetime:
        """A moment of the sale: 0 is when it was placed, 100 when the last thing happened."""
        whole = (self.ends_at - self.placed_at) // MILLISECOND
        return self.placed_at + whole * percent // 100 * MILLISECOND


class Planner:
    """Plans sales backwards from `until`."""

    def __init__(
        self, chain: Chain, goods: Range, people: Sequence[Person], until: datetime
    ) -> None:
        self._dice = Dice("plans")
        self._chain = chain
        self._goods = goods
        self._until = until
        # The first customer's history is told elsewhere.
        self._people = {
            country: [person for person in people[1:] if person.country == country]
            for country in chain.stores
        }

    def sales(self, count: int) -> Iterator[Sale]:
        """About `count` sales, each course at least once."""
        shares = money.allocate(count, [share for _, share, _ in SHARES])
        for (kind, _, courses), share in zip(SHARES, shares, strict=True):
            for course, times in _deck(courses, share):
                for _ in range(times):
                    yield self._sale(course, self._dice.weighted(OUTLETS[kind]))

    def _sale(self, course: Course, outlet: str) -> Sale:
        channel = self._chain.channels[outlet]
        country = channel.country or "SE"
        stores = self._chain.stores[country]
        store = self._dice.early(stores)
        placed_at, ends_at = self._span(course)
        return Sale(
            course=course,
            channel=channel,
            country=country,
            person=self._buyer(channel, country),
            store=store,
            other_store=stores[(stores.index(store) + 1) % len(stores)],
            placed_at=placed_at,
            ends_at=ends_at,
            items=tuple(self._items(course, channel.kind)),
            spends_points=self._dice.chance(SPENDERS),
        )

    def _buyer(self, channel: Channel, country: str) -> Person | None:
        known = self._people[country]
        if channel.kind is ChannelKind.MARKETPLACE or not known or self._dice.chance(GUESTS):
            return None
        return self._dice.early(known, skew=1.4)

    def _span(self, course: Course) -> tuple[datetime, datetime]:
        low, high = (round(hours * 3_600_000) for hours in course.hours)
        lasts = self._dice.between(low, high)
        youngest = lasts + FEWEST_MINUTES * 60_000
        age = self._dice.between(youngest, max(youngest, round(course.days * 86_400_000)))
        placed_at = self._until - age * MILLISECOND
        by_day = daytime(placed_at)
        if age > 2 * 86_400_000 and by_day + lasts * MILLISECOND < self._until:
            placed_at = by_day
        return placed_at, placed_at + lasts * MILLISECOND

    def _items(self, course: Course, kind: ChannelKind) -> Iterator[Item]:
        for leg in course.legs:
            seen: set[str] = set()
            for _ in range(self._dice.weighted(((1, 5), (2, 4), (3, 2), (4, 1)))):
                product = self._product(leg, kind)
                if product.sku not in seen:
                    seen.add(product.sku)
                    yield Item(product, self._quantity(course), leg)

    def _product(self, leg: Leg, kind: ChannelKind) -> Product:
        served = 0.55 if kind is ChannelKind.POS else 0.1
        cups = self._goods.cups
        if cups and leg.mode in CARRIED and self._dice.chance(served):
            return self._dice.early(cups)
        return self._dice.early(self._goods.parcels)

    def _quantity(self, course: Course) -> int:
        quantity = self._dice.weighted(((1, 8), (2, 3), (3, 1)))
        return max(2, quantity) if course.is_short else quantity


def _deck(courses: Sequence[Course], count: int) -> Iterator[tuple[Course, int]]:
    """How often each course is taken: once, and the rest by weight."""
    rest = money.allocate(max(0, count - len(courses)), [course.weight for course in courses])
    return zip(courses, (1 + times for times in rest), strict=True)


def daytime(at: datetime) -> datetime:
    """The same day between 06:00 and 18:00 UTC, when people are about in the north."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=6) + (at - midnight) // MILLISECOND // 2 * MILLISECOND
