"""Card numbers are found however they are written, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import cards

# Test numbers that the networks and providers publish.
NUMBERS = [
    "4111111111111111",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "30569309025904",
    "6011111111111117",
    "3530111333300000",
    "6200000000000005",
    "4000000000000000006",
]
OTHERS = [
    "4111111111111112",
    "7310865004703",
    "4006381333931",
    "8815517812932012",
    "1111111111111117",
    "12345678901234567890123",
    "411111111111",
    "2026-11-22T10:43:01.123456Z",
    "+46 70 123 45 67",
    "ord_01JGFJJZ00RGRKCK36AA8N2JNB",
    "41111111111111112222",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("form", ["{}", "paid with {}.", "x{}y", "nr:{},", "[{}]"])
def test_a_card_number_is_found(number: str, form: str):
    text = form.format(number)

    assert cards.within(text)
    assert cards.masked(text) == form.format(cards.MASK)


@pytest.mark.parametrize(
    "between", [" ", "-", ".", "\u00a0", "  ", "\t", "\n", "\u2009", "_", "/", ", ", "\u2013"]
)
def test_a_card_number_is_found_in_groups(between: str):
    grouped = between.join(["4111", "1111", "1111", "1111"])

    assert cards.masked(f"card {grouped} of hers") == f"card {cards.MASK} of hers"


@pytest.mark.parametrize("zero", ["\uff10", "\u0660", "\u0966"])
def test_a_card_number_is_found_in_other_digits(zero: str):
    digits = "".join(chr(ord(zero) + int(each)) for each in NUMBERS[0])

    assert cards.masked(f"card {digits}") == f"card {cards.MASK}"


@pytest.mark.parametrize(
    "form", ["{} 12/27 123", "{} 123", "2 {}", "22 22 {}", "tel. 070-123 45 68 {}", "12-{}-12"]
)
@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "5555555555554444"])
def test_a_card_number_is_found_among_others(number: str, form: str):
    assert cards.masked(form.format(number)) == form.format(cards.MASK)


def test_who_sends_a_million_numbers_is_not_waited_for():
    assert cards.within("4111 1111 1111 1112 " * 50_000)
    assert cards.within("4 " * 500_000)


@pytest.mark.parametrize("text", OTHERS)
def test_other_numbers_are_left_alone(text: str):
    assert not cards.within(text)
    assert cards.masked(text) == text


@given(st.text(alphabet="0123456789 -.x", max_size=200))
def test_what_was_masked_holds_none(text: str):
    assert cards.within(text) or cards.masked(text) == text
