"""What each contract shows of the graph, on one page. What is not named here is in no contract.

- `public`: what a visitor or a shopper's front end needs: the catalogue, where to buy and what
  may be promised, a shopper's own things, and holding units for a while.
- `partner`: that, what who sells for the retailer must know of their own orders, selling the
  units that are held, and writing down what was paid.

A contract says which questions there are; who gets which answers is the business of the reach in
`domain/viewer/`. A type with everything carries the tag itself, any other each field of it.
Enums, scalars, inputs and arguments go with the fields that use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

EVERYTHING = "*"

Page = Mapping[str, str]
"""Fields by type."""


class Contract(StrEnum):
    """A subset of the graph, by tag."""

    PUBLIC = "public"
    PARTNER = "partner"


PUBLIC: Page = {
    "Query": "node nodes customer order orders product products searchProducts location locations "
    "channels",
    "Node": EVERYTHING,
    "Versioned": EVERYTHING,
    "PageInfo": EVERYTHING,
    # the catalogue, and what may be promised of it; not how a promise comes about
    "Product": "id sku name description barcodes price availability",
    "ProductConnection": EVERYTHING,
    "ProductEdge": EVERYTHING,
    "PriceQuote": EVERYTHING,
    "Money": EVERYTHING,
    "TaxedMoney": EVERYTHING,
    "TaxLine": EVERYTHING,
    "Location": EVERYTHING,
    "Channel": "id code kind name currency country",
    "Availability": "location promise sellable exact earliest distanceKm freshness",
    "AvailabilityConnection": EVERYTHING,
    "AvailabilityEdge": EVERYTHING,
    "Freshness": "asOf ageMs state",
    # a shopper; not how sure we are of who they are
    "Customer": "id version updatedAt number displayName identities consents preferences addresses "
    "loyalty orders",
    "Identity": "kind masked verifiedAt",
    "Consent": "purpose granted at channel",
    "Address": EVERYTHING,
    "MetadataEntry": "key value",
    "LoyaltyAccount": EVERYTHING,
    "LoyaltyEntry": EVERYTHING,
    "LoyaltyEntryConnection": EVERYTHING,
    "LoyaltyEntryEdge": EVERYTHING,
    # their orders; not which store was asked for which units, nor by whom
    "Order": "id version updatedAt number placedAt state paymentStatus fulfillmentStatus "
    "returnStatus channel soldAt customer lines totals balance payments paymentLinks fulfillments "
    "returns refunds metadata freshness",
    "OrderConnection": EVERYTHING,
    "OrderEdge": EVERYTHING,
    "OrderLine": "id sku name product ordered cancelled handedOver returned refunded unitPrice "
    "lineTotal delivery",
    "DeliveryChoice": EVERYTHING,
    "Totals": EVERYTHING,
    "OrderBalance": "due captured refunded refundPending outstanding refundable",
    "Fulfillment": "id version updatedAt order location mode state lines tracking pickup",
    "FulfillmentLine": EVERYTHING,
    "Tracking": EVERYTHING,
    "PickupTicket": "code readyAt expiresAt",
    "Return": EVERYTHING,
    "ReturnLine": "orderLine quantity reason creditable",
    # what they paid; not what providers and we call it
    "Payment": "id version updatedAt createdAt order channel tender provider state amount captured "
    "refunded refundPending refundable operations freshness",
    "PaymentOperation": "id kind phase amount occurredAt settledAt",
    "PaymentLink": "id version updatedAt state amount url qrPayload createdAt expiresAt order "
    "payments",
    "Refund": "id operation payment amount forReturn initiatedIn",
    # units held for a while; what a front end is told when it cannot have them
    "Mutation": "reserveStock extendReservation releaseReservation",
    "MutationResult": EVERYTHING,
    # what is told as it happens; not who did it
    "Subscription": "availabilityChanged orderUpdated paymentUpdated",
    "StreamEvent": EVERYTHING,
    "AvailabilityEvent": EVERYTHING,
    "OrderEvent": "kind cursor at orders",
    "PaymentEvent": "kind cursor at payments",
    "ReservationResult": EVERYTHING,
    "Reservation": EVERYTHING,
    "ReservationLine": EVERYTHING,
    "UserError": EVERYTHING,
    "GenericError": EVERYTHING,
    "IllegalTransition": EVERYTHING,
    "InsufficientStock": EVERYTHING,
    "StockElsewhere": EVERYTHING,
}

PARTNER: Page = {
    "Query": "payment payments",
    "Mutation": "commitReservation recordPayment recordRefund",
    "PaymentResult": EVERYTHING,
    "RefundResult": EVERYTHING,
    "AmountExceedsAuthorised": EVERYTHING,
    "AmountExceedsRefundable": EVERYTHING,
    "CurrencyMismatch": EVERYTHING,
    "PaymentConnection": EVERYTHING,
    "PaymentEdge": EVERYTHING,
    "Freshness": "source reason",
    "Order": "refs",
    "ExternalRef": EVERYTHING,
    "OrderLine": "unsourced allocated inHand",
    "OrderBalance": "secured disputed",
    "ReturnLine": "dispositions",
    "Disposition": EVERYTHING,
    "Payment": "authorised cancelled disputed refs",
    "PaymentOperation": "providerRef originalRef declineCode",
    "Refund": "reason",
}

PAGES: Mapping[Contract, Page] = MappingProxyType(
    {Contract.PUBLIC: PUBLIC, Contract.PARTNER: PARTNER}
)
TAGS: Mapping[Contract, tuple[Contract, ...]] = MappingProxyType(
    {
        Contract.PUBLIC: (Contract.PUBLIC,),
        Contract.PARTNER: (Contract.PUBLIC, Contract.PARTNER),
    }
)
"""The tags that a contract includes."""


def shows(contract: Contract, kind: str, field: str) -> bool:
    """Is a field part of a contract?"""
    pages = (PAGES[tag].get(kind, "") for tag in TAGS[contract])
    return any(page == EVERYTHING or field in page.split() for page in pages)


def tags(kind: str, field: str | None = None) -> list[Contract]:
    """The tags that a type carries itself, or one of its fields does."""
    name = EVERYTHING if field is None else field
    return [tag for tag, page in PAGES.items() if name in page.get(kind, "").split()]
