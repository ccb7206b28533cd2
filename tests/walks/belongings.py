"""What belongs to one customer of the demo shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain import ids
from domain.customers import Customer
from domain.ids import Kind
from domain.shop import Shop
from domain.viewer import Role
from gateway import auth
from storage.mongo.orders import ref_key

UNKNOWN = "0123456789ABCDEFGHJKMNPQRS"
"""A ULID that nothing in the demo shop has."""


class Belongings:
    """A customer's orders, payments and the rest, and the customer's token."""

    def __init__(self, shop: Shop, customer: Customer) -> None:
        def own(items: Iterable[Any]) -> list[Any]:
            return [item for item in items if item.customer_id == customer.id]

        self.customer = customer
        self.token = auth.token(Role.SHOPPER, customer.id)
        self.orders = own(shop.orders)
        self.payments = own(shop.payments)
        operations = [each for payment in self.payments for each in payment.operations]
        self.nodes: Mapping[Kind, list[str]] = {
            Kind.CUSTOMER: [customer.id],
            Kind.LOYALTY_ACCOUNT: [account.id for account in own(shop.loyalty_accounts)],
            Kind.LOYALTY_ENTRY: [entry.id for entry in own(shop.loyalty_entries)],
            Kind.ORDER: [order.id for order in self.orders],
            Kind.FULFILLMENT: [parcel.id for parcel in own(shop.fulfillments)],
            Kind.RETURN: [one.id for one in own(shop.returns)],
            Kind.PAYMENT: [payment.id for payment in self.payments],
            Kind.OPERATION: [each.id for each in operations],
            Kind.REFUND: [ids.refund_of(each.id) for each in operations if each.kind == "REFUND"],
        }
        parts = [line.id for order in self.orders for line in order.lines]
        homes = [address.id for address in customer.addresses]
        self.ids = frozenset(
            [*parts, *homes, *(key for each in self.nodes.values() for key in each)]
        )

    @property
    def refs(self) -> list[str]:
        """The names of the orders in other systems."""
        return [ref_key(ref) for order in self.orders for ref in order.refs]

    @property
    def provider_refs(self) -> list[tuple[str, str]]:
        """The providers and their names for the payments, and for the operations of these."""
        named = [(ref.system, ref.value) for payment in self.payments for ref in payment.refs]
        operations = [
            (payment.provider, operation.provider_ref)
            for payment in self.payments
            for operation in payment.operations
            if operation.provider_ref
        ]
        return [*named, *operations]


def two_who_have_everything(shop: Shop) -> tuple[Belongings, Belongings]:
    """Two customers who each have one of everything that a customer can have."""
    everybody = (Belongings(shop, customer) for customer in shop.customers)
    complete = (person for person in everybody if all(person.nodes.values()))
    return next(complete), next(complete)
