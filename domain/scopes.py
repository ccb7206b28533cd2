"""What credentials may open, beside what their role may: a key or a token is good for some of it.

A scope takes away and never gives: what the role does not reach stays out of reach.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from domain.errors import BadInput


class Scope(StrEnum):
    """One thing that credentials are good for."""

    CATALOG = "catalog"
    STOCK = "stock"
    RESERVE = "stock:reserve"
    MOVE = "stock:move"
    CUSTOMERS = "customers"
    CONTACT = "customers:contact"
    BEHAVIOUR = "customers:behaviour"
    LOOKUP = "customers:lookup"
    MERGE = "customers:merge"
    ORDERS = "orders"
    PAYMENTS = "payments"
    RECORD = "payments:record"
    OPERATE = "payments:operate"
    LEDGER = "ledger"
    JOURNAL = "journal"
    CHANNELS = "channels"
    INCIDENTS = "incidents"
    RESOLVE = "incidents:resolve"


MEANS = {
    Scope.CATALOG: "products, prices, stores, channels and what is available",
    Scope.STOCK: "stock levels and transfers",
    Scope.RESERVE: "hold units for a while, and see what was held",
    Scope.MOVE: "adjust, count and transfer stock",
    Scope.CUSTOMERS: "people, by id or number",
    Scope.CONTACT: "how to reach people: identities and addresses",
    Scope.BEHAVIOUR: "what people like and do: preferences and points",
    Scope.LOOKUP: "look people up by what they are known by",
    Scope.MERGE: "see who might be the same person",
    Scope.ORDERS: "orders, parcels and returns",
    Scope.PAYMENTS: "payments and refunds",
    Scope.RECORD: "write down payments and refunds",
    Scope.OPERATE: "have providers capture, cancel and refund, and make links to pay by",
    Scope.LEDGER: "the accounts behind payments",
    Scope.JOURNAL: "what changed, and who changed it",
    Scope.CHANNELS: "how connected channels are doing, and what of theirs waits",
    Scope.INCIDENTS: "what somebody must look at",
    Scope.RESOLVE: "say that it was looked at",
}


def scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes by their names.

    Raises:
        BadInput: there is none of a name.
    """
    try:
        return frozenset(Scope(name) for name in names)
    except ValueError as error:
        raise BadInput(f"{error}. There are: {', '.join(Scope)}.") from error
