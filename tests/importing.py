"""Small folders of a retailer's files, and what is needed to bring them in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters import files
from commands import imports
from domain.imports.report import Report
from storage.mongo.driver import Database, Document
from storage.mongo.intake import MongoIntake

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("KASSA_SHARED", ROOT.parent / "shared"))
ADVENTUREWORKS = SHARED / "data" / "adventureworks"

needs_adventureworks = pytest.mark.skipif(
    not ADVENTUREWORKS.is_dir(), reason=f"AdventureWorks is not in {ADVENTUREWORKS}"
)

MAPPING = """
system = "till"
currency = "EUR"
country = "SE"

[locations]
file = "places.csv"
columns = { code = "code", name = "name" }

[products]
file = "products.csv"
columns = { sku = "sku", name = "name", price = "price" }

[customers]
file = "people.csv"
columns = { number = "no", name = "name", phone = "phone", email = "email" }

[stock]
file = "stock.csv"
columns = { sku = "sku", location = "place", on_hand = "units" }

[orders]
file = "orders.csv"
[orders.columns]
number = "no"
placed_at = "day"
customer = "customer"
currency = "currency"
total = "total"

[lines]
file = "lines.csv"
[lines.columns]
order = "order"
position = "line"
sku = "sku"
name = "name"
quantity = "units"
unit_price = "price"

[payments]
file = "payments.csv"
columns = { ref = "ref", order = "order", amount = "amount", paid_at = "day" }

[refunds]
file = "refunds.csv"
columns = { ref = "ref", order = "order", amount = "amount", refunded_at = "day" }

[returns]
file = "returns.csv"
columns = { number = "no", order = "order", sku = "sku", quantity = "units", placed_at = "day" }
"""

SHOP: Mapping[str, str] = {
    "kassa.toml": MAPPING,
    "places.csv": "code,name\nSTO,Stockholm\n",
    "products.csv": "sku,name,price\nMUG,Mug,12.50\nTEA,Tea,3.35\n",
    "people.csv": (
        "no,name,phone,email\n"
        "1,Maja,070-123 45 67,Maja@Example.com\n"
        "2,Olle,1 (11) 500 555-0162,olle@example.com\n"
    ),
    "stock.csv": "sku,place,units\nMUG,STO,7\nTEA,STO,30\n",
    "orders.csv": (
        "no,day,customer,currency,total\n"
        "A1,2026-02-01,1,EUR,28.35\nA2,2026-02-02,,EUR,3.35\nA3,2026-02-03,2,EUR,25.00\n"
    ),
    "lines.csv": (
        "order,line,sku,name,units,price\n"
        "A1,2,TEA,Tea,1,3.35\nA3,1,MUG,Mug,2,12.50\nA2,1,OLD,Not sold any more,1,3.35\n"
        "A1,1,MUG,Mug,2,12.50\n"
    ),
    "payments.csv": (
        "ref,order,amount,day\nP1,A1,28.35,2026-02-01\nP2,A2,3.35,2026-02-02\n"
        "P3,A3,25.00,2026-02-03\n"
    ),
    "refunds.csv": "ref,order,amount,day\nR1,A3,12.50,2026-02-09\n",
    "returns.csv": "no,order,sku,units,day\nB1,A3,MUG,1,2026-02-08\n",
}
"""A tiny shop in which nothing is wrong."""

COLLECTIONS = (
    "channels",
    "locations",
    "products",
    "customers",
    "stock_levels",
    "orders",
    "returns",
    "payments",
)


def folder(at: Path, contents: Mapping[str, str | bytes] = SHOP) -> Path:
    """The files, written down."""
    at.mkdir(exist_ok=True)
    for name, content in contents.items():
        raw = content.encode() if isinstance(content, str) else content
        (at / name).write_bytes(raw)
    return at


def shop(at: Path, **changed: str | bytes) -> Path:
    """The tiny shop with some files changed: `orders="…"` is `orders.csv`."""
    named = {"kassa.toml" if k == "mapping" else f"{k}.csv": v for k, v in changed.items()}
    return folder(at, {**SHOP, **named})


def silent(*_: object) -> None: ...


async def bring(
    database: Database, at: Path, *, tolerate: float = 100, now: datetime = NOW
) -> Report:
    """Import a folder, as `kassa import` does."""
    aside = at / "quarantine.ndjson"
    report = Report(quarantine=str(aside))
    with (
        files.Quarantine(aside) as quarantine,
        files.opened(at, files.load(at / "kassa.toml"), quarantine) as feed,
    ):
        intake = MongoIntake(database)
        await imports.run(feed, intake, now, tolerate=tolerate, report=report, told=silent)
    return report


def quarantined(at: Path) -> list[dict[str, Any]]:
    """What was put aside."""
    path = at / "quarantine.ndjson"
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [msgspec.json.decode(line) for line in lines]


def reasons(at: Path) -> list[str]:
    return [entry["reason"] for entry in quarantined(at)]


TIMELY = frozenset({"updated_at", "updated_key", "pending_since"})


async def state(database: Database) -> dict[str, list[Document]]:
    """All that an import writes; when, and by which run it was written, does not count."""
    return {
        name: [_timeless(each) for each in await database.find(name, {}, sort=[("_id", 1)])]
        for name in COLLECTIONS
    }


def _timeless(document: Document) -> Document:
    kept = {name: value for name, value in document.items() if name not in TIMELY}
    told = [{**each, "at": None, "cause": None} for each in document.get("outbox", ())]
    return {**kept, "outbox": told}


async def one(database: Database, collection: str, **where: object) -> Document:
    [found] = await database.find(collection, where)
    return found
