"""What is subscribed to, and what a message tells."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

COST = """subscription ($skus: [String!]) { stockChanged(skus: $skus) {
  kind cursor at levels { id version onHand committed reserved free } } }"""
"""All servers can be asked this; it reads nothing but what changed."""

WATCH = """subscription ($skus: [String!]) { stockChanged(skus: $skus) {
  kind cursor at levels { id version onHand committed reserved free }
  entries { type changes { path } } } }"""
"""With the changes themselves, by which a write is known again."""

TOOK, LET_GO = "StockReserved", "ReservationReleased"
HOLD = "reservations."

Change = tuple[str, str]
"""What happened, and to which reservation."""


def changes(message: bytes) -> Iterator[Change]:
    """What a `WATCH` message tells of."""
    for entry in orjson.loads(message)["payload"]["data"]["stockChanged"]["entries"]:
        for change in entry["changes"]:
            if change["path"].startswith(HOLD):
                yield entry["type"], change["path"].removeprefix(HOLD)
