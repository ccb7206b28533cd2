"""Payments in MongoDB, with their operations inside."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from domain.ids import OperationId, OrderId, PaymentId, PaymentLinkId
from domain.ledger import Posting
from domain.pages import Page, PageRequest
from domain.payments import NEWEST_FIRST, Payment, PaymentLink, PaymentQuery
from domain.ports import EVERYTHING, Wanted
from domain.viewer import Subject, Viewer
from storage.mongo.collections import Collection, Index, by, searchable
from storage.mongo.driver import Database, Document
from storage.mongo.ledger import POSTINGS
from storage.mongo.links import LINKS
from storage.mongo.outbox import PENDING
from storage.mongo.reader import Reader, among
from storage.mongo.sorting import SortKey

CREATED = SortKey("created_key", NEWEST_FIRST)
NEWEST = ("-created_key", "channel_id", "provider", "standing.state")

PAYMENTS = Collection(
    "payments",
    Payment,
    (
        Index(by("order_id", "_id"), "Order.payments"),
        Index(by("ref_keys"), "payment(provider:, providerRef:)", unique=True, sparse=True),
        Index(by("operations.id"), "node of a refund or an operation", unique=True, sparse=True),
        Index(by("operations.idempotency_key"), "sent under one key", unique=True, sparse=True),
        Index(
            by("order_ref"), "what was paid for an order", only={"order_ref": {"$type": "string"}}
        ),
        Index(
            by("payer_key", "payer_id"),
            "what was paid by somebody who was not known yet",
            only={"payer_key": {"$type": "string"}},
        ),
        Index(by(*NEWEST), "payments"),
        Index(by("customer_id", *NEWEST), "payments, as a shopper"),
        Index(by("location_ids", *NEWEST), "payments, as a clerk"),
        Index(
            by("channel_id", "-created_key", "provider", "standing.state"), "payments(channels:)"
        ),
        Index(
            by("provider", "-created_key", "channel_id", "standing.state"), "payments(providers:)"
        ),
        Index(by("standing.state", "-created_key", "channel_id", "provider"), "payments(states:)"),
        PENDING,
    ),
    keys=(CREATED,),
)
COLLECTIONS = (PAYMENTS,)


def payment_document(payment: Payment) -> Document:
    """With its provider's references as keys: one external thing, one payment."""
    refs = [f"{ref.system}:{ref.value}" for ref in payment.refs]
    operations = [
        f"{payment.provider}:{operation.provider_ref}"
        for operation in payment.operations
        if operation.provider_ref
    ]
    return PAYMENTS.document(payment, ref_keys=searchable([*refs, *operations]))


class MongoPayments:
    """`ports.Payments`."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._payments = Reader(database, "payments", Payment, Subject.PAYMENTS, wanted)
        self._postings = Reader(database, POSTINGS.name, Posting, Subject.LEDGER, wanted)
        self._links = Reader(database, LINKS.name, PaymentLink, Subject.PAYMENTS, wanted)

    def by_ids(
        self, viewer: Viewer, keys: Sequence[PaymentId]
    ) -> Awaitable[Mapping[PaymentId, Payment]]:
        return self._payments.by_ids(viewer, keys)

    def by_refs(self, viewer: Viewer, keys: Sequence[str]) -> Awaitable[Mapping[str, Payment]]:
        return self._payments.tagged(viewer, "ref_keys", keys)

    async def by_operations(
        self, viewer: Viewer, keys: Sequence[OperationId]
    ) -> Mapping[OperationId, Payment]:
        having = {"operations.id": {"$in": list(keys)}}
        found = await self._payments.all(viewer, having, also=("operations",))
        asked = frozenset(keys)
        return {
            operation.id: payment
            for payment in found
            for operation in payment.operations
            if operation.id in asked
        }

    def of_orders(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[Payment]]]:
        return self._payments.many_each(viewer, "order_id", keys)

    def links_by_ids(
        self, viewer: Viewer, keys: Sequence[PaymentLinkId]
    ) -> Awaitable[Mapping[PaymentLinkId, PaymentLink]]:
        return self._links.by_ids(viewer, keys)

    def links_of(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[PaymentLink]]]:
        return self._links.many_each(viewer, "order_id", keys)

    def postings_of(
        self, viewer: Viewer, keys: Sequence[PaymentId]
    ) -> Awaitable[Mapping[PaymentId, Sequence[Posting]]]:
        return self._postings.many_each(viewer, "payment_id", keys)

    async def page(
        self, viewer: Viewer, query: PaymentQuery, request: PageRequest
    ) -> Page[Payment]:
        where = {
            **among("provider", query.providers),
            **among("channel_id", query.channels),
            **among("standing.state", query.states),
            **({} if query.customer is None else {"customer_id": query.customer}),
            **({} if query.location is None else {"location_ids": query.location}),
        }
        return await self._payments.page(
            viewer, where, CREATED, request, since=query.since, subject=Subject.PAYMENT_LIST
        )
