"""What several walks stand on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain import ids
from domain.ids import Kind
from domain.shop import Shop
from domain.viewer import Role
from tests.making import new_id


@pytest.fixture(scope="session")
def entities(shop: Shop) -> Mapping[str, list[str]]:
    """Ids of every entity that a router may ask for."""
    operations = [each for payment in shop.payments for each in payment.operations]
    refunds = [each.id for each in operations if each.kind == "REFUND"]
    items = {
        "Channel": shop.channels,
        "Customer": shop.customers,
        "Fulfillment": shop.fulfillments,
        "Location": shop.locations,
        "LoyaltyAccount": shop.loyalty_accounts,
        "LoyaltyEntry": shop.loyalty_entries,
        "Order": shop.orders,
        "Payment": shop.payments,
        "PaymentOperation": operations,
        "Product": shop.products,
        "Reservation": shop.reservations,
        "Return": shop.returns,
        "StockLevel": shop.stock_levels,
        "Transfer": shop.transfers,
    }
    found = {kind: [item.id for item in each] for kind, each in items.items()}
    return {
        **found,
        "Incident": [new_id(Kind.INCIDENT, 0)],
        "PaymentLink": [new_id(Kind.PAYMENT_LINK, 0)],
        "JournalEntry": [ids.entry_id(n) for n in range(1, 101)],
        "Refund": [f"rfd_{key.partition('_')[2]}" for key in refunds],
    }


@pytest.fixture
def staff(tokens: dict[Role, str]) -> str:
    return tokens[Role.SUPPORT]
