"""People and their points in MongoDB."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from domain.customers import (
    MOST_FOUND,
    NEWEST_ENTRY_FIRST,
    Customer,
    IdentityKind,
    LoyaltyAccount,
    LoyaltyEntry,
)
from domain.ids import CustomerId, LoyaltyAccountId, LoyaltyEntryId
from domain.pages import Page, PageRequest
from domain.ports import EVERYTHING, Wanted
from domain.suggestions import MOST_SHARING
from domain.viewer import Subject, Viewer
from storage.mongo.access import Owners
from storage.mongo.collections import Collection, Index, by, searchable
from storage.mongo.driver import Database, Document
from storage.mongo.outbox import PENDING
from storage.mongo.reader import Reader
from storage.mongo.sorting import SortKey

COMPARED = Wanted(
    {Customer: dict.fromkeys(("id", "display_name", "identities", "consents", "accounts"), True)}
)
"""What of people is looked at to tell whether they are the same."""

NEWEST = SortKey("at_key", NEWEST_ENTRY_FIRST)

CUSTOMERS = Collection(
    "customers",
    Customer,
    (
        Index(by("number"), "customer(number:)", unique=True),
        Index(by("identities.kind", "identities.value"), "findCustomers"),
        Index(by("identities.value"), "Customer.mergeSuggestions"),
        Index(by("ref_keys"), "whom a channel means", unique=True, sparse=True),
        PENDING,
    ),
)
ACCOUNTS = Collection(
    "loyalty_accounts",
    LoyaltyAccount,
    (Index(by("customer_id"), "Customer.loyalty", unique=True),),
)
ENTRIES = Collection(
    "loyalty_entries",
    LoyaltyEntry,
    (Index(by("account_id", "-at_key"), "LoyaltyAccount.entries"),),
    keys=(NEWEST,),
)
COLLECTIONS = (CUSTOMERS, ACCOUNTS, ENTRIES)


def customer_document(customer: Customer) -> Document:
    """With the accounts that channels have for them as keys: one account, one person."""
    keys = [f"{each.channel_id}:{each.ref}" for each in customer.accounts]
    return CUSTOMERS.document(customer, ref_keys=searchable(keys))


class MongoCustomers:
    """`ports.Customers`."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._people = Reader(
            database, "customers", Customer, Subject.CUSTOMERS, wanted, Owners(customer="_id")
        )
        self._searched = Reader(database, "customers", Customer, Subject.CUSTOMER_SEARCH, wanted)
        self._compared = Reader(database, "customers", Customer, Subject.MERGING, COMPARED)
        self._accounts = Reader(
            database, "loyalty_accounts", LoyaltyAccount, Subject.POINTS, wanted
        )
        self._entries = Reader(database, "loyalty_entries", LoyaltyEntry, Subject.POINTS, wanted)

    def by_ids(
        self, viewer: Viewer, keys: Sequence[CustomerId]
    ) -> Awaitable[Mapping[CustomerId, Customer]]:
        return self._people.by_ids(viewer, keys)

    def by_numbers(self, viewer: Viewer, keys: Sequence[str]) -> Awaitable[Mapping[str, Customer]]:
        return self._people.one_each(viewer, "number", keys)

    async def found_by(self, viewer: Viewer, kind: IdentityKind, value: str) -> Sequence[Customer]:
        identity = {"identities": {"$elemMatch": {"kind": kind.value, "value": value}}}
        return await self._searched.all(viewer, identity, limit=MOST_FOUND)

    async def similar(
        self, viewer: Viewer, keys: Sequence[str]
    ) -> Mapping[str, Sequence[Customer]]:
        if not keys:
            return {}
        return await self._compared.some_each(viewer, "identities.value", keys, MOST_SHARING + 1)

    def accounts_by_ids(
        self, viewer: Viewer, keys: Sequence[LoyaltyAccountId]
    ) -> Awaitable[Mapping[LoyaltyAccountId, LoyaltyAccount]]:
        return self._accounts.by_ids(viewer, keys)

    def accounts_of(
        self, viewer: Viewer, keys: Sequence[CustomerId]
    ) -> Awaitable[Mapping[CustomerId, LoyaltyAccount]]:
        return self._accounts.one_each(viewer, "customer_id", keys)

    def entries_by_ids(
        self, viewer: Viewer, keys: Sequence[LoyaltyEntryId]
    ) -> Awaitable[Mapping[LoyaltyEntryId, LoyaltyEntry]]:
        return self._entries.by_ids(viewer, keys)

    async def entry_pages(
        self, viewer: Viewer, keys: Sequence[LoyaltyAccountId], request: PageRequest
    ) -> Mapping[LoyaltyAccountId, Page[LoyaltyEntry]]:
        return await self._entries.pages(viewer, "account_id", keys, {}, NEWEST, request)
