"""Pages of a list, found by key and never by counting from the start."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from operator import gt, lt
from typing import Annotated, Any, Generic, NewType, TypeVar

import msgspec
from msgspec import Meta, Struct

from domain.errors import BadInput

Cursor = NewType("Cursor", str)
T = TypeVar("T")

AWARE = Annotated[datetime, Meta(tz=True)]
DEFAULT_SIZE = 20
MAX_SIZE = 100


class Ordering(Struct, frozen=True):
    """The order of a list: attributes that together are unique, all in one direction.

    `kinds` are the attributes' types; a cursor that holds anything else is refused, so a cursor
    can never carry an operator into a query. `name` keeps cursors of one list out of another.
    """

    name: str
    attributes: tuple[str, ...]
    kinds: tuple[type, ...]
    descending: bool = False

    @property
    def _row(self) -> type[tuple[Any, ...]]:
        return tuple[(str, *(AWARE if kind is datetime else kind for kind in self.kinds))]

    def cursor(self, item: object) -> Cursor:
        """Where `item` stands."""
        return _written((self.name, *(getattr(item, name) for name in self.attributes)))

    def position(self, cursor: Cursor) -> tuple[Any, ...]:
        """The values behind a cursor.

        Raises:
            BadInput: the cursor is damaged, or of another list.
        """
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            row = msgspec.msgpack.decode(raw, type=self._row)
            # A time may be written in many ways, and not all can be asked of a database.
            is_ours = _written(row) == cursor
        except (binascii.Error, ValueError, OverflowError, msgspec.DecodeError) as error:
            raise BadInput(f"{cursor[:40]!r} is not a cursor of this list.") from error
        if not is_ours or row[0] != self.name:
            raise BadInput(f"{cursor[:40]!r} is the cursor of another list.")
        return row[1:]


def _written(row: tuple[Any, ...]) -> Cursor:
    return Cursor(urlsafe_b64encode(msgspec.msgpack.encode(row)).rstrip(b"=").decode())


class PageRequest(Struct, frozen=True):
    """`size` items after `anchor`, or before it when `backward`."""

    size: int = DEFAULT_SIZE
    anchor: Cursor | None = None
    backward: bool = False


class Edge(Struct, Generic[T], frozen=True):
    """An item and where it stands."""

    node: T
    ordering: Ordering

    @property
    def cursor(self) -> Cursor:
        return self.ordering.cursor(self.node)


class Page(Struct, Generic[T], frozen=True):
    """Some items of a list in its order, and whether there are more on either side.

    `origin` is the question that the page answers, for those who count what it holds.
    """

    edges: Sequence[Edge[T]]
    has_next_page: bool = False
    has_previous_page: bool = False
    origin: Any = None

    @property
    def start_cursor(self) -> Cursor | None:
        return self.edges[0].cursor if self.edges else None

    @property
    def end_cursor(self) -> Cursor | None:
        return self.edges[-1].cursor if self.edges else None

    @property
    def page_info(self) -> Page[T]:
        """The page itself: `PageInfo` shows its flags and cursors."""
        return self


def forward(first: int | None, after: Cursor | None) -> PageRequest:
    """Ask for the `first` items after a cursor."""
    return PageRequest(_size("first", first), after)


def either_way(
    first: int | None, after: Cursor | None, last: int | None, before: Cursor | None
) -> PageRequest:
    """Ask forward by `first`/`after` or backward by `last`/`before`.

    Raises:
        BadInput: both directions at once, or a size that is not from 1 to 100.
    """
    if last is None and before is None:
        return forward(first, after)
    if first is not None or after is not None:
        raise BadInput("Use first/after or last/before, not both.")
    return PageRequest(_size("last", last), before, backward=True)


def cut(items: Sequence[T], request: PageRequest, ordering: Ordering) -> Page[T]:
    """A page of a list that is already at hand."""

    def standing(item: T) -> tuple[Any, ...]:
        return tuple(getattr(item, attribute) for attribute in ordering.attributes)

    rows = sorted(items, key=standing, reverse=ordering.descending != request.backward)
    if request.anchor is not None:
        anchor = ordering.position(request.anchor)
        ahead = gt if ordering.descending == request.backward else lt
        rows = [row for row in rows if ahead(standing(row), anchor)]
    return page(rows[: request.size + 1], request, ordering)


def _size(name: str, wanted: int | None) -> int:
    if wanted is None:
        return DEFAULT_SIZE
    if not 1 <= wanted <= MAX_SIZE:
        raise BadInput(f"`{name}` must be from 1 to {MAX_SIZE}; it was {wanted}.")
    return wanted


def page(
    rows: Sequence[T], request: PageRequest, ordering: Ordering, origin: Any = None
) -> Page[T]:
    """Make a page of the up to `size + 1` rows that a read found, in reading order."""
    kept, more = rows[: request.size], len(rows) > request.size
    if request.backward:
        kept = kept[::-1]
    beyond = request.anchor is not None
    return Page(
        [Edge(row, ordering) for row in kept],
        has_next_page=beyond if request.backward else more,
        has_previous_page=more if request.backward else beyond,
        origin=origin,
    )
