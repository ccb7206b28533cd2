"""Names and amounts, as Shopify writes them."""

from __future__ import annotations

from decimal import Decimal

from adapters.shopify.translate.shapes import Amount, Bag, Id
from domain import money
from domain.channels.inbound import Unreadable
from domain.money import Currency, Money


def number(name: Id) -> str:
    """The number in a name, with which webhooks and GraphQL mean the same."""
    return str(name).rpartition("/")[2]


def minor(said: Amount) -> Money:
    """Whole minor units.

    Raises:
        Unreadable: there is no such currency, or it has no coin that small.
    """
    if said.currency_code not in money.known_currencies():
        raise Unreadable(f"{said.currency_code} is not a currency.")
    currency = Currency(said.currency_code)
    exact = Decimal(said.amount).scaleb(money.exponent(currency))
    if exact != exact.to_integral_value():
        raise Unreadable(f"{said.amount} {currency} is no whole number of minor units.")
    return Money(int(exact), currency)


def paid(bag: Bag | None) -> int:
    return minor(bag.presentment_money).minor if bag else 0
