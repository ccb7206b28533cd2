"""Credit notes that do not say what was bought: the sale is found by customer, sku and time."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.files.spill import TURN, Spill
from domain.imports.rows import LineRow, Part, ReturnRow

SOLD = """
CREATE TEMP TABLE sold (
  customer TEXT, sku TEXT, at INTEGER, number TEXT, units INTEGER
)
"""
LATEST = """
SELECT rowid, number FROM sold
WHERE customer = ? AND sku = ? AND at <= ? AND units >= ?
ORDER BY at DESC, number DESC LIMIT 1
"""
LEFT_EMPTY = """
DELETE FROM orders WHERE part = ? AND key IN (SELECT own FROM moved)
AND NOT EXISTS (SELECT 1 FROM orders other WHERE other.key = orders.key AND other.part <> ?)
"""


def match(spill: Spill) -> int:
    """Put each return under the customer's last sale of that sku with enough units left.

    One whose sale is not in the files stays on its own. Answers how many found their sale.
    """
    base = spill.base
    base.execute(SOLD)
    base.executemany("INSERT INTO sold VALUES (?,?,?,?,?)", _sold(spill))
    base.execute("CREATE INDEX temp.by_customer ON sold (customer, sku, at, number)")
    base.execute("CREATE TEMP TABLE moved (id INTEGER PRIMARY KEY, own TEXT, key TEXT)")
    base.execute("CREATE TEMP TABLE notes (id INTEGER, at INTEGER, customer, sku, units, own)")
    base.executemany("INSERT INTO notes VALUES (?,?,?,?,?,?)", _notes(spill))
    notes = base.execute("SELECT id, at, customer, sku, units, own FROM notes ORDER BY at, id")
    for number, at, customer, sku, units, own in notes:
        found = base.execute(LATEST, (customer, sku, at, units)).fetchone()
        if found:
            base.execute("UPDATE sold SET units = units - ? WHERE rowid = ?", (units, found[0]))
            base.execute("INSERT INTO moved VALUES (?,?,?)", (number, own, found[1]))
    base.execute("CREATE INDEX by_key ON orders (key, part)")
    base.execute(
        "UPDATE orders SET key = (SELECT key FROM moved WHERE moved.id = orders.id) "
        "WHERE id IN (SELECT id FROM moved)"
    )
    base.execute(LEFT_EMPTY, (TURN[Part.ORDERS], TURN[Part.ORDERS]))
    return base.execute("SELECT count(*) FROM moved").fetchone()[0]


def _sold(spill: Spill) -> Iterator[tuple[str, str, int, str, int]]:
    for _, row in spill.rows(Part.LINES):
        if isinstance(row, LineRow) and row.customer and row.placed_at:
            at = round(row.placed_at.timestamp())
            yield row.customer, row.sku, at, row.order, row.quantity


def _notes(spill: Spill) -> Iterator[tuple[int, int, str, str, int, str]]:
    for number, row in spill.rows(Part.RETURNS):
        if isinstance(row, ReturnRow) and row.customer and row.placed_at:
            at = round(row.placed_at.timestamp())
            yield number, at, row.customer, row.sku, row.quantity, row.order
