"""A whole shop at one instant: what a fresh installation may be filled with."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.catalog import Location, Product
from domain.customers import Customer, LoyaltyAccount, LoyaltyEntry
from domain.ledger import Posting
from domain.operations import Channel
from domain.orders import Fulfillment, Order, Return
from domain.payments import Payment
from domain.stock import Reservation, StockLevel, Transfer


class Shop(Struct, frozen=True, kw_only=True):
    """Everything a shop is made of, ready to be stored; all ids in it resolve within it."""

    channels: Sequence[Channel]
    locations: Sequence[Location]
    products: Sequence[Product]
    stock_levels: Sequence[StockLevel]
    reservations: Sequence[Reservation]
    transfers: Sequence[Transfer]
    customers: Sequence[Customer]
    loyalty_accounts: Sequence[LoyaltyAccount]
    loyalty_entries: Sequence[LoyaltyEntry]
    orders: Sequence[Order]
    fulfillments: Sequence[Fulfillment]
    returns: Sequence[Return]
    payments: Sequence[Payment]
    postings: Sequence[Posting]
