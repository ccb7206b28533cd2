"""Pages are found by key: cut forward or backward, they are the list again."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from domain.errors import BadInput
from domain.pages import (
    DEFAULT_SIZE,
    MAX_SIZE,
    Cursor,
    Ordering,
    Page,
    PageRequest,
    cut,
    either_way,
    forward,
)
from tests.making import NOW


class Thing(Struct, frozen=True):
    at: datetime
    name: str


NEWEST = Ordering("things", ("at", "name"), (datetime, str), descending=True)
OLDEST = Ordering("things", ("at", "name"), (datetime, str))
HEAVIEST = Ordering("weights", ("weight", "code"), (float, str))

# Few instants and few names, so that many things stand at the same instant.
things = st.lists(
    st.builds(
        Thing,
        st.integers(0, 4).map(lambda n: NOW + timedelta(milliseconds=n)),
        st.text("abc", min_size=1, max_size=3),
    ),
    unique=True,
    max_size=25,
)
orderings = st.sampled_from([NEWEST, OLDEST])


def in_order(items: list[Thing], ordering: Ordering) -> list[Thing]:
    return sorted(items, key=lambda it: (it.at, it.name), reverse=ordering.descending)


def nodes(page: Page[Thing]) -> list[Thing]:
    return [edge.node for edge in page.edges]


@given(items=things, size=st.integers(1, 7), ordering=orderings)
def test_pages_read_forward_are_the_list(items: list[Thing], size: int, ordering: Ordering):
    read: list[Thing] = []
    page = cut(items, PageRequest(size), ordering)
    read += nodes(page)

    while page.has_next_page:
        page = cut(items, PageRequest(size, page.end_cursor), ordering)
        assert page.has_previous_page
        assert len(page.edges) <= size
        read += nodes(page)

    assert read == in_order(items, ordering)


@given(items=things, size=st.integers(1, 7), ordering=orderings)
def test_pages_read_backward_are_the_list(items: list[Thing], size: int, ordering: Ordering):
    page = cut(items, PageRequest(size, backward=True), ordering)
    read = nodes(page)

    while page.has_previous_page:
        page = cut(items, PageRequest(size, page.start_cursor, backward=True), ordering)
        assert page.has_next_page
        assert len(page.edges) <= size
        read = nodes(page) + read

    assert read == in_order(items, ordering)


@given(items=things, gone=st.integers(0, 24), ordering=orderings)
def test_a_page_continues_where_a_thing_that_is_gone_stood(
    items: list[Thing], gone: int, ordering: Ordering
):
    listed = in_order(items, ordering)
    if gone >= len(listed):
        return
    anchor = ordering.cursor(listed.pop(gone))

    after = cut(listed, PageRequest(100, anchor), ordering)
    before = cut(listed, PageRequest(100, anchor, backward=True), ordering)

    assert nodes(after) == listed[gone:]
    assert nodes(before) == listed[:gone]


def test_an_empty_page_has_no_cursors():
    page: Page[Thing] = cut([], PageRequest(), NEWEST)

    assert (page.start_cursor, page.end_cursor) == (None, None)
    assert (page.has_next_page, page.has_previous_page) == (False, False)


THING = Thing(NOW + timedelta(milliseconds=123), "ord_01KBCY3SDSW746AHQY2SFANDQ7")
CURSOR = NEWEST.cursor(THING)
RAW = urlsafe_b64decode(CURSOR + "=" * (-len(CURSOR) % 4))


NOT_OURS = r"is (not a cursor of this|the cursor of another) list\.$"
REFUSAL = re.compile(r"^'.{1,40}' is (not a cursor of this|the cursor of another) list\.$")


def spelled(raw: bytes) -> Cursor:
    return Cursor(urlsafe_b64encode(raw).rstrip(b"=").decode())


def written(*row: Any) -> Cursor:
    return spelled(msgspec.msgpack.encode(row))


def read(cursor: Cursor) -> tuple[Any, ...] | str:
    """The place that a list can be continued from, or the sentence that refuses it."""
    try:
        place = NEWEST.position(cursor)
    except BadInput as error:
        return error.message
    cut([THING], PageRequest(5, cursor), NEWEST)
    return place


def test_a_cursor_names_the_place_it_was_made_of():
    assert NEWEST.position(CURSOR) == (THING.at, THING.name)


@pytest.mark.parametrize("n", range(len(RAW)))
def test_a_cursor_with_a_changed_byte_is_refused_or_names_another_place(n: int):
    for value in set(range(256)) - {RAW[n]}:
        found = read(spelled(RAW[:n] + bytes([value]) + RAW[n + 1 :]))

        assert found != (THING.at, THING.name)
        assert isinstance(found, tuple) or REFUSAL.search(found)


@pytest.mark.parametrize("n", range(len(RAW)))
def test_a_cursor_without_a_byte_or_without_an_end_is_refused(n: int):
    for raw in (RAW[:n] + RAW[n + 1 :], RAW[:n]):
        with pytest.raises(BadInput):
            NEWEST.position(spelled(raw))


@pytest.mark.parametrize("n", range(len(CURSOR)))
def test_a_cursor_is_spelled_in_one_way(n: int):
    for piece in ("", "!", " ", "é", "=", "\ud800"):
        with pytest.raises(BadInput, match=NOT_OURS):
            NEWEST.position(Cursor(CURSOR[:n] + piece + CURSOR[n + 1 :]))


@given(text=st.text() | st.binary().map(spelled))
def test_any_text_is_refused_in_a_sentence(text: str):
    with pytest.raises(BadInput, match=NOT_OURS):
        NEWEST.position(Cursor(text))


@pytest.mark.parametrize(
    "cursor",
    [
        written("things", {"$gt": ""}, "x"),
        written("things", 0, "x"),
        written("things", NOW, {"$ne": None}),
        written("things", NOW, None),
        written("things", NOW),
        written("things", NOW, "x", "y"),
        written("things", "2026-03-01T12:00:00", "x"),
        written("things", "2026-03-01T12:00:00Z", "x"),
        written("things", "0001-01-01T00:00:00+14:00", "x"),
        written("things", datetime(2026, 3, 1), "x"),  # noqa: DTZ001 - that is the point
        Cursor("A" * 100_000),
        Cursor(""),
    ],
)
def test_a_forged_cursor_carries_nothing_into_a_query(cursor: Cursor):
    with pytest.raises(BadInput, match=NOT_OURS):
        NEWEST.position(cursor)


def test_the_cursor_of_another_list_is_refused():
    other = Ordering("others", NEWEST.attributes, NEWEST.kinds)

    with pytest.raises(BadInput, match="is the cursor of another list"):
        NEWEST.position(other.cursor(THING))


@given(weight=st.floats(allow_nan=False), code=st.text())
def test_a_cursor_keeps_its_place_to_the_last_bit(weight: float, code: str):
    class Weighed(Struct):
        weight: float
        code: str

    assert HEAVIEST.position(HEAVIEST.cursor(Weighed(weight, code))) == (weight, code)


@pytest.mark.parametrize("size", [1, DEFAULT_SIZE, MAX_SIZE])
def test_a_size_within_bounds_is_taken(size: int):
    assert forward(size, None).size == size
    assert either_way(None, None, size, CURSOR) == PageRequest(size, CURSOR, backward=True)
    assert either_way(size, CURSOR, None, None) == PageRequest(size, CURSOR)


def test_without_a_size_a_page_has_twenty():
    assert forward(None, None).size == DEFAULT_SIZE == 20
    assert either_way(None, None, None, CURSOR).size == DEFAULT_SIZE


@pytest.mark.parametrize("size", [0, -1, MAX_SIZE + 1, 2**31])
def test_a_size_out_of_bounds_is_refused_by_its_name(size: int):
    with pytest.raises(BadInput, match=f"^`first` must be from 1 to 100; it was {size}.$"):
        forward(size, None)
    with pytest.raises(BadInput, match=f"^`last` must be from 1 to 100; it was {size}.$"):
        either_way(None, None, size, None)


@pytest.mark.parametrize(
    "both",
    [(1, None, 1, None), (1, None, None, CURSOR), (None, CURSOR, 1, None)],
)
def test_both_directions_at_once_are_refused(both: tuple[Any, Any, Any, Any]):
    with pytest.raises(BadInput, match="not both"):
        either_way(*both)
