"""Orders of shops move units of ours: promised, sent, back on the shelf; never refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from commands.channels import orders
from commands.channels.incidents import Alarm
from commands.channels.payments import Teller
from commands.payments.saving import patiently
from domain.channels import shipping
from domain.channels.numbered import Shortage
from domain.channels.shipping import Shelf, Shipment
from domain.channels.told import GoodsTold, OrderTold
from domain.ids import LocationId, OrderId
from domain.incidents import Incident, IncidentKind
from domain.ports import Stores
from domain.refusals import refuse_any


class Books(Struct, frozen=True):
    """Whose order it is, where its goods are by the channel's names, and whom to tell."""

    stores: Stores
    alarm: Alarm
    by: Teller
    order: OrderId
    places: Mapping[str | None, LocationId]


async def tell(stores: Stores, alarm: Alarm, by: Teller, told: OrderTold) -> bool:
    """Move what an order moves, which is in the books already.

    Only shops that are told of our stock sell it; what one began to move goes on all the same.
    False: it is not known from where all of it will be sent; the channel may know.

    Raises:
        Refused: it says what cannot be.
        Unavailable: the database does not answer, or others are always faster.
    """
    refuse_any(shipping.wrong(told))
    goods = told.goods or GoodsTold()
    new = shipping.begun(told, goods, by.provider, by.account.name)
    if not by.account.is_told_stock and await stores.shipments.find(new.id) is None:
        return True
    order = await stores.records.order([new.id])
    if order is None:
        raise LookupError(f"the order {new.id} was there, and is gone")
    places = await _places(stores, by, goods)
    books = Books(stores, alarm, by, OrderId(order.id), places)

    async def attempt() -> tuple[Shipment, Sequence[Shelf]]:
        return await _moved(books, told, goods, new)

    row, unheard = await patiently(stores, f"goods of {new.id}", attempt)
    if by.account.is_told_stock:
        await _unmoved(books, told, goods, unheard)
    return row.is_placed


async def _moved(
    books: Books, told: OrderTold, goods: GoodsTold, new: Shipment
) -> tuple[Shipment, Sequence[Shelf]]:
    """The telling that counts, and what came of this one; an older one changes nothing."""
    stores, by = books.stores, books.by
    before = await stores.shipments.find(new.id)
    if before and before.seen > new.seen:
        return before, ()
    pieces = shipping.pieces(told, goods, books.places, before)
    if before and before.seen == new.seen and not shipping.changes(before.pieces, pieces):
        return before, ()
    now = await stores.now()

    def short(found: Shortage) -> Incident:
        return books.alarm.shortage(by.account, found, _why(books, told, found), now)

    unheard = await stores.shipments.move(
        before,
        new,
        pieces,
        order=books.order,
        owners=by.owners,
        by_whom=by.account.actor,
        cause=by.cause,
        told=short,
    )
    return new, unheard


async def _places(stores: Stores, by: Teller, goods: GoodsTold) -> Mapping[str | None, LocationId]:
    """Our locations by the channel's names; by None, that from which it sends by default."""
    parcels = (*goods.open, *goods.sent, *goods.back)
    names: dict[str | None, str | None] = {each.place: each.place for each in parcels}
    names[None] = by.account.default_place
    found = {key: await orders.located(stores, by, name) for key, name in names.items()}
    return {key: place for key, place in found.items() if place}


async def _unmoved(
    books: Books, told: OrderTold, goods: GoodsTold, unheard: Sequence[Shelf]
) -> None:
    """Tell somebody, once for each product and place, what could not be taken off any shelf."""
    account = books.by.account
    for shelf in unheard:
        why = (
            f"{account.name} sold {shelf[0]!r} in the order {told.number!r}, and nobody ever "
            "counted it there: no units are taken off. Count it, then have the order told again: "
            f"`kassa channel sync {account.name} --since …`."
        )
        about = f"no stock of {_about(books, shelf)}"
        await books.alarm.open(IncidentKind.NOT_APPLIED, account, about, why)
    if shipping.unplaced(goods, books.places.keys()):
        why = (
            f"{account.name} does not say from where the order {told.number!r} is sent, and its "
            "configuration has no `sends_from`: no units are taken off."
        )
        await books.alarm.open(IncidentKind.NOT_APPLIED, account, "orders sent from nowhere", why)


def _about(books: Books, of: Shelf) -> str:
    sku, location = of
    named = {place: name for name, place in books.places.items() if name}
    name = named.get(location) or books.by.account.default_place or location
    return f"{sku} at {books.by.account.code_of(name) or location}"


def _why(books: Books, told: OrderTold, short: Shortage) -> str:
    return (
        f"The order {told.number!r} of {books.by.account.name} left {short.sku!r} short: "
        f"{short.units} units more are sold or promised than there were. Count the shelf; what is "
        "promised may have to come from elsewhere."
    )
