"""What channels told of, as it stands in the books."""

from __future__ import annotations

from typing import Any

from storage.mongo.catalog import PRODUCTS
from storage.mongo.customers import CUSTOMERS
from storage.mongo.driver import Database
from storage.mongo.migrate import WITH_OUTBOX
from storage.mongo.orders import ORDERS
from storage.mongo.outbox import PENDING_SINCE
from storage.mongo.payments import PAYMENTS
from storage.mongo.shipments import SHIPMENTS
from storage.mongo.stock import LEVELS
from tests.trading import ORDERS as FIRST_ORDERS
from tests.trading import Trading

HIDDEN = frozenset(
    {"version", "updated_at", "updated_key", "outbox", "pending_since", "since", "last"}
)


async def clear(database: Database) -> None:
    """Leave nothing of what a test before told of."""
    await database.delete(CUSTOMERS.name, {})
    await database.delete(SHIPMENTS.name, {})
    await database.delete(ORDERS.name, {"number": {"$regex": "^(#|till-)"}})
    await database.delete(PRODUCTS.name, {"told_by": {"$ne": None}})


async def state_of(shop: Trading) -> dict[str, Any]:
    """All that is in the books, without what only says how often it was written.

    The orders that a shop begins with are left out: tills take money for them.
    """
    found: dict[str, Any] = {}
    for name in (CUSTOMERS, ORDERS, PAYMENTS, PRODUCTS, LEVELS):
        told = {"_id": {"$nin": list(FIRST_ORDERS)}}
        rows = await shop.database.find(name.name, told, sort=[("_id", 1)])
        found[name.name] = [_plain(row) for row in rows]
    rows = await shop.database.find(SHIPMENTS.name, {}, sort=[("_id", 1)])
    found[SHIPMENTS.name] = [(row["_id"], row["pieces"]) for row in rows]
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in row.items() if key not in HIDDEN}
    if "operations" in plain:
        plain["operations"] = sorted(plain["operations"], key=lambda each: each["id"])
    if "authority" in plain:
        plain["authority"] = plain["authority"]["system"]
    return plain


async def journal_of(shop: Trading) -> list[dict[str, Any]]:
    """The whole journal, also where another leader is at it."""
    pending = {PENDING_SINCE: {"$exists": True}}
    while any([await shop.database.count(each, pending, cap=1) for each in WITH_OUTBOX]):
        await shop.told()
    return await shop.told()


async def story_of(shop: Trading) -> dict[str, dict[str, Any]]:
    """What the journal adds up to: the last word about each fact of each thing."""
    last: dict[str, dict[str, Any]] = {}
    for entry in await journal_of(shop):
        facts = last.setdefault(entry["aggregate"], {})
        facts |= {name: now for name, (_, now) in entry["changes"].items() if now}
    return last
