"""A phone number is compared as the world writes it, however people do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.phones import comparable, normalise

SWEDISH, NORWEGIAN, FINNISH = "+46701234567", "+4791234567", "+358401234567"


@pytest.mark.parametrize(
    ("given", "country", "number"),
    [
        ("070-123 45 67", "SE", SWEDISH),
        ("0701234567", "SE", SWEDISH),
        ("(070) 123 45 67", "SE", SWEDISH),
        ("070.123.45.67", "SE", SWEDISH),
        ("  070 1234567  ", "SE", SWEDISH),
        ("070\xa0123\xa045\xa067", "SE", SWEDISH),
        ("070\u2013123 45 67", "SE", SWEDISH),
        ("+46 70 123 45 67", "SE", SWEDISH),
        ("+46 (0)70 123 45 67", "SE", SWEDISH),
        ("+46 70 123 45 67", "NO", SWEDISH),
        ("0046701234567", "SE", SWEDISH),
        ("0046 70 123 45 67", "NO", SWEDISH),
        ("tel:+46-70-123-45-67", "SE", SWEDISH),
        ("070\uff11\uff12\uff13\uff14\uff15\uff16\uff17", "SE", SWEDISH),
        ("08-123 456 78", "SE", "+46812345678"),
        ("912 34 567", "NO", NORWEGIAN),
        ("91234567", "NO", NORWEGIAN),
        ("+47 912 34 567", "SE", NORWEGIAN),
        ("0047 91234567", "SE", NORWEGIAN),
        ("040 123 4567", "FI", FINNISH),
        ("040-1234567", "FI", FINNISH),
        ("+358 40 123 4567", "SE", FINNISH),
        ("00358 40 1234567", "SE", FINNISH),
        ("+1 (212) 555-0123", "SE", "+12125550123"),
        ("+44 20 7946 0018", "SE", "+442079460018"),
        ("+49 30 901820", "NO", "+4930901820"),
        ("+45 32 12 34 56", "SE", "+4532123456"),
    ],
)
def test_people_write_numbers_in_many_ways(given: str, country: str, number: str):
    assert normalise(given, country) == number


@pytest.mark.parametrize(
    ("given", "country"),
    [
        ("", "SE"),
        ("abc", "SE"),
        ("+", "SE"),
        ("+46", "SE"),
        ("112", "SE"),
        ("02", "SE"),
        ("1234", "NO"),
        ("123 45 67 8910 1112 131415", "SE"),
        ("+999 123 456 789", "SE"),
        ("253-0000", "US"),
        ("070-123 45 67", ""),
        ("070-123 45 67", "XX"),
        ("0" * 500, "SE"),
        ("\x00", "SE"),
        ("anna@example.se", "SE"),
    ],
)
def test_what_nobody_can_call_is_refused(given: str, country: str):
    with pytest.raises(BadInput, match="phone number"):
        normalise(given, country)


def test_a_refusal_does_not_repeat_the_number():
    with pytest.raises(BadInput) as refused:
        normalise("070-12", "SE")

    assert "12" not in refused.value.message


@given(text=st.text(max_size=40), country=st.sampled_from(["SE", "NO", "FI", "US", "XX", ""]))
def test_any_text_is_a_number_or_refused_and_stays_as_it_was_normalised(text: str, country: str):
    try:
        number = normalise(text, country)
    except BadInput:
        return

    assert normalise(number, "SE") == number
    assert number.startswith("+")
    assert number[1:].isascii()
    assert number[1:].isdigit()


@pytest.mark.parametrize(
    ("given", "country", "compared"),
    [
        ("070-123 45 67", "SE", "+46701234567"),
        ("555-0173", "US", "5550173"),
        ("070-123 45 67", "", "0701234567"),
    ],
)
def test_what_cannot_be_dialled_is_compared_by_its_digits(given: str, country: str, compared: str):
    assert comparable(given, country) == compared


@pytest.mark.parametrize("given", ["12", "hello", "07 is my favourite 1234567", "1" * 21])
def test_what_is_no_number_at_all_is_not_compared(given: str):
    with pytest.raises(BadInput, match="phone number"):
        comparable(given, "SE")
