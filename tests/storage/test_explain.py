"""Questions by key are answered from an index, and nothing but the answer is read."""

from __future__ import annotations

import pytest

from domain.shop import Shop
from domain.viewer import SYSTEM
from tests.storage.explaining import Asker, documents_read, without_scans

OLDEST = slice(0, 700)
"""More keys than MongoDB merges; the oldest, which stand first in the collection."""

BY_KEYS = {
    "orders by id": lambda r, s, v, some: r.orders.by_ids(v, [o.id for o in s.orders[some]]),
    "orders by number": lambda r, s, v, some: r.orders.by_numbers(
        v, [o.number for o in s.orders[some]]
    ),
    "orders by ref": lambda r, s, v, some: r.orders.by_refs(
        v, [f"{e.system}:{e.kind}:{e.value}" for o in s.orders[some] for e in o.refs[:1]]
    ),
    "fulfillments by id": lambda r, s, v, some: r.orders.fulfillments_by_ids(
        v, [f.id for f in s.fulfillments[some]]
    ),
    "fulfillments": lambda r, s, v, some: r.orders.fulfillments_of(
        v, [o.id for o in s.orders[some]]
    ),
    "returns by id": lambda r, s, v, some: r.orders.returns_by_ids(
        v, [e.id for e in s.returns[some]]
    ),
    "returns": lambda r, s, v, some: r.orders.returns_of(v, [o.id for o in s.orders[some]]),
    "payments by id": lambda r, s, v, some: r.payments.by_ids(v, [p.id for p in s.payments[some]]),
    "payments by ref": lambda r, s, v, some: r.payments.by_refs(
        v, [f"{e.system}:{e.value}" for p in s.payments[some] for e in p.refs[:1]]
    ),
    "payments by operation": lambda r, s, v, some: r.payments.by_operations(
        v, [p.operations[0].id for p in s.payments[some]]
    ),
    "payments of orders": lambda r, s, v, some: r.payments.of_orders(
        v, [o.id for o in s.orders[some]]
    ),
    "levels by id": lambda r, s, v, some: r.stock.by_ids(v, [e.id for e in s.stock_levels[some]]),
    "levels of products": lambda r, s, v, some: r.stock.levels_of(
        v, [p.sku for p in s.products[some]]
    ),
    "promises of products": lambda r, s, v, some: r.stock.promises_of(
        v, [p.sku for p in s.products[some]]
    ),
    "customers by id": lambda r, s, v, some: r.customers.by_ids(
        v, [c.id for c in s.customers[some]]
    ),
    "customers by number": lambda r, s, v, some: r.customers.by_numbers(
        v, [c.number for c in s.customers[some]]
    ),
    "accounts by id": lambda r, s, v, some: r.customers.accounts_by_ids(
        v, [a.id for a in s.loyalty_accounts[some]]
    ),
    "accounts of customers": lambda r, s, v, some: r.customers.accounts_of(
        v, [a.customer_id for a in s.loyalty_accounts[some]]
    ),
    "entries by id": lambda r, s, v, some: r.customers.entries_by_ids(
        v, [e.id for e in s.loyalty_entries[some]]
    ),
    "products by id": lambda r, s, v, some: r.catalog.products_by_ids(
        v, [p.id for p in s.products[some]]
    ),
    "products by sku": lambda r, s, v, some: r.catalog.products_by_skus(
        v, [p.sku for p in s.products[some]]
    ),
    "products by barcode": lambda r, s, v, some: r.catalog.products_by_barcodes(
        v, [code for p in s.products[some] for code in p.barcodes]
    ),
}


@pytest.mark.parametrize("some", [slice(0, 1), slice(-20, None), OLDEST], ids=["1", "20", "700"])
@pytest.mark.parametrize("question", BY_KEYS)
async def test_what_is_asked_by_key_is_all_that_is_read(
    asker: Asker, shop: Shop, question: str, some: slice
):
    asked = BY_KEYS[question](asker.found, shop, SYSTEM, some)

    found, answers = await asker.explained(asked)

    without_scans(answers)
    items = [
        item for each in found.values() for item in (each if isinstance(each, list) else [each])
    ]
    assert items or question == "returns"
    assert documents_read(answers) <= len({item.id for item in items})
