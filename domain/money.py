"""Money: integer minor units and an ISO 4217 currency; never a float anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import NewType, Self

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision, list_currencies
from msgspec import Struct

from domain.errors import BadInput, DomainError
from domain.values import Count, MinorUnits

Currency = NewType("Currency", str)

BASIS_POINTS = 10_000
LONGEST_LOCALE = 35
"""Enough for every tag. Source: BCP 47 §4.4.1."""

# Babel knows how a currency is written; where its small coins are out of use, it counts fewer
# decimals than ISO 4217, in which everybody sends amounts.
HAS_TWO = ("AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER")
UNUSED_DECIMALS: Mapping[str, int] = MappingProxyType({**dict.fromkeys(HAS_TWO, 2), "IQD": 3})


class CurrencyMismatch(DomainError):
    """Two currencies met in one sum."""

    def __init__(self, left: Currency, right: Currency) -> None:
        super().__init__(f"{left} and {right} cannot be added or compared.")


@cache
def exponent(currency: Currency) -> int:
    """How many decimals a currency has: 0, 2 or 3. Source: ISO 4217, through Babel."""
    return UNUSED_DECIMALS.get(currency) or get_currency_precision(currency)


@cache
def known_currencies() -> frozenset[str]:
    return frozenset(list_currencies())


class Money(Struct, frozen=True):
    """`minor` units of one currency; adding or comparing two currencies is refused."""

    minor: int
    currency: Currency

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    @property
    def exponent(self) -> int:
        return exponent(self.currency)

    @property
    def amount(self) -> str:
        """The exact decimal: `"12.50"`."""
        return str(Decimal(self.minor).scaleb(-self.exponent))

    def display(self, locale: str) -> str:
        """For people, by the habits of `locale` ("sv-SE").

        Raises:
            BadInput: there is no such locale.
        """
        return format_currency(Decimal(self.amount), self.currency, locale=_locale(locale))


def _locale(name: str) -> Locale:
    try:
        if len(name) > LONGEST_LOCALE:
            raise ValueError(f"a locale of {len(name)} characters")
        return Locale.parse(name, sep="_" if "_" in name else "-")
    except (ValueError, TypeError, UnknownLocaleError) as error:
        raise BadInput(f"{name[:40]!r} is not a locale; write it as in 'sv-SE'.") from error


def total(amounts: Iterable[Money], currency: Currency) -> Money:
    """The sum; of nothing it is zero `currency`."""
    return sum(amounts, Money(0, currency))  # type: ignore[arg-type]


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` by `weights` so that the parts add up to it: largest remainder first.

    Raises:
        ValueError: there is something to split, and no weight to split it by.
    """
    whole = sum(weights)
    if whole == 0:
        if amount:
            raise ValueError(f"{amount} cannot be split by no weight at all")
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (amount * weights[i]) % whole, reverse=True
    )
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def portion(amount: int, done: int, more: int, whole: int) -> int:
    """What `more` of `whole` units are worth after `done` were taken, by cumulative rounding.

    Taking all units, in whatever steps, gives exactly `amount`.
    """
    return amount * (done + more) // whole - amount * done // whole


class TaxShare(Struct, frozen=True):
    """One rate's part of an amount, in minor units."""

    code: str
    rate_bps: Count
    base: MinorUnits
    amount: MinorUnits


class TaxLine(Struct, frozen=True):
    """`rate_bps` basis points on `base` make `amount`."""

    code: str
    rate_bps: Count
    base: Money
    amount: Money


class TaxedMoney(Struct, frozen=True):
    """An amount with its taxes inside. `net + tax = gross` holds because net is the difference."""

    currency: Currency
    gross_minor: MinorUnits
    taxes: tuple[TaxShare, ...] = ()

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(sum(share.amount for share in self.taxes), self.currency)

    @property
    def net(self) -> Money:
        return self.gross - self.tax

    @property
    def tax_lines(self) -> list[TaxLine]:
        return [
            TaxLine(
                share.code,
                share.rate_bps,
                Money(share.base, self.currency),
                Money(share.amount, self.currency),
            )
            for share in self.taxes
        ]

    @classmethod
    def of(cls, gross: int, currency: Currency, code: str, rate_bps: int) -> Self:
        """A price that includes tax at one rate, rounded half up to the minor unit."""
        tax = (2 * gross * rate_bps + BASIS_POINTS + rate_bps) // (2 * (BASIS_POINTS + rate_bps))
        return cls(currency, gross, (TaxShare(code, rate_bps, gross - tax, tax),))

    @classmethod
    def sum(cls, amounts: Iterable[TaxedMoney], currency: Currency) -> Self:
        """Gross and the shares of each rate, added up."""
        gross = 0
        by_rate: dict[tuple[str, int], TaxShare] = {}
        for amount in amounts:
            gross += (Money(0, currency) + amount.gross).minor
            for share in amount.taxes:
                rate = (share.code, share.rate_bps)
                so_far = by_rate.get(rate, TaxShare(*rate, 0, 0))
                by_rate[rate] = TaxShare(
                    *rate, so_far.base + share.base, so_far.amount + share.amount
                )
        return cls(currency, gross, tuple(by_rate.values()))
