"""Whose everything is, told from the shop's values alone; and who may see it, in plain words.

This says once more, without a database and without the product's own tables, what the product must
not show. Where both are wrong in the same way, nobody notices; so this one is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from domain import ids
from domain.ids import Kind
from domain.scopes import Scope
from domain.shop import Shop
from domain.viewer import Role, Viewer
from storage.mongo.driver import Database
from tests.making import a_link_of

STAFF = {Role.CLERK, Role.SUPPORT, Role.FINANCE, Role.SYSTEM}
PUBLIC = {Kind.PRODUCT, Kind.LOCATION, Kind.CHANNEL}
OF_STAFF = {Kind.STOCK_LEVEL, Kind.TRANSFER, Kind.JOURNAL_ENTRY, Kind.POSTING}
OF_PERSONS = {Kind.CUSTOMER, Kind.ADDRESS, Kind.LOYALTY_ACCOUNT, Kind.LOYALTY_ENTRY}
SCOPE_OF = {
    Kind.CUSTOMER: Scope.CUSTOMERS,
    Kind.ADDRESS: Scope.CONTACT,
    Kind.LOYALTY_ACCOUNT: Scope.BEHAVIOUR,
    Kind.LOYALTY_ENTRY: Scope.BEHAVIOUR,
    Kind.ORDER: Scope.ORDERS,
    Kind.ORDER_LINE: Scope.ORDERS,
    Kind.FULFILLMENT: Scope.ORDERS,
    Kind.RETURN: Scope.ORDERS,
    Kind.PAYMENT: Scope.PAYMENTS,
    Kind.OPERATION: Scope.PAYMENTS,
    Kind.REFUND: Scope.PAYMENTS,
    Kind.PAYMENT_LINK: Scope.PAYMENTS,
    Kind.STOCK_LEVEL: Scope.STOCK,
    Kind.TRANSFER: Scope.STOCK,
    Kind.RESERVATION: Scope.RESERVE,
    Kind.JOURNAL_ENTRY: Scope.JOURNAL,
    Kind.INCIDENT: Scope.INCIDENTS,
}
ID = re.compile(rf"\b(?:{'|'.join(Kind)})_[0-9A-Z]{{26}}\b")


class Owned(Struct, frozen=True):
    """Whose something is."""

    customer: str | None = None
    channel: str | None = None
    principal: str | None = None
    hidden: bool = False
    sold_on: tuple[str, ...] = ()


class Owners:
    """Who owns what, by id; and words that only some may read, by whose they are."""

    def __init__(self, shop: Shop) -> None:
        self.by_id: dict[str, Owned] = dict(_owned(shop))
        self.words = dict(_of_one(_words(shop)))
        self.contacts = dict(_of_one(_contacts(shop)))

    async def learn(self, world: Database) -> None:
        """Whose the things are that mutations have made."""
        for row in await world.find("reservations", {}):
            self.by_id[row["_id"]] = Owned(principal=row["owner"])
        for row in await world.find("payments", {}):
            owned = Owned(row.get("customer_id"), row["channel_id"])
            self.by_id[row["_id"]] = owned
            for operation in row["operations"]:
                self.by_id[operation["id"]] = owned
                self.by_id[ids.refund_of(operation["id"])] = owned

    def leaks(self, viewer: Viewer, answer: str) -> list[str]:
        """What stands in an answer and must not."""
        found = [each for each in set(ID.findall(answer)) if not self.may_see(viewer, each)]
        if viewer.role in {Role.CLERK, Role.FINANCE}:
            words, own = self.contacts, None
        elif viewer.role in STAFF:
            return found
        else:
            words, own = {**self.words, **self.contacts}, viewer.customer
        return found + [word for word, whose in words.items() if whose != own and word in answer]

    def may_see(self, viewer: Viewer, key: str) -> bool:
        kind = ids.kind_of(key)
        if viewer.scopes is not None and kind not in PUBLIC and SCOPE_OF[kind] not in viewer.scopes:
            return False
        if kind is Kind.INCIDENT:
            return viewer.role in STAFF - {Role.CLERK}
        if viewer.role in STAFF:
            return True
        if kind in OF_STAFF:
            return False
        owned = self.by_id[key]
        if kind in PUBLIC:
            return not owned.hidden or any(self.may_see(viewer, each) for each in owned.sold_on)
        if kind is Kind.RESERVATION:
            return owned.principal == viewer.principal
        if viewer.role is Role.SHOPPER:
            return owned.customer == viewer.customer
        is_partners = viewer.role is Role.PARTNER and kind not in OF_PERSONS
        return is_partners and owned.channel in viewer.channels


def _owned(shop: Shop) -> Iterator[tuple[str, Owned]]:
    yield from _products(shop)
    yield from _persons(shop)
    for each in (*shop.locations, *shop.channels, *shop.stock_levels, *shop.transfers):
        yield each.id, Owned()
    for reservation in shop.reservations:
        yield reservation.id, Owned(principal=reservation.owner)
    for order in shop.orders:
        owned = Owned(order.customer_id, order.channel_id)
        yield from ((key, owned) for key in (order.id, *(line.id for line in order.lines)))
    parts: list[Any] = [*shop.fulfillments, *shop.returns]
    for each in parts:
        yield each.id, Owned(each.customer_id, each.channel_id)
    link = a_link_of(shop)
    yield link.id, Owned(link.customer_id, link.channel_id)
    for payment in shop.payments:
        owned = Owned(payment.customer_id, payment.channel_id)
        yield payment.id, owned
        for operation in payment.operations:
            yield operation.id, owned
            yield ids.refund_of(operation.id), owned


def _products(shop: Shop) -> Iterator[tuple[str, Owned]]:
    sold: dict[str, list[str]] = {}
    for order in shop.orders:
        for line in order.lines:
            sold.setdefault(line.sku, []).append(order.id)
    for product in shop.products:
        orders = () if product.is_published else tuple(sold.get(product.sku, ()))
        yield product.id, Owned(hidden=not product.is_published, sold_on=orders)


def _persons(shop: Shop) -> Iterator[tuple[str, Owned]]:
    for customer in shop.customers:
        for key in (customer.id, *(address.id for address in customer.addresses)):
            yield key, Owned(customer.id)
    points: list[Any] = [*shop.loyalty_accounts, *shop.loyalty_entries]
    for each in points:
        yield each.id, Owned(each.customer_id)


def _words(shop: Shop) -> Iterator[tuple[str, str]]:
    """What people are called, and where they live."""
    for customer in shop.customers:
        lines = [line for address in customer.addresses for line in address.lines]
        for text in filter(None, [customer.display_name, *lines]):
            yield text, customer.id


def _contacts(shop: Shop) -> Iterator[tuple[str, str]]:
    for customer in shop.customers:
        for each in customer.identities:
            if each.kind in {"EMAIL", "PHONE"}:
                yield each.value, customer.id


def _of_one(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Texts that only one person has: families share telephones and streets."""
    whose: dict[str, set[str]] = {}
    for text, person in pairs:
        whose.setdefault(text, set()).add(person)
    yield from ((text, *people) for text, people in whose.items() if len(people) == 1)
