"""The shop in which stock changes: small, on embedded servers of its own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from adapters import demo
from gateway import bootstrap, embedded
from gateway.settings import Settings

SKUS = 50
SIZE = demo.Size(customers=30, orders=90, products=60)


class Place(Struct, frozen=True):
    """Where stock changes: one place of each sku."""

    sku: str
    location: str


@asynccontextmanager
async def open_shop() -> AsyncGenerator[tuple[Settings, Sequence[Place]]]:
    """Where its servers are, and `SKUS` places."""
    with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder)) as servers:
        settings = Settings(mongodb_url=servers.mongodb_url, redis_url=servers.redis_url)
        shop = await bootstrap.seeded(settings, size=SIZE)
        place_by_sku = {
            level.sku: Place(level.sku, level.location_id) for level in shop.stock_levels
        }
        places = list(place_by_sku.values())[:SKUS]
        assert len(places) == SKUS, "the demo shop is smaller than that"
        yield settings, places
