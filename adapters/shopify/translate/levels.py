"""Stock that is told to Shopify: the query, the mutation, their shapes and words.

`on_hand` is what is set, as it is what is read. Shopify takes off what it has sold and not sent by
itself, so its own sales neither change the number nor are undone by it.

Source: https://shopify.dev/docs/api/admin-graphql/2026-10/mutations/inventorySetQuantities
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from adapters.shopify.translate.queries import decoded
from adapters.shopify.translate.shapes import Name, Quantity
from domain.channels.answers import Missing, ReadError, Rejected, Trouble, Unknown
from domain.channels.pushing import Shown, Stale, StockSeen, StockSet, StockWritten
from domain.ids import Sku
from domain.ports.channels import CallFailed

COUNTED = "on_hand"
MOST_SKUS = 50
"""Asked for in one search, which may find more than was meant."""

MOST_SET = 100

ITEMS = f"""query ($query: String!, $place: ID!) {{ inventoryItems(first: 200, query: $query) {{
  nodes {{ id sku level: inventoryLevel(locationId: $place) {{
    quantities(names: ["{COUNTED}"]) {{ name quantity }} }} }} }} }}"""
SET = """mutation ($input: InventorySetQuantitiesInput!, $key: String!) {
  done: inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field message } } }"""

STALE = frozenset(
    {
        "CHANGE_FROM_QUANTITY_STALE",
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    }
)
AT_WORK = "IDEMPOTENCY_CONCURRENT_REQUEST"
GONE = frozenset({"INVALID_INVENTORY_ITEM", "INVALID_LOCATION"})
TWICE = "Several of its products have this sku: which one is meant, nobody can say."


class Shelf(Struct):
    quantities: Sequence[Quantity]


class Item(Struct):
    id: Name
    sku: str | None = None
    level: Shelf | None = None


class Nodes(Struct):
    nodes: Sequence[Item] = ()


class Items(Struct):
    """What a search found."""

    found: Nodes = msgspec.field(name="inventoryItems", default_factory=Nodes)

    @staticmethod
    def of(data: msgspec.Raw) -> Sequence[Item]:
        return decoded(data, Items).found.nodes


class Refusal(Struct):
    message: str
    code: str | None = None
    field: Sequence[str] | None = None

    def position(self) -> int | None:
        """Which of the quantities it is about: `input.quantities.3.changeFromQuantity`."""
        numbers = [part for part in self.field or () if part.isascii() and part.isdigit()]
        return int(numbers[0]) if numbers else None

    def meaning(self) -> StockWritten:
        """As we say it."""
        code, why = self.code or "UNKNOWN", f"Shopify says: {self.message[:200]}"
        if code in STALE:
            return Stale(why)
        if code in GONE:
            return Missing()
        return Unknown(why) if code == AT_WORK else Rejected(code, why)


class Done(Struct):
    refusals: Sequence[Refusal] = msgspec.field(name="userErrors", default=())


class Setting(Struct):
    """What came of telling it."""

    done: Done | None = None

    @staticmethod
    def of(data: msgspec.Raw, count: int) -> Mapping[int, Refusal]:
        """Why nothing was set, by position; one that names no position is about all.

        Raises:
            CallFailed: it does not say what came of it.
        """
        done = decoded(data, Setting).done
        if done is None:
            raise CallFailed(Trouble.BAD_DATA, "Shopify does not say what came of it.")
        found: dict[int, Refusal] = {}
        for each in done.refusals:
            position = each.position()
            about = range(count) if position is None or position >= count else [position]
            found |= dict.fromkeys(about, each)
        return found


def search(skus: Sequence[Sku]) -> str:
    """What finds items with these skus, and perhaps others."""
    return " OR ".join(f'sku:"{_quoted(sku)}"' for sku in skus)


def _quoted(sku: str) -> str:
    return sku.replace("\\", "\\\\").replace('"', '\\"')


def place_id(place: str) -> str:
    return f"gid://shopify/Location/{place}"


def seen(items: Sequence[Item]) -> StockSeen:
    """What all items of one sku say of one place."""
    if len(items) > 1:
        return ReadError(Trouble.BAD_DATA, TWICE)
    shelves = [each.level for each in items if each.level]
    counted = [each.quantity for shelf in shelves for each in shelf.quantities]
    return Shown(counted[0]) if counted else Missing()


def unnamed(seen: StockSeen) -> StockWritten:
    """What becomes of a number whose item cannot be named."""
    return Unknown(seen.why) if isinstance(seen, ReadError) else Missing()


def quantities(told: Sequence[StockSet], items: Mapping[Sku, str]) -> Mapping[str, Any]:
    """The input of the mutation."""
    return {
        "name": COUNTED,
        "reason": "correction",
        "referenceDocumentUri": "gid://kassa/StockLevel/sellable",
        "quantities": [
            {
                "inventoryItemId": items[each.sku],
                "locationId": place_id(each.place),
                "quantity": each.quantity,
                "changeFromQuantity": each.expected,
            }
            for each in told
        ],
    }
