"""Telling Shopify what it may sell: many numbers at a time, each compared with the one before."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from adapters.shopify.client import Client
from adapters.shopify.translate import levels
from adapters.shopify.translate.levels import ITEMS, MOST_SET, MOST_SKUS, SET, Items, Setting
from domain.channels.answers import Missing
from domain.channels.pushing import Shown, StockSeen, StockSet, StockWritten
from domain.ids import Sku
from domain.ports.channels import CallFailed

MOST_KNOWN = 100_000
"""Items whose names are remembered."""


class Shelves:
    """The inventory of one shop."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._items: dict[Sku, str] = {}

    async def stock(self, places: Sequence[tuple[Sku, str]]) -> Sequence[StockSeen]:
        found: dict[tuple[Sku, str], StockSeen] = {}
        for place in {place for _, place in places}:
            skus = [sku for sku, at in places if at == place]
            for n in range(0, len(skus), MOST_SKUS):
                found |= await self._seen(place, skus[n : n + MOST_SKUS])
        return [found[each] for each in places]

    async def set_stock(self, told: Sequence[StockSet]) -> Sequence[StockWritten]:
        answers = await self._unnamed(told)
        known = [each for each in told if each.key not in answers]
        for n in range(0, len(known), MOST_SET):
            answers |= await self._set(known[n : n + MOST_SET])
        for each in told:
            if isinstance(answers[each.key], Missing):
                self._items.pop(each.sku, None)
        return [answers[each.key] for each in told]

    async def _seen(self, place: str, skus: Sequence[Sku]) -> dict[tuple[Sku, str], StockSeen]:
        given = {"query": levels.search(skus), "place": levels.place_id(place)}
        try:
            items = Items.of(await self._client.ask(ITEMS, given))
        except CallFailed as error:
            return {(sku, place): error.as_read for sku in skus}
        if len(self._items) > MOST_KNOWN:
            self._items = {}
        found = {sku: [each for each in items if each.sku == sku] for sku in skus}
        self._items |= {sku: some[0].id for sku, some in found.items() if len(some) == 1}
        return {(sku, place): levels.seen(some) for sku, some in found.items()}

    async def _unnamed(self, told: Sequence[StockSet]) -> dict[str, StockWritten]:
        """What becomes of those whose items have no name that we know, or could find."""
        new = [each for each in told if each.sku not in self._items]
        found = await self.stock([(each.sku, each.place) for each in new])
        return {
            each.key: levels.unnamed(seen)
            for each, seen in zip(new, found, strict=True)
            if each.sku not in self._items
        }

    async def _set(self, told: Sequence[StockSet]) -> dict[str, StockWritten]:
        """Of one call all happens, or nothing: what is refused is left out, and the rest sent."""
        answers: dict[str, StockWritten] = {}
        left = list(told)
        while left:
            key = sha256(" ".join(sorted(each.key for each in left)).encode()).hexdigest()[:32]
            given = {"input": levels.quantities(left, self._items), "key": key}
            try:
                refused = Setting.of(await self._client.ask(SET, given), len(left))
            except CallFailed as error:
                return answers | {each.key: error.as_write for each in left}
            if not refused:
                return answers | {each.key: Shown(each.quantity) for each in left}
            for n in sorted(refused, reverse=True):
                each = left.pop(n)
                answers[each.key] = refused[n].meaning()
        return answers
