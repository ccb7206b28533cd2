"""Orders, and how goods reach the customer and come back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from domain import orders
from domain.orders import (
    DeliveryMode,
    DispositionKind,
    FulfillmentState,
    FulfillmentStatus,
    OrderSort,
    OrderState,
    PaymentStatus,
    ReturnState,
    ReturnStatus,
)
from domain.viewer import Subject
from resolvers import asking, journal
from resolvers import orders as resolvers
from resolvers import payments as paying
from schema.catalog import Location, Product
from schema.fields import Column, argument, attribute, batched, computed, enumerated, shows
from schema.operations import Channel, JournalConnection
from schema.payments import Payment, PaymentLink, Refund
from schema.shared import (
    FORWARD,
    MAX_AGE,
    Actor,
    Connection,
    ExternalRef,
    Freshness,
    MetadataEntry,
    Money,
    Node,
    TaxedMoney,
    Versioned,
)

if TYPE_CHECKING:
    from schema.customers import Customer

CustomerRef = Annotated["Customer", strawberry.lazy("schema.customers")]
FulfillmentRef = Annotated["Fulfillment", strawberry.lazy("schema.orders")]

ORDER_FILTERS = {
    "channels": argument(list[ID] | None, "Only from these channels."),
    "states": argument(list[OrderState] | None, "Only in these states."),
    "since": argument(datetime | None, "Nothing older than this, by the time sorted by."),
    "order_by": argument(OrderSort, "Newest first, by which time.", orders.OrderSort.PLACED_AT),
}


enumerated(
    OrderState,
    OrderSort,
    PaymentStatus,
    FulfillmentStatus,
    ReturnStatus,
    DeliveryMode,
    FulfillmentState,
    ReturnState,
    DispositionKind,
)


@shows(orders.DeliveryChoice)
class DeliveryChoice:
    """How a line is meant to reach the customer."""

    mode: DeliveryMode = attribute("How.")
    location: Location | None = batched(resolvers.location, "From where, or where to collect it.")
    promised_at: datetime | None = attribute("By when.")


@shows(orders.Allocation)
class Allocation:
    """Units of a line that a location keeps for it."""

    location: Location = batched(resolvers.location, "Where.")
    quantity: int = attribute("How many.")
    fulfillment: FulfillmentRef | None = batched(
        resolvers.allocation_fulfillment, "The parcel or pick-up they go with."
    )


@shows(orders.OrderLine)
class OrderLine:
    """Some units of one product.

    ordered = cancelled + unsourced + allocated + inHand + handedOver, at every instant.
    """

    id: ID = attribute("Opaque; names the line within its order.")
    sku: str = attribute("What was ordered, as it was called then.")
    name: str = attribute("What was ordered, as it was named then.")
    product: Product | None = batched(
        resolvers.line_product, "What it is today; null if it is not known."
    )
    ordered: int = attribute("Units ordered.")
    cancelled: int = attribute("Units that will not come.")
    unsourced: int = attribute("Units that no location has been asked for.")
    allocated: int = attribute("Units kept at a location.")
    in_hand: int = attribute("Units picked, packed or on their way.")
    handed_over: int = attribute("Units that the customer has, or had.")
    returned: int = attribute("Units that came back.")
    refunded: int = attribute("Units whose money went back.")
    unit_price: TaxedMoney = attribute("The price of one unit.")
    line_total: TaxedMoney = attribute("The price of all units, before discounts on the order.")
    delivery: DeliveryChoice | None = attribute("How it is meant to reach the customer.")
    allocations: list[Allocation] = attribute("Which locations keep which units.")


@shows(orders.Totals)
class Totals:
    """goods - discounts + delivery = grand, to the minor unit."""

    goods: TaxedMoney = attribute("The lines.")
    discounts: Money = attribute("Taken off the order, tax included.")
    delivery: TaxedMoney = attribute("The delivery.")
    grand: TaxedMoney = attribute("What the order costs.")


@shows(orders.OrderBalance)
class OrderBalance:
    """What was promised, paid and given back, over all tenders."""

    due: Money = attribute("What the customer owes; nothing once the order is void.")
    secured: Money = attribute("Promised by providers or taken.")
    captured: Money = attribute("Taken.")
    refunded: Money = attribute("Given back.")
    refund_pending: Money = attribute("On its way back.")
    disputed: Money = attribute("Taken back by the customer's bank.")
    outstanding: Money = attribute("Neither promised nor taken yet.")
    refundable: Money = attribute("What can still be given back.")


@shows(orders.PackedLine)
class FulfillmentLine:
    """Units of an order line in one fulfillment."""

    order_line: OrderLine = attribute("The line they are of.")
    quantity: int = attribute("How many.")


@shows(orders.Tracking)
class Tracking:
    """Where to ask the carrier."""

    carrier: str = attribute("Who carries it.")
    code: str = attribute("Its number there.")
    url: str | None = attribute("A page that says where it is.")


@shows(orders.PickupTicket)
class PickupTicket:
    """What the customer shows at the counter."""

    code: str = batched(
        resolvers.pickup_code, "For the customer; staff see it hidden and ask for it."
    )
    ready_at: datetime | None = attribute("Since when it waits.")
    expires_at: datetime | None = attribute("How long it waits.")
    checked_by: Actor | None = attribute("Who handed it over.")


OrderRef = Annotated["Order", strawberry.lazy("schema.orders")]


@shows(orders.Fulfillment, keys=["id"], guarded=Subject.ORDERS)
class Fulfillment(Node, Versioned):
    """Goods of one order on their way from one location: a parcel, or a pick-up."""

    order: OrderRef | None = batched(resolvers.order_of, "The order they are of.")
    location: Location = batched(resolvers.location, "From where.")
    mode: DeliveryMode = attribute("How.")
    state: FulfillmentState = attribute("Where they are.")
    lines: list[FulfillmentLine] = batched(resolvers.packed_lines, "What is in it.")
    tracking: list[Tracking] = attribute("Where to ask the carrier.")
    pickup: PickupTicket | None = attribute("For who collects it.")
    allowed: list[FulfillmentState] = attribute("The states that may follow.")


@shows(orders.Disposition)
class Disposition:
    """Where returned units went. Independent of whether money went back."""

    kind: DispositionKind = attribute("What became of them.")
    quantity: int = attribute("How many.")
    location: Location = batched(resolvers.location, "Where.")
    at: datetime = attribute("When.")


@shows(orders.ReturnedLine)
class ReturnLine:
    """Units of an order line on their way back."""

    order_line: OrderLine = attribute("The line they are of.")
    quantity: int = attribute("How many.")
    reason: str = attribute("Why, in the customer's words.")
    dispositions: list[Disposition] = attribute("Where they went.")
    creditable: Money = attribute("What they are worth to the customer.")


@shows(orders.Return, keys=["id"], guarded=Subject.ORDERS)
class Return(Node, Versioned):
    """Goods of one order on their way back."""

    order: OrderRef | None = batched(resolvers.order_of, "The order they are of.")
    state: ReturnState = attribute("Where they are.")
    at: Location | None = batched(resolvers.location, "Where they come back to.")
    channel: Channel = batched(resolvers.channel, "Where the return was asked for.")
    lines: list[ReturnLine] = batched(resolvers.returned_lines, "What comes back.")
    refunds: list[Refund] = batched(
        resolvers.return_refunds, "The money that goes back for it.", Column.PAYMENTS
    )


@shows(orders.Order, keys=["id", "number"], guarded=Subject.ORDERS)
class Order(Node, Versioned):
    """A sale, from any channel."""

    number: str = attribute("What the customer and the receipt call it.")
    placed_at: datetime | None = attribute("When the customer ordered.")
    state: OrderState = attribute("Where it is in its life.")
    payment_status: PaymentStatus = batched(
        resolvers.payment_statuses,
        "How far it is paid; computed from its payments.",
        Column.PAYMENTS,
    )
    fulfillment_status: FulfillmentStatus = computed(
        orders.fulfillment_status, "How far the goods are; computed from its lines."
    )
    return_status: ReturnStatus = batched(
        resolvers.return_statuses, "How much came back; computed from its lines and returns."
    )
    channel: Channel = batched(resolvers.channel, "Through which it was sold.")
    sold_at: Location | None = batched(resolvers.sold_at, "The store, for a sale at a till.")
    customer: CustomerRef | None = batched(resolvers.customer, "Who bought; null for guests.")
    lines: list[OrderLine] = attribute("What was bought.")
    totals: Totals = attribute("What it costs.")
    balance: OrderBalance = batched(
        resolvers.balances, "What was promised, paid and given back.", Column.PAYMENTS
    )
    payments: list[Payment] = batched(
        resolvers.order_payments, "Every tender, of every channel.", Column.PAYMENTS, **MAX_AGE
    )
    payment_links: list[PaymentLink] = batched(
        paying.order_links, "Links to pay it by, the first one first.", Column.PAYMENTS
    )
    fulfillments: list[Fulfillment] = batched(resolvers.fulfillments, "Parcels and pick-ups.")
    returns: list[Return] = batched(resolvers.returns, "Goods on their way back.")
    refunds: list[Refund] = batched(
        resolvers.order_refunds, "Money on its way back.", Column.PAYMENTS
    )
    refs: list[ExternalRef] = attribute("Its names in other systems.")
    freshness: Freshness = batched(
        asking.told_freshness, "Who told of it, and how old that is; `kassa` itself is live."
    )
    metadata: list[MetadataEntry] = batched(
        resolvers.metadata,
        "Remarks, as far as the viewer may read them.",
        keys=argument(list[str] | None, "Only these."),
    )
    journal: JournalConnection = batched(
        journal.journal,
        "What happened to it, and because of it, the oldest first.",
        Column.OPERATIONS,
        **FORWARD,
    )


@strawberry.type(description="A page of orders.")
class OrderConnection(Connection[Order]):
    """A page of orders."""

    total_count: int = batched(
        resolvers.total_count,
        "How many the list holds, over all pages.",
        cap=argument(int, "Count no further than this (at most 10,000).", 1000),
    )
