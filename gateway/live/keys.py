"""What a change is found by, and a feed finds: the hub asks nobody whom it does not concern."""

from __future__ import annotations

from collections.abc import Iterator

from domain.ids import Kind, LocationId, Sku
from gateway.live.levels import Change

ANY_ORDER, ANY_PAYMENT, ANY_INCIDENT = "any order", "any payment", "any incident"


def of_sku(sku: Sku) -> str:
    return f"sku {sku}"


def at_location(location: LocationId) -> str:
    return f"at {location}"


def keys(change: Change) -> Iterator[str]:
    """All that feeds may have named that want it: ids, skus, places, or any of a kind."""
    if change.level:
        yield of_sku(change.level.sku)
        yield at_location(change.level.location_id)
    about = (change.entry.aggregate, *change.entry.subjects)
    yield from about
    if any(each.startswith(f"{Kind.ORDER}_") for each in about):
        yield ANY_ORDER
    if any(each.startswith(f"{Kind.PAYMENT}_") for each in about):
        yield ANY_PAYMENT
    if change.entry.aggregate.startswith(f"{Kind.INCIDENT}_"):
        yield ANY_INCIDENT
