"""The first customer: a regular, and the history that makes her one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from adapters.demo.catalogue import Range
from adapters.demo.courses import COURSES
from adapters.demo.dice import Dice
from adapters.demo.master import Chain
from adapters.demo.people import Person
from adapters.demo.plans import Item, Sale, daytime


class Visit(Struct, frozen=True):
    """One purchase, `days` ago; baskets are by leg, "3*SKU" is three of them."""

    days: float
    outlet: str
    store: str
    course: str
    baskets: tuple[str, ...]
    spends_points: bool = False


VISITS = (
    Visit(88, "pos-se", "STO", "taken", ("CUP-CAPPUCCINO BUN-CARDAMOM",)),
    Visit(84, "webshop-se", "STO", "delivered", ("2*BEAN-HUS-250 FLT-V60-100",)),
    Visit(79, "pos-se", "STO", "taken", ("CUP-FILTER",)),
    Visit(74, "app-se", "STO", "collected", ("BEAN-ETH-250 CUP-LATTE",)),
    Visit(71, "pos-se", "GOT", "taken", ("2*CUP-CORTADO 2*BUN-CINNAMON",)),
    Visit(66, "webshop-se", "STO", "returned in store", ("3*MUG-FJORD-BLUE BEAN-KEN-250",)),
    Visit(62, "pos-se", "STO", "gift card and card", ("BRW-V60 BEAN-COL-250 FLT-V60-100",)),
    Visit(59, "app-se", "STO", "collected", ("CUP-FILTER BUN-CARDAMOM",)),
    Visit(55, "pos-se", "STO", "taken", ("CUP-ESPRESSO CHOC-SEA-100",)),
    Visit(51, "pos-no", "OSL", "taken", ("CUP-CAPPUCCINO BUN-CINNAMON",)),
    Visit(47, "webshop-se", "STO", "delivered", ("BRW-KETTLE",), spends_points=True),
    Visit(44, "pos-se", "GOT", "taken", ("CUP-FILTER 2*BUN-CARDAMOM",)),
    Visit(41, "app-se", "STO", "collected", ("BEAN-FJELL-250",)),
    Visit(38, "pos-se", "STO", "taken", ("CUP-COLD",)),
    Visit(35, "webshop-se", "STO", "second attempt", ("BEAN-HUS-1000 TEA-GRAN-100",)),
    Visit(31, "pos-se", "STO", "taken", ("2*CUP-CAPPUCCINO",)),
    Visit(28, "webshop-se", "STO", "cancelled", ("MUG-KUKSA",)),
    Visit(25, "pos-se", "STO", "taken", ("CUP-FILTER BUN-CINNAMON",)),
    Visit(22, "app-se", "GOT", "collected", ("GRND-KOK-450 MUG-ENAMEL",)),
    Visit(19, "pos-se", "GOT", "taken", ("CUP-LATTE",)),
    Visit(16, "webshop-se", "STO", "collected and delivered", ("BEAN-HUS-250", "BRW-MOKA-3")),
    Visit(13, "pos-se", "STO", "saved sale", ("CUP-CORTADO", "MUG-FJORD-MOSS")),
    Visit(9, "pos-se", "STO", "taken", ("CUP-FILTER 2*BUN-CARDAMOM",)),
    Visit(6, "app-se", "STO", "collected", ("BEAN-NORR-250 CAP-HUS-10",), spends_points=True),
    Visit(4, "pos-se", "STO", "taken", ("CUP-ESPRESSO",)),
    Visit(2, "webshop-se", "STO", "parcel on its way", ("2*MUG-FJORD-BLUE BEAN-ETH-250",)),
    Visit(1, "app-se", "STO", "pick-up ready", ("2*BEAN-HUS-250 FLT-V60-100",)),
    Visit(0.1, "pos-se", "STO", "taken", ("CUP-CAPPUCCINO BUN-CARDAMOM",)),
)


def history(chain: Chain, goods: Range, person: Person, until: datetime) -> Iterator[Sale]:
    """Her sales, as far as the goods in them are in the range."""
    dice = Dice("story")
    for visit in VISITS:
        items = tuple(_items(goods, visit))
        if len(items) == sum(len(basket.split()) for basket in visit.baskets):
            yield _sale(dice, chain, person, visit, items, until)


def _sale(
    dice: Dice, chain: Chain, person: Person, visit: Visit, items: tuple[Item, ...], until: datetime
) -> Sale:
    course, channel = COURSES[visit.course], chain.channels[visit.outlet]
    stores = chain.stores[channel.country or "SE"]
    store = chain.locations[visit.store]
    placed_at = until - timedelta(days=visit.days)
    if visit.days > 2:
        placed_at = daytime(placed_at - timedelta(seconds=dice.between(0, 86_399)))
    return Sale(
        course=course,
        channel=channel,
        country=channel.country or "SE",
        person=person,
        store=store,
        other_store=stores[(stores.index(store) + 1) % len(stores)],
        placed_at=placed_at,
        ends_at=placed_at + timedelta(seconds=dice.between(*_seconds(course.hours))),
        items=items,
        spends_points=visit.spends_points,
    )


def _seconds(hours: tuple[float, float]) -> tuple[int, int]:
    least, most = hours
    return round(least * 3600), round(most * 3600)


def _items(goods: Range, visit: Visit) -> Iterator[Item]:
    for leg, basket in zip(COURSES[visit.course].legs, visit.baskets, strict=True):
        for entry in basket.split():
            quantity, _, sku = entry.rpartition("*")
            if product := goods.by_sku.get(sku):
                yield Item(product, int(quantity or 1), leg)
