"""Lists are sorted by one text field that no two documents share.

A list that sorts by (time, id) cannot continue behind a place by one index range: MongoDB would
scan from the beginning, or over all documents of the same instant, and filter. So each document
keeps the sorted values joined to one text, and a page is exactly one range of one index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from domain.pages import Ordering, PageRequest
from storage.mongo.driver import Filter, Sort

SEPARATOR = "\x00"
"""Sorts before every character, so that joined texts sort as their parts do."""

MONGO_TIME = "%Y-%m-%dT%H:%M:%S.%LZ"
FIELD_BY_ATTRIBUTE = {"id": "_id"}


class SortKey(Struct, frozen=True):
    """A field that sorts as `ordering` does."""

    field: str
    ordering: Ordering

    def of(self, item: object) -> str | None:
        """The text of a value; None where it has no place in the order."""
        values = [getattr(item, name) for name in self.ordering.attributes]
        return None if None in values else _joined(values)

    def range(self, request: PageRequest, since: datetime | None = None) -> Filter:
        """What stands in the list beyond the anchor, and not before `since`."""
        bounds = {"$gte": "" if since is None else _text(since)}
        if request.anchor is None:
            return {self.field: bounds}
        place = _joined(self.ordering.position(request.anchor))
        beyond = "$lt" if self.ordering.descending != request.backward else "$gt"
        return {self.field: {**bounds, beyond: place}}

    def sort(self, request: PageRequest) -> Sort:
        """The order to read in: from the end of the list, if asked backward."""
        return [(self.field, -1 if self.ordering.descending != request.backward else 1)]

    def rule(self) -> Filter:
        """That the field says what the values say, as the database itself can check it."""
        ordering = self.ordering
        parts = [
            _expression(name, kind)
            for name, kind in zip(ordering.attributes, ordering.kinds, strict=True)
        ]
        joined = [part for each in parts for part in (SEPARATOR, each)][1:]
        field = {"$ifNull": ["$" + self.field, None]}
        return {"$eq": [field, {"$concat": joined}]}


class NumberKey(Struct, frozen=True):
    """The same for a list that is sorted by one unique number: `field` is the number itself."""

    field: str
    ordering: Ordering

    def range(self, request: PageRequest, since: datetime | None = None) -> Filter:  # noqa: ARG002
        """What stands in the list beyond the anchor."""
        if request.anchor is None:
            return {}
        (place,) = self.ordering.position(request.anchor)
        beyond = "$lt" if self.ordering.descending != request.backward else "$gt"
        return {self.field: {beyond: place}}

    def sort(self, request: PageRequest) -> Sort:
        """The order to read in."""
        return [(self.field, -1 if self.ordering.descending != request.backward else 1)]


def _joined(values: Sequence[Any]) -> str:
    return SEPARATOR.join(map(_text, values))


def _text(value: datetime | str) -> str:
    if isinstance(value, str):
        return value
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _expression(attribute: str, kind: type) -> Any:
    field = "$" + FIELD_BY_ATTRIBUTE.get(attribute, attribute)
    return {"$dateToString": {"date": field, "format": MONGO_TIME}} if kind is datetime else field
