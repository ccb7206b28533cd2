"""Cursors of subscriptions cannot be made, changed or lent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.ids import Sku
from domain.live import Cursors, StockTopic
from domain.viewer import Role, Viewer

SECRET = bytes(32)
SUPPORT = Viewer(Role.SUPPORT)
MUGS = StockTopic((Sku("MUG"),))
NUMBERS = st.integers(0, 2**63)


@given(NUMBERS)
def test_a_cursor_leads_back_to_its_place(number: int):
    cursors = Cursors(SECRET, SUPPORT, MUGS)

    assert cursors.number(cursors.at(number)) == number


@given(NUMBERS, st.integers(0, 31), st.characters())
def test_a_cursor_with_another_character_is_none(number: int, place: int, character: str):
    cursors = Cursors(SECRET, SUPPORT, MUGS)
    cursor = cursors.at(number)
    changed = cursor[:place] + character + cursor[place + 1 :]

    if changed != cursor:
        with pytest.raises(BadInput):
            cursors.number(changed)


@pytest.mark.parametrize(
    "other",
    [
        Cursors(bytes(31) + b"1", SUPPORT, MUGS),
        Cursors(SECRET, Viewer(Role.FINANCE), MUGS),
        Cursors(SECRET, SUPPORT, StockTopic((Sku("MUG"), Sku("CUP")))),
    ],
)
def test_a_cursor_fits_no_other_stream(other: Cursors):
    cursor = Cursors(SECRET, SUPPORT, MUGS).at(7)

    with pytest.raises(BadInput):
        other.number(cursor)
