"""What columns and cells most likely mean, by their names and by a look at some rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct

from domain.imports.rows import Part


class Look(Struct, frozen=True):
    """A file at first sight."""

    file: str
    encoding: str
    delimiter: str
    header: bool
    is_ndjson: bool
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def cells(self, column: str) -> list[str]:
        """The filled cells of a column."""
        place = list(self.columns).index(column)
        return [row[place].strip() for row in self.rows if len(row) > place and row[place].strip()]


_SKU = ("sku", "stockcode", "productnumber", "productcode", "itemnumber", "article", "artikelnr")
_QUANTITY = ("quantity", "qty", "units", "orderqty", "antal", "menge", "count")
_CUSTOMER = ("customernumber", "customerid", "customerno", "customer", "kundnummer", "clientid")
_ORDER = (
    "ordernumber",
    "orderid",
    "orderno",
    "invoiceno",
    "invoice",
    "invoicenumber",
    "salesorderid",
    "order",
    "receipt",
    "bestellnummer",
    "ordernummer",
)
_PLACE = (
    "locationcode",
    "locationid",
    "location",
    "store",
    "storeid",
    "warehouse",
    "warehousecode",
)
_DATE = ("date", "at", "on", "time", "datum", "invoicedate", "orderdate", "created")
_PRICE = ("unitprice", "price", "listprice", "retailprice", "preis", "pris")
_CURRENCY = ("currency", "currencycode", "valuta", "waehrung")
_AMOUNT = ("amount", "total", "value", "sum")

NAMES: Mapping[Part, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Part.LOCATIONS: {
            "code": ("code", "locationcode", "locationid", "storeid", "storecode", "id"),
            "name": ("name", "locationname", "storename"),
            "kind": ("kind", "type"),
            "timezone": ("timezone", "tz"),
        },
        Part.PRODUCTS: {
            "sku": _SKU,
            "name": ("name", "productname", "title", "description", "bezeichnung"),
            "description": ("description", "longdescription"),
            "barcode": ("barcode", "ean", "gtin", "upc"),
            "price": _PRICE,
            "list_price": ("listprice", "rrp", "compareatprice"),
            "currency": _CURRENCY,
        },
        Part.PRICES: {"sku": _SKU, "price": _PRICE, "currency": _CURRENCY},
        Part.CUSTOMERS: {
            "number": (*_CUSTOMER, "number", "id"),
            "name": ("name", "fullname", "customername", "displayname"),
            "first_name": ("firstname", "givenname", "vorname", "fornamn"),
            "last_name": ("lastname", "surname", "familyname", "nachname", "efternamn"),
            "email": ("email", "emailaddress", "mail", "epost"),
            "phone": ("phone", "phonenumber", "telephone", "mobile", "telefon", "tel"),
            "loyalty_number": ("loyaltynumber", "loyaltyno", "membernumber", "cardnumber"),
            "card_fingerprint": ("cardfingerprint",),
            "street": ("street", "address", "addressline1", "strasse"),
            "postcode": ("postcode", "zip", "postalcode", "plz"),
            "city": ("city", "town", "ort", "stadt"),
            "country": ("countrycode", "countryiso"),
        },
        Part.STOCK: {
            "sku": _SKU,
            "location": _PLACE,
            "on_hand": ("onhand", "quantity", "qty", "stock", "available", "bestand", "saldo"),
            "low_at": ("reorderpoint", "lowat", "minimum"),
            "observed_at": ("observedat", "countedat", "modifieddate", "updatedat"),
        },
        Part.ORDERS: {
            "number": (*_ORDER, "number", "id"),
            "placed_at": (
                "orderedon",
                "orderedat",
                "placedat",
                "orderdate",
                "invoicedate",
                "date",
                "createdat",
                "datum",
            ),
            "customer": _CUSTOMER,
            "channel": ("channel", "saleschannel", "source", "kanal"),
            "currency": _CURRENCY,
            "total": ("total", "ordertotal", "grandtotal", "totaldue", "amount", "summe"),
            "discount": ("discount", "discounttotal", "rabatt"),
            "delivery": ("shipping", "freight", "delivery", "deliveryfee", "versand", "frakt"),
            "location": _PLACE,
        },
        Part.LINES: {
            "order": _ORDER,
            "position": ("line", "linenumber", "position", "lineno", "salesorderlinenumber"),
            "sku": _SKU,
            "name": ("description", "productname", "name", "item", "title", "bezeichnung"),
            "quantity": _QUANTITY,
            "unit_price": _PRICE,
            "total": ("linetotal", "total", "amount"),
            "tax": ("tax", "taxamount", "vat", "moms", "mwst"),
            "discount": ("discount", "linediscount"),
        },
        Part.RETURNS: {
            "order": _ORDER,
            "sku": _SKU,
            "quantity": _QUANTITY,
            "number": ("returnnumber", "returnid", "creditnote", "rma"),
            "placed_at": ("returnedon", "returnedat", "date"),
            "reason": ("reason", "grund"),
            "location": _PLACE,
        },
        Part.PAYMENTS: {
            "ref": ("paymentref", "paymentid", "reference", "transactionid", "ref", "id"),
            "order": _ORDER,
            "amount": _AMOUNT,
            "currency": _CURRENCY,
            "paid_at": ("paidon", "paidat", "date", "createdat", "capturedat"),
            "provider": ("provider", "gateway", "psp"),
            "method": ("method", "tender", "paymentmethod"),
            "status": ("status", "state"),
        },
        Part.REFUNDS: {
            "ref": ("refundref", "refundid", "ref", "id"),
            "payment": ("paymentref", "paymentid"),
            "order": _ORDER,
            "amount": _AMOUNT,
            "refunded_at": ("refundedon", "refundedat", "date", "createdat"),
            "reason": ("reason",),
        },
    }
)
"""What the columns of others are called, folded; the first that fits is taken."""

NEEDED: Mapping[Part, tuple[str, ...]] = MappingProxyType(
    {
        Part.LOCATIONS: ("code", "name"),
        Part.PRODUCTS: ("sku", "name"),
        Part.PRICES: ("sku", "price"),
        Part.CUSTOMERS: ("number",),
        Part.STOCK: ("sku", "location", "on_hand"),
        Part.ORDERS: ("number", "placed_at"),
        Part.LINES: ("order", "sku", "quantity"),
        Part.RETURNS: ("order", "sku", "quantity"),
        Part.PAYMENTS: ("ref", "order", "amount", "paid_at"),
        Part.REFUNDS: ("amount", "refunded_at"),
    }
)

FILES: Mapping[Part, tuple[str, ...]] = MappingProxyType(
    {
        Part.LOCATIONS: ("location", "store", "warehouse", "lager"),
        Part.PRODUCTS: ("product", "item", "article", "artikel", "catalog"),
        Part.PRICES: ("price", "preis"),
        Part.CUSTOMERS: ("customer", "client", "kunde", "member"),
        Part.STOCK: ("stock", "inventory", "bestand", "lagersaldo"),
        Part.LINES: ("line", "order_item", "orderitem", "order_detail", "orderdetail", "position"),
        Part.RETURNS: ("return", "retour", "rma"),
        Part.REFUNDS: ("refund",),
        Part.PAYMENTS: ("payment", "transaction", "zahlung"),
        Part.ORDERS: ("order", "sale", "invoice", "bestellung", "retail"),
    }
)
"""Looked for in the name of the file, in this order: "order_lines" are lines."""

UNITS = ("minor", "cents", "ore", "pence")
MONEY = frozenset(
    {"price", "list_price", "unit_price", "total", "tax", "discount", "delivery", "amount"}
)
DATES = frozenset({"placed_at", "paid_at", "refunded_at", "observed_at"})
FORMATS = (
    "iso",
    "%Y-%m-%d %H:%M",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%Y%m%d",
    "%Y/%m/%d",
    "%d-%m-%Y",
)
COMMA = re.compile(r"[^\d]*\d{1,3}(?:[. ]?\d{3})*,\d{1,2}[^\d]*|\d+,\d{1,2}")
GROUPED = re.compile(r".*\d([., ' ])\d{3}[.,]\d{1,2}\D*")


def folded(name: str) -> str:
    """So that "Order_Number" and "order number" are one; a unit at the end does not count."""
    plain = re.sub(r"[^a-z0-9]+", " ", _parted(name).casefold()).split()
    return "".join(plain[:-1] if len(plain) > 1 and plain[-1] in UNITS else plain)


def _parted(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)


def is_minor(name: str) -> bool:
    return re.sub(r"[^a-z0-9]+", " ", _parted(name).casefold()).split()[-1:] in [[u] for u in UNITS]


def columns_of(part: Part, columns: Sequence[str]) -> dict[str, str]:
    """Which column is which field; a column is used once."""
    by_name = {folded(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in NAMES[part].items():
        fits = (by_name[name] for name in names if name in by_name)
        column = next((each for each in fits if each not in found.values()), None)
        if column:
            found[field] = column
    return found


def fits(part: Part, columns: Sequence[str]) -> bool:
    """Could the file hold this?"""
    found = columns_of(part, columns)
    return all(field in found for field in NEEDED[part])


def part_of(look: Look) -> Part | None:
    """What a file holds: by its name, or else by what most of its columns are."""
    name = look.file.casefold()
    named = [part for part, words in FILES.items() if any(word in name for word in words)]
    able = [part for part in named if fits(part, look.columns)]
    if able:
        return able[0]
    scores = {p: len(columns_of(p, look.columns)) for p in Part if fits(p, look.columns)}
    return max(scores, key=lambda part: scores[part], default=None)


def date_format(cells: Sequence[str]) -> str | None:
    """The one form that all dates have."""
    return next(
        (form for form in FORMATS if cells and all(_is(cell, form) for cell in cells)), None
    )


def _is(cell: str, form: str) -> bool:
    try:
        if form == "iso":
            datetime.fromisoformat(cell)
        else:
            datetime.strptime(cell, form)  # noqa: DTZ007
    except ValueError:
        return False
    return True


def separators(cells: Sequence[str]) -> tuple[str, str]:
    """What parts decimals, and what thousands: ".", "" if nothing speaks against it."""
    grouped = next((found[1] for cell in cells if (found := GROUPED.fullmatch(cell))), "")
    is_comma = any("," in cell for cell in cells) and all(
        COMMA.fullmatch(cell) for cell in cells if "," in cell
    )
    decimal = "," if is_comma else "."
    return decimal, "" if grouped == decimal else grouped
