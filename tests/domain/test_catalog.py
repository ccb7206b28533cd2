"""A product is found by the beginnings of its words, and priced in a channel's currency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog import LONGEST_PREFIX, LONGEST_SEARCH, Price, prefixes, search_terms, words
from domain.errors import BadInput
from domain.money import Currency
from tests.making import a_channel, a_product


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Så gott", ["sa", "gott"]),
        ("MUG-FJORD-BLUE", ["mug", "fjord", "blue"]),
        ("Kökar Ærlig Øl", ["kokar", "aerlig", "ol"]),
        ("Œuvre Þór Łódź", ["oeuvre", "thor", "lodz"]),
        ("Straße ﬁn", ["strasse", "fin"]),
        ("Fjord™ ① 🄰", ["fjordtm", "1", "a"]),
        ("250 g, 3/4", ["250", "g", "3", "4"]),
        ("cafe\u0301 café", ["cafe", "cafe"]),
        ("咖啡 кофе", ["咖啡", "кофе"]),
        ("", []),
        (" -.,!\x00", []),
    ],
)
def test_words_have_neither_case_nor_accents(text: str, found: list[str]):
    assert words(text) == found


@given(text=st.text())
def test_words_of_words_are_the_same_words(text: str):
    found = words(text)

    assert words(" ".join(found)) == found


@given(text=st.text())
def test_case_does_not_matter(text: str):
    assert words(text.upper()) == words(text.upper().casefold())


def test_prefixes_are_all_beginnings_of_all_words():
    assert prefixes(["Mug", "muk"]) == ["m", "mu", "mug", "muk"]
    assert prefixes([]) == []
    assert len(prefixes(["x" * 50])) == LONGEST_PREFIX


@given(text=st.text(max_size=40), data=st.data())
def test_a_product_is_found_by_any_beginning_of_any_word(text: str, data: st.DataObject):
    found = words(text)
    if not found:
        return
    word = data.draw(st.sampled_from(found))
    typed = word[: data.draw(st.integers(1, len(word)))]

    terms = search_terms(typed)

    assert set(terms) <= set(prefixes([text]))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("blue mug", ["blue", "mug"]),
        ("mug MUG müg", ["mug"]),
        ("Extraordinarily", ["extraordinar"]),
        ("x" * LONGEST_SEARCH, ["x" * LONGEST_PREFIX]),
    ],
)
def test_what_is_searched_for(text: str, terms: list[str]):
    assert search_terms(text) == terms


@pytest.mark.parametrize("text", ["", " ", "!?", "\u0301"])
def test_a_search_has_at_least_one_letter(text: str):
    with pytest.raises(BadInput, match="at least one letter or digit"):
        search_terms(text)


def test_a_search_is_short():
    with pytest.raises(BadInput, match="at most 100 characters"):
        search_terms("x" * (LONGEST_SEARCH + 1))


PRICES = (
    Price(Currency("SEK"), 80_00, 100_00, "SE-25", 2500),
    Price(Currency("EUR"), 8_00, 8_00, "FI-25.5", 2550),
)


@pytest.mark.parametrize(
    ("currency", "unit", "was", "tax"),
    [("SEK", 80_00, 100_00, 16_00), ("EUR", 8_00, 8_00, 1_63)],
)
def test_a_channel_sells_in_its_currency(currency: str, unit: int, was: int, tax: int):
    quote = a_product(prices=PRICES).price_in(a_channel(currency=currency))

    assert quote
    assert (quote.unit.gross_minor, quote.list.gross_minor) == (unit, was)
    assert quote.unit.tax.minor == tax
    assert quote.unit.currency == currency


@pytest.mark.parametrize("currency", ["NOK", None])
def test_there_is_no_price_in_another_currency(currency: str | None):
    assert a_product(prices=PRICES).price_in(a_channel(currency=currency)) is None
