"""The loaders of one request, as Strawberry's documentation shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from strawberry.dataloader import DataLoader

from bench.http.peers.reads import Document, Reads


def one_each(
    read: Callable[[list[str]], Awaitable[Mapping[str, Document]]],
) -> DataLoader[str, Document | None]:
    async def load(keys: list[str]) -> list[Document | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)


def many_each(
    read: Callable[[list[str]], Awaitable[Mapping[str, list[Document]]]],
) -> DataLoader[str, list[Document]]:
    async def load(keys: list[str]) -> list[list[Document]]:
        found = await read(keys)
        return [found.get(key, []) for key in keys]

    return DataLoader(load)


class Loaders:
    """What one request reads."""

    def __init__(self, reads: Reads) -> None:
        def documents(collection: str) -> DataLoader[str, Any]:
            return one_each(lambda keys: reads.by_ids(collection, keys))

        self.reads = reads
        self.customers = documents("customers")
        self.orders = documents("orders")
        self.channels = documents("channels")
        self.locations = documents("locations")
        self.products = one_each(reads.products)
        self.payments_of = many_each(reads.payments_of)
        self.levels_of = many_each(reads.levels_of)
