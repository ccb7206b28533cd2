"""A level as it was, or will be, a change earlier or later: the journal says what is different."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from domain.journal import Happening, Scalar
from domain.recorded import LEVEL_NUMBERS
from domain.stock import StockLevel


def after(level: StockLevel, change: Happening) -> StockLevel:
    """The level behind a change, which is the next of its story."""
    numbers = {name: pair[1] for name, pair in change.changes.items() if name in LEVEL_NUMBERS}
    return _with(level, numbers, version=change.seq, updated_at=change.at)


def before(level: StockLevel, changes: Iterable[Happening]) -> StockLevel:
    """The level in front of its latest changes, the last of them first.

    When it was last seen, and changed, is as of now: the journal does not tell what it was.
    """
    numbers: dict[str, Scalar] = {}
    version = level.version
    for change in changes:
        numbers |= {name: pair[0] for name, pair in change.changes.items() if name in LEVEL_NUMBERS}
        version = change.seq - 1
    return _with(level, numbers, version=version)


def _with(level: StockLevel, numbers: Mapping[str, Scalar], **others: object) -> StockLevel:
    changed = msgspec.structs.replace(level, **numbers, **others)
    is_low = changed.low_at is not None and changed.free <= changed.low_at
    if is_low == changed.is_low:
        return changed
    return msgspec.structs.replace(changed, is_low=is_low)
