"""The writing side of an import, in MongoDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec
from msgspec import Struct

from domain.ids import CustomerId, Kind, OrderId
from domain.imports.meeting import TYPES, Change, Incoming, Known, Outcome, level_key
from domain.imports.report import Sums
from domain.imports.tenders import Owners
from storage.mongo import (
    catalog,
    customers,
    operations,
    orders,
    outbox,
    payments,
    posting,
    stock,
)
from storage.mongo.catalog import product_document
from storage.mongo.collections import Collection
from storage.mongo.customers import customer_document
from storage.mongo.driver import Database, Document, Filter, Write
from storage.mongo.orders import order_document
from storage.mongo.payments import payment_document
from storage.mongo.stock.opening import level_document

DIGEST = "import_digest"
"""What came in last, as a fingerprint; the graph does not show it."""


class Place(Struct, frozen=True):
    """Where one kind is kept, and in which fields its natural key stands."""

    collection: Collection
    fields: tuple[str, ...]
    document: Callable[..., Document] | None = None
    keeps: tuple[str, ...] = ()
    """What only the database looks at, and what comes in does not change."""

    def where(self, keys: Sequence[str]) -> Filter:
        if self.collection is stock.LEVELS:
            skus, places = zip(*(key.split("\x00") for key in keys), strict=True)
            return {"sku": {"$in": list(set(skus))}, "location_id": {"$in": list(set(places))}}
        return {self.fields[0]: {"$in": list(keys)}}

    def keys_of(self, document: Document) -> Sequence[str]:
        """A payment has a key for each of its references; all else has one."""
        if self.collection is stock.LEVELS:
            return [level_key(document["sku"], document["location_id"])]
        if self.collection is payments.PAYMENTS:
            return document.get(self.fields[0], [])
        return [document[self.fields[0]]]

    def made(self, change: Change) -> Document:
        """The document of a change, with all that the database looks at."""
        document = (self.document or self.collection.document)(change.value)
        marked = {**document, DIGEST: change.digest}
        return outbox.telling(marked, change.told) if change.told else marked

    def asked(self, change: Change) -> Write:
        document = self.made(change)
        if change.told is None or change.over is None:
            return Write(document, change.over)
        return Write(document, change.over, outbox.taking_over(document, *self.keeps))


PLACES: Mapping[Kind, Place] = MappingProxyType(
    {
        Kind.CHANNEL: Place(operations.CHANNELS, ("code",)),
        Kind.LOCATION: Place(catalog.LOCATIONS, ("code",)),
        Kind.PRODUCT: Place(catalog.PRODUCTS, ("sku",), product_document),
        Kind.CUSTOMER: Place(customers.CUSTOMERS, ("number",), customer_document),
        Kind.STOCK_LEVEL: Place(
            stock.LEVELS,
            ("sku", "location_id"),
            level_document,
            keeps=("next_expiry", "far", "reservations"),
        ),
        Kind.ORDER: Place(orders.ORDERS, ("number",), order_document),
        Kind.RETURN: Place(orders.RETURNS, ("_id",)),
        Kind.PAYMENT: Place(payments.PAYMENTS, ("ref_keys",), payment_document),
    }
)

OWNERS = ("number", "customer_id", "channel_id", "location_ids", "totals.grand.currency")


class MongoIntake:
    """`ports.Intake`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ids(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, str]:
        found = await self._found(kind, keys, PLACES[kind].fields)
        return {key: document["_id"] for key, document in found.items()}

    async def owners(self, numbers: Sequence[str]) -> Mapping[str, Owners]:
        found = await self._found(Kind.ORDER, numbers, OWNERS)
        return {
            number: Owners(
                OrderId(document["_id"]),
                CustomerId(document["customer_id"]) if document.get("customer_id") else None,
                document["channel_id"],
                tuple(document.get("location_ids", ())),
                document["totals"]["grand"]["currency"],
            )
            for number, document in found.items()
        }

    async def known(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Known]:
        found = await self._found(kind, keys, (*PLACES[kind].fields, "version", DIGEST))
        return {
            key: Known(document["_id"], document["version"], document.get(DIGEST))
            for key, document in found.items()
        }

    async def there(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Incoming]:
        found = await self._found(kind, keys, None)
        return {key: msgspec.convert(each, TYPES[kind]) for key, each in found.items()}

    async def _found(
        self, kind: Kind, keys: Sequence[str], fields: Sequence[str] | None
    ) -> dict[str, Document]:
        if not keys:
            return {}
        place, wanted = PLACES[kind], frozenset(keys)
        documents = await self._database.find(
            place.collection.name, place.where(keys), fields=fields
        )
        return {
            key: document
            for document in documents
            for key in place.keys_of(document)
            if key in wanted
        }

    async def put(self, kind: Kind, changes: Sequence[Change]) -> Outcome:
        place = PLACES[kind]
        written = await self._database.write(
            place.collection.name, [place.asked(change) for change in changes]
        )
        return Outcome(
            {changes[n].key: why for n, why in written.refused.items()},
            {changes[n].key: why for n, why in written.overtaken.items()},
        )

    async def post(self, keys: Sequence[str]) -> None:
        await posting.post(self._database, keys)

    async def sums(self, kind: Kind, keys: Sequence[str]) -> Sums:
        place = PLACES[kind]
        if not keys:
            return Sums()
        match: Filter = {"$match": place.where(keys)}
        group = ORDER_SUMS if kind is Kind.ORDER else PAYMENT_SUMS
        rows = await self._database.aggregate_over(
            place.collection.name, [match, {"$group": group}]
        )
        total = Sums()
        for row in rows:
            total.add(_order_sums(row) if kind is Kind.ORDER else _payment_sums(row))
        return total


ORDER_SUMS: Filter = {
    "_id": "$totals.grand.currency",
    "orders": {"$sum": 1},
    "lines": {"$sum": {"$size": "$lines"}},
    "units": {"$sum": {"$sum": "$lines.ordered"}},
    "minor": {"$sum": "$totals.grand.gross_minor"},
}
PAYMENT_SUMS: Filter = {
    "_id": "$currency",
    "payments": {"$sum": 1},
    "minor": {"$sum": "$minor"},
}


def _order_sums(row: Document) -> Sums:
    return Sums(
        orders=row["orders"],
        lines=row["lines"],
        units=row["units"],
        ordered=Counter({row["_id"]: row["minor"]}),
    )


def _payment_sums(row: Document) -> Sums:
    return Sums(payments=row["payments"], paid=Counter({row["_id"]: row["minor"]}))
