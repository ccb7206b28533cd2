"""Rows as they come out of a file: read, but not yet put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.errors import DomainError
from domain.money import Currency, exponent
from domain.values import MAX_MINOR


class Reason(StrEnum):
    """Why a row is refused."""

    COLUMNS = "COLUMNS"
    QUOTES = "QUOTES"
    TOO_LONG = "TOO_LONG"
    ENCODING = "ENCODING"
    NUL = "NUL"
    NOT_JSON = "NOT_JSON"
    MISSING = "MISSING"
    CARD_NUMBER = "CARD_NUMBER"
    CONTROL_CHARACTER = "CONTROL_CHARACTER"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    NOT_A_DATE = "NOT_A_DATE"
    DATE_OUT_OF_RANGE = "DATE_OUT_OF_RANGE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    TOO_FINE = "TOO_FINE"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    CURRENCY_DIFFERS = "CURRENCY_DIFFERS"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    DUPLICATE = "DUPLICATE"
    NEGATIVE_QUANTITY = "NEGATIVE_QUANTITY"
    NEGATIVE_STOCK = "NEGATIVE_STOCK"
    NEGATIVE_MONEY = "NEGATIVE_MONEY"
    PROMISED = "PROMISED"
    NO_LINES = "NO_LINES"
    LINE_REFUSED = "LINE_REFUSED"
    NO_ORDER = "NO_ORDER"
    NO_CUSTOMER = "NO_CUSTOMER"
    NO_PRODUCT = "NO_PRODUCT"
    NO_LOCATION = "NO_LOCATION"
    NO_CHANNEL = "NO_CHANNEL"
    NO_PAYMENT = "NO_PAYMENT"
    TOTAL_DIFFERS = "TOTAL_DIFFERS"
    RETURNS_TOO_MUCH = "RETURNS_TOO_MUCH"
    REFUNDS_TOO_MUCH = "REFUNDS_TOO_MUCH"
    DATABASE = "DATABASE"


class RowRefused(DomainError):
    """A row cannot come in; `detail` says what is wrong with it."""

    code = "ROW_REFUSED"

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Amount(Struct, frozen=True, array_like=True):
    """An exact decimal: `digits` with the last `scale` behind the point; None: minor units."""

    digits: int
    scale: int | None = None

    def minor(self, currency: Currency) -> int:
        """Minor units of `currency`, exactly.

        Raises:
            RowRefused: it is finer than the currency, negative, or too large.
        """
        minor = self.signed(currency)
        if minor < 0:
            raise RowRefused(Reason.NEGATIVE_MONEY, f"{self} {currency} is negative.")
        return minor

    def signed(self, currency: Currency) -> int:
        """As `minor`, and it may be negative."""
        minor, rest = self.digits, 0
        if self.scale is not None:
            finer = self.scale - exponent(currency)
            minor, rest = divmod(minor, 10**finer) if finer > 0 else (minor * 10**-finer, 0)
        if rest:
            raise RowRefused(Reason.TOO_FINE, f"{self} is finer than {currency} can be.")
        if abs(minor) > MAX_MINOR:
            raise RowRefused(Reason.OUT_OF_RANGE, f"{self} is more money than can be counted.")
        return minor

    def rounded(self, currency: Currency) -> int:
        """The nearest minor unit, half up: for a price per unit beside a total that is exact."""
        if self.scale is None or (finer := self.scale - exponent(currency)) <= 0:
            return self.minor(currency)
        return Amount((2 * self.digits + 10**finer) // (2 * 10**finer)).minor(currency)

    def __str__(self) -> str:
        if not self.scale:
            return f"{self.digits}" + (" minor units of" if self.scale is None else "")
        sign, digits = "-" * (self.digits < 0), str(abs(self.digits)).rjust(self.scale + 1, "0")
        return f"{sign}{digits[: -self.scale]}.{digits[-self.scale :]}"


class Row(Struct, frozen=True, array_like=True, kw_only=True):
    """What every row is: something of an entity, under its natural key."""


class LocationRow(Row, frozen=True, array_like=True, kw_only=True):
    code: str
    name: str | None = None
    kind: str | None = None
    timezone: str | None = None
    offers_pickup: bool | None = None
    accepts_returns: bool | None = None


class ProductRow(Row, frozen=True, array_like=True, kw_only=True):
    sku: str
    name: str | None = None
    description: str | None = None
    barcode: str | None = None
    price: Amount | None = None
    list_price: Amount | None = None
    currency: str | None = None
    tax_rate: int | None = None
    published: bool | None = None


class PriceRow(Row, frozen=True, array_like=True, kw_only=True):
    sku: str
    price: Amount
    list_price: Amount | None = None
    currency: str | None = None
    tax_rate: int | None = None


class CustomerRow(Row, frozen=True, array_like=True, kw_only=True):
    number: str
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    loyalty_number: str | None = None
    card_fingerprint: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None


class StockRow(Row, frozen=True, array_like=True, kw_only=True):
    sku: str
    location: str
    on_hand: int
    low_at: int | None = None
    observed_at: datetime | None = None


class OrderRow(Row, frozen=True, array_like=True, kw_only=True):
    number: str
    placed_at: datetime
    customer: str | None = None
    channel: str | None = None
    currency: str | None = None
    total: Amount | None = None
    discount: Amount | None = None
    delivery: Amount | None = None
    location: str | None = None
    state: str | None = None


class LineRow(Row, frozen=True, array_like=True, kw_only=True):
    order: str
    sku: str
    quantity: int
    position: int | None = None
    name: str | None = None
    unit_price: Amount | None = None
    total: Amount | None = None
    tax: Amount | None = None
    tax_rate: int | None = None
    discount: Amount | None = None
    placed_at: datetime | None = None
    customer: str | None = None


class ReturnRow(Row, frozen=True, array_like=True, kw_only=True):
    """Goods that came back. `number` is the credit note's; it may be all that is known."""

    order: str
    sku: str
    quantity: int
    number: str | None = None
    name: str | None = None
    unit_price: Amount | None = None
    reason: str | None = None
    placed_at: datetime | None = None
    customer: str | None = None
    location: str | None = None


class PaymentRow(Row, frozen=True, array_like=True, kw_only=True):
    ref: str
    order: str
    amount: Amount
    paid_at: datetime
    currency: str | None = None
    provider: str | None = None
    method: str | None = None
    status: str | None = None


class RefundRow(Row, frozen=True, array_like=True, kw_only=True):
    amount: Amount
    refunded_at: datetime
    ref: str | None = None
    payment: str | None = None
    order: str | None = None
    reason: str | None = None


class Part(StrEnum):
    """What a row says; also the name of its table in the mapping. Read in this order."""

    LOCATIONS = "locations"
    PRODUCTS = "products"
    PRICES = "prices"
    CUSTOMERS = "customers"
    STOCK = "stock"
    ORDERS = "orders"
    LINES = "lines"
    RETURNS = "returns"
    PAYMENTS = "payments"
    REFUNDS = "refunds"


class Entity(StrEnum):
    """What rows are put together to; in this order, so that a reference finds its target."""

    LOCATIONS = "locations"
    PRODUCTS = "products"
    CUSTOMERS = "customers"
    STOCK = "stock"
    ORDERS = "orders"
    PAYMENTS = "payments"


class Placed(Struct, frozen=True):
    """A row and where it stood; `id` is how the feed finds it again."""

    id: int
    part: Part
    file: str
    line: int
    row: Row


class Group(Struct, frozen=True):
    """All rows under one natural key."""

    key: str
    rows: Sequence[Placed]
