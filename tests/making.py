"""Small values to test with: each maker fills in what a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.catalog import GeoPoint, Location, LocationKind, Product
from domain.channels.abilities import Thing
from domain.channels.inbox import DeliveryState, Kept
from domain.channels.marks import Mark
from domain.channels.standing import Connection
from domain.ids import ChannelId, Kind, LocationId, OperationId, OrderId, OrderLineId, Sku, mint
from domain.incidents import Incident, IncidentKind
from domain.money import Currency, TaxedMoney
from domain.operations import Channel, ChannelKind
from domain.orders import Order, OrderLine, OrderState, Return, ReturnLine, ReturnState, totals
from domain.payments import (
    CardPresence,
    LinkLife,
    OperationKind,
    OperationPhase,
    Payment,
    PaymentLink,
    PaymentOperation,
    TenderKind,
    fold,
)
from domain.shop import Shop
from domain.stock import Authority, StockLevel
from domain.values import Actor, ActorKind
from storage.mongo.connections import CONNECTIONS
from storage.mongo.driver import Database
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.links import LINKS
from storage.mongo.marks import MARKS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEK = Currency("SEK")


def new_id(kind: Kind, n: int) -> str:
    """The `n`-th id of its kind, the same in every run."""
    return mint(kind, NOW, n.to_bytes(10, "big"))


def a_channel(n: int = 0, **fields: Any) -> Channel:
    given = {
        "id": new_id(Kind.CHANNEL, n),
        "updated_at": NOW,
        "code": f"channel-{n}",
        "kind": ChannelKind.WEBSHOP,
        "name": "A web shop",
        "currency": SEK,
    }
    return Channel(**{**given, **fields})


def a_location(n: int = 0, at: tuple[float, float] | None = None, **fields: Any) -> Location:
    given = {
        "id": new_id(Kind.LOCATION, n),
        "updated_at": NOW,
        "code": f"L{n}",
        "kind": LocationKind.STORE,
        "name": "A store",
        "timezone": "Europe/Stockholm",
        "position": GeoPoint(*at) if at else None,
    }
    return Location(**{**given, **fields})


def a_product(n: int = 0, **fields: Any) -> Product:
    given = {"id": new_id(Kind.PRODUCT, n), "updated_at": NOW, "sku": f"SKU-{n}", "name": "Cup"}
    return Product(**{**given, **fields})


def a_level(free: int = 0, n: int = 0, **fields: Any) -> StockLevel:
    """A level that balances, with `free` units beyond the other buckets."""
    buckets = {name: fields.get(name, 0) for name in ("committed", "reserved", "unavailable")}
    given = {
        "id": new_id(Kind.STOCK_LEVEL, n),
        "updated_at": NOW,
        "sku": "SKU-0",
        "location_id": new_id(Kind.LOCATION, n),
        "on_hand": free + sum(buckets.values()),
        "free": free,
        "authority": Authority("on_hand", "kassa", NOW),
        "observed_at": NOW,
    }
    return StockLevel(**{**given, **buckets, **fields})


def a_line(gross: int, rate_bps: int = 2500, n: int = 0, **fields: Any) -> OrderLine:
    """One unit for `gross`, tax included; without tax lines where the rate is 0."""
    price = (
        TaxedMoney.of(gross, SEK, f"SE-{rate_bps}", rate_bps)
        if rate_bps
        else TaxedMoney(SEK, gross)
    )
    given = {
        "id": OrderLineId(new_id(Kind.ORDER_LINE, n)),
        "sku": Sku("SKU-0"),
        "name": "Cup",
        "ordered": 1,
        "unit_price": price,
        "line_total": price,
    }
    return OrderLine(**{**given, **fields})


def an_order(*lines: OrderLine, n: int = 0, **fields: Any) -> Order:
    sold = lines or (a_line(100_00, unsourced=1),)
    given = {
        "id": new_id(Kind.ORDER, n),
        "updated_at": NOW,
        "number": f"T-{n}",
        "state": OrderState.CONFIRMED,
        "placed_at": NOW,
        "channel_id": ChannelId(new_id(Kind.CHANNEL, 0)),
        "lines": sold,
        "totals": totals(sold, 0, TaxedMoney(SEK, 0), SEK),
    }
    return Order(**{**given, **fields})


def a_return(state: ReturnState, n: int = 0, **fields: Any) -> Return:
    given = {
        "id": new_id(Kind.RETURN, n),
        "updated_at": NOW,
        "order_id": OrderId(new_id(Kind.ORDER, 0)),
        "channel_id": ChannelId(new_id(Kind.CHANNEL, 0)),
        "state": state,
        "lines": (),
    }
    return Return(**{**given, **fields})


def a_return_line(line: OrderLine, quantity: int = 1) -> ReturnLine:
    return ReturnLine(line.id, quantity, "TOO_SMALL", line.line_total.gross)


def an_operation(
    kind: str, phase: str, minor: int = 100, n: int = 0, **fields: Any
) -> PaymentOperation:
    given = {
        "id": OperationId(new_id(Kind.OPERATION, n)),
        "kind": OperationKind(kind),
        "phase": OperationPhase(phase),
        "minor": minor,
        "currency": SEK,
        "idempotency_key": f"key-{n}",
        "requested_by": Actor(ActorKind.SYSTEM, "kassa"),
        "occurred_at": NOW,
    }
    return PaymentOperation(**{**given, **fields})


def a_payment(*operations: PaymentOperation, n: int = 0, **fields: Any) -> Payment:
    """A payment of 100 that stands where its operations put it."""
    given = {
        "id": new_id(Kind.PAYMENT, n),
        "updated_at": NOW,
        "order_id": OrderId(new_id(Kind.ORDER, 0)),
        "channel_id": ChannelId(new_id(Kind.CHANNEL, 0)),
        "created_at": NOW,
        "tender": TenderKind.CARD,
        "provider": "stripe",
        "merchant_account": "test",
        "presence": CardPresence.NOT_PRESENT,
        "minor": 100,
        "currency": SEK,
        "operations": operations,
        "standing": fold(operations),
    }
    return Payment(**{**given, **fields})


def a_link(n: int = 0, **fields: Any) -> PaymentLink:
    """An open link to pay 100 of an order by, for an hour."""
    given = {
        "id": new_id(Kind.PAYMENT_LINK, n),
        "updated_at": NOW,
        "order_id": OrderId(new_id(Kind.ORDER, 0)),
        "nth": n,
        "channel_id": ChannelId(new_id(Kind.CHANNEL, 0)),
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
        "provider": "stripe",
        "merchant_account": "test",
        "minor": 100,
        "currency": SEK,
        "life": LinkLife.OPEN,
        "ref": f"cs_test_{n}",
        "url": f"https://checkout.example/{n}",
    }
    return PaymentLink(**{**given, **fields})


def a_link_of(shop: Shop) -> PaymentLink:
    """A link to pay by of the first customer of a demo shop; its time is over."""
    order = next(one for one in shop.orders if one.customer_id == shop.customers[0].id)
    return a_link(
        order_id=order.id,
        channel_id=order.channel_id,
        customer_id=order.customer_id,
        location_ids=order.location_ids,
        currency=order.currency,
        decline_code="session_complete",
    )


async def linked(database: Database, *links: PaymentLink) -> None:
    """Put links into a database, without a story."""
    for each in links:
        await database.put(LINKS.name, LINKS.document(each))


def at_location(n: int) -> LocationId:
    return LocationId(new_id(Kind.LOCATION, n))


def an_incident(n: int = 0, **fields: Any) -> Incident:
    """Something to look at."""
    given = {
        "id": new_id(Kind.INCIDENT, n),
        "updated_at": NOW,
        "kind": IncidentKind.UNKNOWN_WORD,
        "subject": f"somewhere: field = word {n}",
        "detail": "A word that nobody knows.",
        "opened_at": NOW,
        "opened_by": Actor(ActorKind.ADAPTER, "somewhere"),
    }
    return Incident(**{**given, **fields})


async def opened(database: Database, *incidents: Incident) -> None:
    """Put open incidents into a database, without a story."""
    for each in incidents:
        key = f"{each.kind}:{each.subject}"
        document = INCIDENTS.document(each, open_key=key, is_open=True)
        await database.put(INCIDENTS.name, document)


async def connected(database: Database, channel: ChannelId, name: str = "somewhere") -> None:
    """Put a connected account into a database, with all that may be known of one."""
    account = Connection(
        id=name,
        channel_id=channel,
        provider="penny",
        account="acct",
        capabilities=("sends signed deliveries",),
        seen_at=NOW,
        heard_at=NOW,
    )
    mark = Mark(
        id=f"{name}:payment",
        line=name,
        thing=Thing.PAYMENT,
        since=NOW,
        due=NOW,
        read_at=NOW,
        failed="It did not answer.",
    )
    parked = Kept(
        id=f"{name}:ev_1",
        endpoint=name,
        key="ev_1",
        state=DeliveryState.PARKED,
        received_at=NOW,
        due=NOW,
        why="A word that nobody knows.",
    )
    await database.put(CONNECTIONS.name, CONNECTIONS.document(account))
    await database.put(MARKS.name, MARKS.document(mark))
    await database.put(INBOX.name, INBOX.document(parked))
