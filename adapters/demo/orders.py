"""Orders: totals, references, remarks, and what the next steps need to know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from adapters.demo import lines
from adapters.demo.dice import Dice
from adapters.demo.master import COUNTRIES, Country
from adapters.demo.parcels import Shipment
from adapters.demo.plans import Sale
from domain import money
from domain.catalog import Location
from domain.ids import Kind, LocationId, OrderId
from domain.money import TaxedMoney
from domain.operations import ChannelKind
from domain.orders import DeliveryMode, Order, OrderLine, ReturnState, Totals, totals
from domain.values import ExternalRef, MetadataEntry, MetadataVisibility

SENT = frozenset({DeliveryMode.SHIP, DeliveryMode.SHIP_FROM_STORE})
PREFIXES = {
    ChannelKind.WEBSHOP: "W",
    ChannelKind.APP: "A",
    ChannelKind.POS: "T",
    ChannelKind.MARKETPLACE: "M",
}
FIRST_NUMBER = 10_001

GIFT_MESSAGES = ("Grattis på födelsedagen!", "Gratulerer med dagen!", "Onnea!", "See you in May.")
FRAUD_NOTES = ("Address and card country differ; checked by phone.", "Third order within an hour.")
CAMPAIGN_PERCENT = 10


class Ticket(Struct, frozen=True):
    """A sale written down: the order, the points spent on it, and by line what it is worth.

    `worths` are minor units after the discount; `back_at` is where goods are taken back.
    """

    sale: Sale
    order: Order
    points: int
    moves: Sequence[lines.Moves]
    worths: Sequence[int]
    back_at: Location | None

    @property
    def order_id(self) -> OrderId:
        return OrderId(self.order.id)


def ticket(
    dice: Dice,
    sale: Sale,
    number: int,
    shipped: Sequence[Shipment],
    warehouse: Location,
    points: int,
) -> Ticket:
    """Write down a sale, of which `points` pay a part."""
    drawn = lines.drawn(dice, sale, shipped, warehouse)
    moves = lines.moves(sale, drawn)
    settled = lines.settled(sale, drawn, moves)
    summed = _totals(dice, sale, settled, points)
    back_at = _back_at(dice, sale, warehouse)
    order = _order(dice, sale, number, settled, summed, _places(sale, shipped, back_at), points)
    return Ticket(sale, order, points, moves, _worths(order), back_at)


def _order(
    dice: Dice,
    sale: Sale,
    number: int,
    settled: Sequence[OrderLine],
    summed: Totals,
    places: tuple[LocationId, ...],
    points: int,
) -> Order:
    return Order(
        id=dice.id(Kind.ORDER, sale.placed_at),
        version=2 + sum(len(leg.states) for leg in sale.course.legs),
        updated_at=sale.ends_at,
        number=f"{PREFIXES[sale.channel.kind]}-{FIRST_NUMBER + number}",
        state=sale.course.state,
        placed_at=sale.placed_at,
        channel_id=sale.channel_id,
        sold_at_id=LocationId(sale.store.id) if sale.is_at_till else None,
        location_ids=places,
        customer_id=sale.person.id if sale.person else None,
        lines=tuple(settled),
        totals=summed,
        refs=(_ref(dice, sale, number),),
        metadata=tuple(_remarks(dice, sale, points)),
    )


def _totals(dice: Dice, sale: Sale, settled: Sequence[OrderLine], points: int) -> Totals:
    country = COUNTRIES[sale.country]
    goods = sum(line.line_total.gross_minor for line in settled)
    discount = points * country.point_worth or _campaign(dice, goods, country)
    return totals(settled, discount, _fee(sale, goods, country), country.currency)


def _campaign(dice: Dice, goods: int, country: Country) -> int:
    if not dice.chance(0.08):
        return 0
    return goods * CAMPAIGN_PERCENT // 100 // country.coin * country.coin


def _fee(sale: Sale, goods: int, country: Country) -> TaxedMoney:
    if goods >= country.free_delivery_from or not any(i.leg.mode in SENT for i in sale.items):
        return TaxedMoney(country.currency, 0)
    code = f"{country.code}-{country.goods_bps / 100:g}"
    return TaxedMoney.of(country.delivery_fee, country.currency, code, country.goods_bps)


def _worths(order: Order) -> list[int]:
    gross = [line.line_total.gross_minor for line in order.lines]
    shares = money.allocate(order.totals.discounts_minor, gross)
    return [whole - share for whole, share in zip(gross, shares, strict=True)]


def _back_at(dice: Dice, sale: Sale, warehouse: Location) -> Location | None:
    """Where the goods come back to, as soon as that is known."""
    comeback = sale.course.comeback
    if comeback is None or comeback.state is ReturnState.REQUESTED:
        return None
    return warehouse if comeback.by_post else dice.one((sale.store, sale.other_store))


def _places(
    sale: Sale, shipped: Sequence[Shipment], back_at: Location | None
) -> tuple[LocationId, ...]:
    places = [LocationId(sale.store.id)] if sale.is_at_till else []
    places += [shipment.location_id for shipment in shipped]
    places += [LocationId(back_at.id)] if back_at else []
    return tuple(dict.fromkeys(places))


def _ref(dice: Dice, sale: Sale, number: int) -> ExternalRef:
    system, kind, value = _foreign_name(dice, sale, number)
    return ExternalRef(system, kind, value, sale.placed_at)


def _foreign_name(dice: Dice, sale: Sale, number: int) -> tuple[str, str, str]:
    if sale.is_at_till:
        return "till", "receipt", f"{sale.store.code}-{sale.placed_at:%y%m%d}-{number:06}"
    if sale.channel.kind is ChannelKind.MARKETPLACE:
        return "marketplace", "order", f"{dice.digits(3)}-{number:07}-{dice.digits(7)}"
    system = "app" if sale.channel.kind is ChannelKind.APP else "webshop"
    return system, "order", f"{sale.country}{4_000_000 + number * 7}"


def _remarks(dice: Dice, sale: Sale, points: int) -> Iterator[MetadataEntry]:
    if points:
        yield MetadataEntry("points spent", str(points), MetadataVisibility.PUBLIC)
    if sale.is_at_till:
        return
    if dice.chance(0.06):
        message = dice.one(GIFT_MESSAGES)
        yield MetadataEntry("gift message", message, MetadataVisibility.PUBLIC)
    if dice.chance(0.03):
        yield MetadataEntry("fraud note", dice.one(FRAUD_NOTES), MetadataVisibility.INTERNAL)
