"""How Stripe counts money. Source: https://docs.stripe.com/currencies.

Like everybody in minor units, but not always in those of ISO 4217: some currencies are counted
whole that have hundredths, ISK and UGX in hundredths that have none (UGX stands in two of its
tables; the special case governs), and of three decimals the last is always 0.
"""

from __future__ import annotations

from domain import money
from domain.channels.inbound import Unreadable
from domain.money import Currency, Money

ZERO_DECIMALS: frozenset[str] = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
THREE_DECIMALS: frozenset[str] = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def told(minor: int, code: str) -> Money:
    """An amount of Stripe's as we count it.

    Raises:
        Unreadable: it is nothing, or no whole minor unit of ours.
    """
    currency = Currency(code.upper())
    whole, rest = _scaled(minor, money.exponent(currency) - _decimals(currency))
    if rest or not whole:
        raise Unreadable(f"{minor} is no amount in {currency}.")
    return Money(whole, currency)


def payable(amount: Money) -> int | None:
    """An amount of ours as Stripe counts it; None if it cannot be paid there to the last unit."""
    whole, rest = _scaled(amount.minor, _decimals(amount.currency) - amount.exponent)
    is_too_fine = amount.currency in THREE_DECIMALS and whole % 10
    return None if rest or is_too_fine else whole


def _decimals(currency: Currency) -> int:
    if currency in ZERO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def _scaled(minor: int, steps: int) -> tuple[int, int]:
    """With so many decimals more, or fewer; and what is left over then."""
    return divmod(minor * 10 ** max(steps, 0), 10 ** max(-steps, 0))
