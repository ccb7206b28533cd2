"""The root of all reads."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from domain.customers import IdentityQuery
from domain.scopes import Scope
from resolvers import catalog, customers, entities, operations, orders, payments, stock
from schema.catalog import Location, LocationKind, Product, ProductConnection
from schema.customers import Customer, IdentityInput, LookupPurpose
from schema.federation import Entity, Representation, Service
from schema.fields import Column, argument, federated, root
from schema.guards import Needs
from schema.operations import (
    GOVERNED,
    Channel,
    IncidentConnection,
    IncidentKind,
    OwnershipRule,
)
from schema.orders import ORDER_FILTERS, Order, OrderConnection
from schema.payments import Payment, PaymentConnection, PaymentState
from schema.shared import EITHER_WAY, FORWARD, MAX_AGE, Node
from schema.stock import StockLevelConnection


@strawberry.type(description="Everything that can be read.")
class Query:
    """Everything that can be read."""

    node: Node | None = root(
        operations.node,
        "Anything by its id; null if there is no such thing, or it is out of reach.",
        Column.OPERATIONS,
        id=argument(ID, "The id, as the graph gave it."),
    )
    nodes: list[Node | None] = root(
        operations.nodes,
        "Up to 100 things by their ids, in order, with null for those not found.",
        Column.OPERATIONS,
        ids=argument(list[ID], "The ids, as the graph gave them."),
    )
    customer: Customer | None = root(
        customers.customer,
        "A customer, by exactly one of these.",
        Column.CUSTOMERS,
        id=argument(ID | None, "By id."),
        number=argument(str | None, "By the retailer's number."),
        **MAX_AGE,
    )
    find_customers: list[Customer] = root(
        customers.find_customers,
        "For staff: the people who share an identity. Phone numbers are compared as E.164.",
        Column.CUSTOMERS,
        Needs(Scope.LOOKUP, ()),
        by=argument(IdentityInput, "By what.", becomes=IdentityQuery),
        purpose=argument(LookupPurpose, "Why; it is kept in the audit log."),
    )
    order: Order | None = root(
        orders.order,
        "An order, by exactly one of these.",
        Column.ORDERS,
        id=argument(ID | None, "By id."),
        number=argument(str | None, "By the number on the receipt."),
        ref=argument(str | None, "By another system's name for it: `system:kind:value`."),
        **MAX_AGE,
    )
    orders: OrderConnection = root(
        orders.page,
        "Orders, newest first. A clerk sees those of their store, a partner their channels'.",
        Column.ORDERS,
        **EITHER_WAY,
        location=argument(ID | None, "Only those sold at, sent from or returned to it."),
        **ORDER_FILTERS,
    )
    product: Product | None = root(
        catalog.product,
        "A product, by exactly one of these.",
        Column.CATALOG,
        id=argument(ID | None, "By id."),
        sku=argument(str | None, "By sku."),
        barcode=argument(str | None, "By what a scanner reads."),
    )
    products: list[Product | None] = root(
        catalog.products,
        "Up to 100 products by their skus, in order, with null for those not found.",
        Column.CATALOG,
        skus=argument(list[str], "The skus."),
    )
    search_products: ProductConnection = root(
        catalog.search_products,
        "Products that have words beginning with each word of a text, by name.",
        Column.CATALOG,
        text=argument(str, "One or more words, or their beginnings; accents do not matter."),
        **FORWARD,
    )
    location: Location | None = root(
        catalog.location,
        "A location, by exactly one of these.",
        Column.CATALOG,
        id=argument(ID | None, "By id."),
        code=argument(str | None, "By the retailer's code."),
    )
    locations: list[Location] = root(
        catalog.locations,
        "Stores and warehouses.",
        Column.CATALOG,
        kinds=argument(list[LocationKind] | None, "Only of these kinds."),
        offers_pickup=argument(bool | None, "Only where orders can, or cannot, be collected."),
    )
    stock_levels: StockLevelConnection = root(
        stock.stock_levels,
        "For staff: stock levels, by sku.",
        Column.STOCK,
        skus=argument(list[ID] | None, "Only of these skus."),
        locations=argument(list[ID] | None, "Only at these locations."),
        low_only=argument(bool, "Only what should be reordered.", False),
        **FORWARD,
    )
    payment: Payment | None = root(
        payments.payment,
        "A payment, by id or by the provider's reference.",
        Column.PAYMENTS,
        id=argument(ID | None, "By id."),
        provider=argument(str | None, "The provider's name, with `providerRef`."),
        provider_ref=argument(str | None, "The provider's name for it or for an operation of it."),
        **MAX_AGE,
    )
    payments: PaymentConnection = root(
        payments.page,
        "Payments, newest first. A clerk sees those of their store, a partner their channels'.",
        Column.PAYMENTS,
        **FORWARD,
        providers=argument(list[str] | None, "Only through these providers."),
        channels=argument(list[ID] | None, "Only from these channels."),
        states=argument(list[PaymentState] | None, "Only in these states."),
        since=argument(datetime | None, "Nothing begun before this."),
        **MAX_AGE,
    )
    channels: list[Channel] = root(
        operations.channels,
        "Where the retailer sells, and where it is fed from.",
        Column.OPERATIONS,
    )
    incidents: IncidentConnection = root(
        operations.incidents,
        "For staff: what somebody must look at, the newest first.",
        Column.OPERATIONS,
        **FORWARD,
        kinds=argument(list[IncidentKind] | None, "Only of these kinds."),
        open=argument(bool | None, "Only those that are open, or closed; null: all.", True),
    )
    ownership: list[OwnershipRule] = root(
        operations.ownership,
        "For staff: which system owns which field.",
        Column.OPERATIONS,
        GOVERNED,
    )
    service: Service = federated("_service", entities.service, "For routers: what is served here.")
    entities: list[Entity | None] = federated(
        "_entities",
        entities.entities,
        "For routers: up to 1,000 entities by their keys, in order, with null for those not found.",
        representations=argument(list[Representation], "Their types and keys."),
    )
