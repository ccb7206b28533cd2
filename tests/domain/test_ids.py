"""An id says what it names, sorts by time, and is not to be forged by accident."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.ids import (
    ENTROPY_BYTES,
    Kind,
    OperationId,
    expect,
    expect_all,
    kind_of,
    mint,
    operation_of,
    refund_of,
)
from tests.making import NOW

kinds = st.sampled_from(Kind)
entropies = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)

ORDER = "ord_01KBCY3SDSW746AHQY2SFANDQ7"


@given(kind=kinds, entropy=entropies)
def test_an_id_says_what_it_names(kind: Kind, entropy: bytes):
    made = mint(kind, NOW, entropy)

    assert kind_of(made) is kind
    assert expect(kind, made) == made
    assert len(made) == 30


@given(kind=kinds, seconds=st.integers(1, 10**9), first=entropies, second=entropies)
def test_ids_of_one_kind_sort_by_their_time(kind: Kind, seconds: int, first: bytes, second: bytes):
    later = NOW + timedelta(seconds=seconds)

    assert mint(kind, NOW, first) < mint(kind, later, second)


def test_ids_of_one_instant_differ_unless_they_are_to_be_repeated():
    assert len({mint(Kind.ORDER, NOW) for _ in range(1000)}) == 1000
    assert mint(Kind.ORDER, NOW, bytes(10)) == mint(Kind.ORDER, NOW, bytes(10))


def test_prefixes_are_three_letters_and_unlike():
    assert {len(kind) for kind in Kind} == {3}
    assert len(set(Kind)) == len(Kind.__members__)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "_",
        "ord",
        "ord_",
        ORDER[:-1],
        ORDER + "A",
        ORDER.replace("_", "-"),
        ORDER.replace("ord", "xxx"),
        ORDER.replace("ord", "ORD"),
        "ord_8" + "Z" * 25,
        "ord_" + "U" * 26,
        "ord_" + "å" * 26,
        ORDER[:-1] + "\n",
        " " + ORDER,
        ORDER.replace("_", "__"),
        "x" * 100_000,
        "\x00",
        "\ud800",
    ],
)
def test_what_is_no_id_is_refused_in_a_short_sentence(text: str):
    with pytest.raises(BadInput, match="is not an id") as refused:
        kind_of(text)

    assert len(refused.value.message) < 250


@given(text=st.text(max_size=60))
def test_any_text_is_refused(text: str):
    with pytest.raises(BadInput):
        kind_of(text)


def test_the_id_of_something_else_is_refused_by_name():
    with pytest.raises(
        BadInput, match=f"'{ORDER}' names another kind of thing: order, not stock level"
    ):
        expect(Kind.STOCK_LEVEL, ORDER)


def test_several_ids_are_all_of_one_kind_or_not_given():
    assert expect_all(Kind.ORDER, None) is None
    assert expect_all(Kind.ORDER, []) == ()
    assert expect_all(Kind.ORDER, [ORDER, ORDER]) == (ORDER, ORDER)
    with pytest.raises(BadInput):
        expect_all(Kind.ORDER, [ORDER, mint(Kind.CUSTOMER, NOW)])


@given(entropy=entropies)
def test_a_refund_and_its_operation_lead_to_each_other(entropy: bytes):
    operation = OperationId(mint(Kind.OPERATION, NOW, entropy))

    refund = refund_of(operation)

    assert kind_of(refund) is Kind.REFUND
    assert operation_of(refund) == operation
