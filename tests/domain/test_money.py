"""Money is exact: integer minor units, one currency a sum, parts that add up to the whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.money import (
    Currency,
    CurrencyMismatch,
    Money,
    TaxedMoney,
    allocate,
    known_currencies,
    portion,
    total,
)

SEK, EUR = Currency("SEK"), Currency("EUR")

amounts = st.integers(-(2**53), 2**53)
rates = st.sampled_from([0, 600, 1200, 1400, 1500, 2000, 2500, 2550])


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1250, "SEK", "12.50"),
        (-5, "SEK", "-0.05"),
        (0, "EUR", "0.00"),
        (5, "JPY", "5"),
        (1250, "ISK", "1250"),
        (1250, "KWD", "1.250"),
        (1250, "RSD", "12.50"),
        (1250, "IQD", "1.250"),
        (2**53 - 1, "SEK", "90071992547409.91"),
    ],
)
def test_an_amount_has_the_decimals_of_iso_4217(minor: int, currency: str, amount: str):
    assert Money(minor, Currency(currency)).amount == amount


@given(minor=amounts, currency=st.sampled_from(sorted(known_currencies())))
def test_an_amount_is_exact_in_every_currency(minor: int, currency: str):
    money = Money(minor, Currency(currency))

    assert Decimal(money.amount).scaleb(money.exponent) == minor


@pytest.mark.parametrize(
    "meeting",
    [
        lambda: Money(1, SEK) + Money(1, EUR),
        lambda: Money(1, SEK) - Money(1, EUR),
        lambda: Money(1, SEK) < Money(1, EUR),
        lambda: Money(1, SEK) <= Money(1, EUR),
        lambda: Money(1, SEK) > Money(1, EUR),
        lambda: total([Money(1, SEK), Money(1, EUR)], SEK),
        lambda: total([Money(1, EUR)], SEK),
        lambda: TaxedMoney.sum([TaxedMoney(EUR, 1)], SEK),
    ],
)
def test_two_currencies_never_meet_in_one_sum(meeting):
    with pytest.raises(CurrencyMismatch, match=r"^(SEK and EUR|EUR and SEK) cannot be added"):
        meeting()


def test_equal_numbers_of_two_currencies_are_not_equal():
    assert Money(1, SEK) != Money(1, EUR)


def test_the_sum_of_nothing_is_zero_of_its_currency():
    assert total([], EUR) == Money(0, EUR)


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("sv-SE", "1\xa0234,50\xa0kr"),
        ("sv_SE", "1\xa0234,50\xa0kr"),
        ("en-US", "SEK1,234.50"),
        ("fi-FI", "1\xa0234,50\xa0SEK"),
    ],
)
def test_people_see_money_by_their_own_habits(locale: str, shown: str):
    assert Money(123450, SEK).display(locale) == shown


@pytest.mark.parametrize("locale", ["", "xx-YY", "not a locale", "x" * 500, "../etc"])
def test_an_unknown_locale_is_refused_in_a_short_sentence(locale: str):
    with pytest.raises(BadInput, match="is not a locale") as refused:
        Money(1, SEK).display(locale)

    assert len(refused.value.message) < 100


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (10, [70, 20, 10], [7, 2, 1]),
        (1, [1, 99], [0, 1]),
        (5, [0, 1, 0], [0, 5, 0]),
        (0, [], []),
        (0, [0, 0], [0, 0]),
    ],
)
def test_the_largest_remainder_gets_the_odd_unit(amount: int, weights: list[int], parts: list[int]):
    assert allocate(amount, weights) == parts


@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1))
def test_parts_add_up_to_the_whole_and_are_fair(amount: int, weights: list[int]):
    whole = sum(weights)
    if whole == 0:
        amount = 0

    parts = allocate(amount, weights)

    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - amount * weight) < max(whole, 1)


def test_nothing_to_split_by_is_our_mistake():
    with pytest.raises(ValueError, match="no weight"):
        allocate(1, [0, 0])


@given(amount=st.integers(0, 10**9), steps=st.lists(st.integers(1, 9), min_size=1))
def test_taking_all_units_in_any_steps_gives_the_whole_amount(amount: int, steps: list[int]):
    done, taken = 0, 0

    for step in steps:
        part = portion(amount, done, step, sum(steps))
        assert part >= 0
        done, taken = done + step, taken + part

    assert taken == amount


@pytest.mark.parametrize(
    ("gross", "rate_bps", "tax"),
    [(125_00, 2500, 25_00), (100, 2500, 20), (1, 2500, 0), (3, 2500, 1), (0, 2500, 0), (9, 0, 0)],
)
def test_tax_inside_a_price_is_rounded_half_up(gross: int, rate_bps: int, tax: int):
    price = TaxedMoney.of(gross, SEK, "SE", rate_bps)

    assert (price.tax, price.net) == (Money(tax, SEK), Money(gross - tax, SEK))


@given(gross=st.integers(0, 10**9), rate=rates)
def test_tax_is_within_half_a_unit_of_the_exact_one(gross: int, rate: int):
    price = TaxedMoney.of(gross, SEK, "SE", rate)

    (line,) = price.tax_lines
    assert price.net + price.tax == price.gross
    assert line.base + line.amount == price.gross
    assert abs(2 * (line.amount.minor * (10_000 + rate) - gross * rate)) <= 10_000 + rate


@given(prices=st.lists(st.tuples(st.integers(0, 10**6), rates), max_size=8))
def test_a_sum_keeps_each_rate_apart_and_adds_up(prices: list[tuple[int, int]]):
    taxed = [TaxedMoney.of(gross, SEK, f"SE-{rate}", rate) for gross, rate in prices]

    whole = TaxedMoney.sum(taxed, SEK)

    assert whole.gross == total((price.gross for price in taxed), SEK)
    assert whole.tax == total((price.tax for price in taxed), SEK)
    assert whole.net + whole.tax == whole.gross
    assert sorted(share.rate_bps for share in whole.taxes) == sorted({rate for _, rate in prices})
