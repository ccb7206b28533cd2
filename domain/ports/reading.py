"""What the graph needs of a database, in the graph's own words.

Every read takes the viewer: what is out of reach is not found. Reads of many keys answer only the
keys that were found; the caller decides what a missing one means.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol

from domain.catalog import Location, LocationKind, Product
from domain.channels.standing import AdapterStatus
from domain.customers import Customer, IdentityKind, LoyaltyAccount, LoyaltyEntry
from domain.ids import (
    ChannelId,
    CustomerId,
    FulfillmentId,
    IncidentId,
    JournalEntryId,
    LocationId,
    LoyaltyAccountId,
    LoyaltyEntryId,
    OperationId,
    OrderId,
    PaymentId,
    PaymentLinkId,
    ProductId,
    ReservationId,
    ReturnId,
    Sku,
    StockLevelId,
    TransferId,
)
from domain.incidents import Incident, IncidentQuery
from domain.journal import JournalEntry
from domain.ledger import Posting
from domain.operations import Channel
from domain.orders import Fulfillment, Order, OrderQuery, Return
from domain.pages import Page, PageRequest
from domain.payments import Payment, PaymentLink, PaymentQuery
from domain.ports.wanted import Wanted
from domain.stock import Reservation, StockLevel, StockQuery, Transfer
from domain.viewer import Viewer


class Customers(Protocol):
    """People, and their points."""

    def by_ids(
        self, viewer: Viewer, keys: Sequence[CustomerId]
    ) -> Awaitable[Mapping[CustomerId, Customer]]: ...

    def by_numbers(
        self, viewer: Viewer, keys: Sequence[str]
    ) -> Awaitable[Mapping[str, Customer]]: ...

    async def found_by(
        self, viewer: Viewer, kind: IdentityKind, value: str
    ) -> Sequence[Customer]: ...

    async def similar(
        self, viewer: Viewer, keys: Sequence[str]
    ) -> Mapping[str, Sequence[Customer]]:
        """For each value of an identity up to `MOST_SHARING` + 1 people who have it."""
        ...

    def accounts_by_ids(
        self, viewer: Viewer, keys: Sequence[LoyaltyAccountId]
    ) -> Awaitable[Mapping[LoyaltyAccountId, LoyaltyAccount]]: ...

    def accounts_of(
        self, viewer: Viewer, keys: Sequence[CustomerId]
    ) -> Awaitable[Mapping[CustomerId, LoyaltyAccount]]: ...

    def entries_by_ids(
        self, viewer: Viewer, keys: Sequence[LoyaltyEntryId]
    ) -> Awaitable[Mapping[LoyaltyEntryId, LoyaltyEntry]]: ...

    async def entry_pages(
        self, viewer: Viewer, keys: Sequence[LoyaltyAccountId], request: PageRequest
    ) -> Mapping[LoyaltyAccountId, Page[LoyaltyEntry]]: ...


class Catalog(Protocol):
    """Products and locations. `products_sold` are those that stand on orders."""

    def products_by_ids(
        self, viewer: Viewer, keys: Sequence[ProductId]
    ) -> Awaitable[Mapping[ProductId, Product]]: ...

    def products_by_skus(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Product]]: ...

    def products_sold(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Product]]: ...

    def products_by_barcodes(
        self, viewer: Viewer, keys: Sequence[str]
    ) -> Awaitable[Mapping[str, Product]]: ...

    async def search(
        self, viewer: Viewer, terms: Sequence[str], request: PageRequest
    ) -> Page[Product]: ...

    def locations_by_ids(
        self, viewer: Viewer, keys: Sequence[LocationId]
    ) -> Awaitable[Mapping[LocationId, Location]]: ...

    def locations_by_codes(
        self, viewer: Viewer, keys: Sequence[str]
    ) -> Awaitable[Mapping[str, Location]]: ...

    async def locations(
        self, viewer: Viewer, kinds: Sequence[LocationKind] | None, offers_pickup: bool | None
    ) -> Sequence[Location]: ...


class Stock(Protocol):
    """Levels. `levels_of` is for those who may see them; `promises_of` feeds availability."""

    def by_ids(
        self, viewer: Viewer, keys: Sequence[StockLevelId]
    ) -> Awaitable[Mapping[StockLevelId, StockLevel]]: ...

    def levels_of(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Sequence[StockLevel]]]: ...

    def reservations_by_ids(
        self, viewer: Viewer, keys: Sequence[ReservationId]
    ) -> Awaitable[Mapping[ReservationId, Reservation]]: ...

    def transfers_by_ids(
        self, viewer: Viewer, keys: Sequence[TransferId]
    ) -> Awaitable[Mapping[TransferId, Transfer]]: ...

    def promises_of(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Sequence[StockLevel]]]: ...

    async def page(
        self, viewer: Viewer, query: StockQuery, request: PageRequest
    ) -> Page[StockLevel]: ...


class Orders(Protocol):
    """Orders, with what is on its way out and back. `refs` are written `system:kind:value`."""

    def by_ids(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Order]]: ...

    def by_numbers(self, viewer: Viewer, keys: Sequence[str]) -> Awaitable[Mapping[str, Order]]: ...

    def by_refs(self, viewer: Viewer, keys: Sequence[str]) -> Awaitable[Mapping[str, Order]]: ...

    async def page(
        self, viewer: Viewer, query: OrderQuery, request: PageRequest
    ) -> Page[Order]: ...

    async def pages_of(
        self, viewer: Viewer, keys: Sequence[CustomerId], query: OrderQuery, request: PageRequest
    ) -> Mapping[CustomerId, Page[Order]]: ...

    async def count(self, viewer: Viewer, query: OrderQuery, cap: int) -> int: ...

    async def counts_of(
        self, viewer: Viewer, keys: Sequence[CustomerId], query: OrderQuery, cap: int
    ) -> Mapping[CustomerId, int]: ...

    def fulfillments_by_ids(
        self, viewer: Viewer, keys: Sequence[FulfillmentId]
    ) -> Awaitable[Mapping[FulfillmentId, Fulfillment]]: ...

    def fulfillments_of(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[Fulfillment]]]: ...

    def returns_by_ids(
        self, viewer: Viewer, keys: Sequence[ReturnId]
    ) -> Awaitable[Mapping[ReturnId, Return]]: ...

    def returns_of(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[Return]]]: ...


class Payments(Protocol):
    """Payments. `refs` are written `provider:reference`."""

    def by_ids(
        self, viewer: Viewer, keys: Sequence[PaymentId]
    ) -> Awaitable[Mapping[PaymentId, Payment]]: ...

    def by_refs(self, viewer: Viewer, keys: Sequence[str]) -> Awaitable[Mapping[str, Payment]]: ...

    async def by_operations(
        self, viewer: Viewer, keys: Sequence[OperationId]
    ) -> Mapping[OperationId, Payment]: ...

    def of_orders(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[Payment]]]: ...

    def links_by_ids(
        self, viewer: Viewer, keys: Sequence[PaymentLinkId]
    ) -> Awaitable[Mapping[PaymentLinkId, PaymentLink]]: ...

    def links_of(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[PaymentLink]]]: ...

    def postings_of(
        self, viewer: Viewer, keys: Sequence[PaymentId]
    ) -> Awaitable[Mapping[PaymentId, Sequence[Posting]]]: ...

    async def page(
        self, viewer: Viewer, query: PaymentQuery, request: PageRequest
    ) -> Page[Payment]: ...


class Channels(Protocol):
    """Where the retailer sells, and where it is fed from."""

    def by_ids(
        self, viewer: Viewer, keys: Sequence[ChannelId]
    ) -> Awaitable[Mapping[ChannelId, Channel]]: ...

    async def all(self, viewer: Viewer) -> Sequence[Channel]: ...

    async def adapters_of(
        self, viewer: Viewer, keys: Sequence[ChannelId]
    ) -> Mapping[ChannelId, Sequence[AdapterStatus]]: ...


class Incidents(Protocol):
    """What a person must look at."""

    def by_ids(
        self, viewer: Viewer, keys: Sequence[IncidentId]
    ) -> Awaitable[Mapping[IncidentId, Incident]]: ...

    async def page(
        self, viewer: Viewer, query: IncidentQuery, request: PageRequest
    ) -> Page[Incident]: ...


class Journal(Protocol):
    """What happened, by what it is about."""

    def by_ids(
        self, viewer: Viewer, keys: Sequence[JournalEntryId]
    ) -> Awaitable[Mapping[JournalEntryId, JournalEntry]]: ...

    async def pages_about(
        self, viewer: Viewer, keys: Sequence[str], request: PageRequest
    ) -> Mapping[str, Page[JournalEntry]]: ...


class Repositories(Protocol):
    """One repository a column."""

    def narrowed(self, wanted: Wanted) -> Repositories:
        """Repositories that may leave out what is not `wanted`."""
        ...

    @property
    def customers(self) -> Customers: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def stock(self) -> Stock: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def channels(self) -> Channels: ...
    @property
    def incidents(self) -> Incidents: ...
    @property
    def journal(self) -> Journal: ...
