"""Rows put together to what does not move: places, products, people, stock, channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from domain.catalog import Location, LocationKind, Price, Product
from domain.customers import (
    LONGEST_IDENTITY,
    Address,
    Customer,
    EvidenceStrength,
    Identity,
    IdentityKind,
    normalised,
)
from domain.errors import BadInput
from domain.ids import CustomerId, Kind, LocationId, Sku
from domain.imports.rows import (
    CustomerRow,
    Group,
    LocationRow,
    PriceRow,
    ProductRow,
    Reason,
    Row,
    RowRefused,
    StockRow,
)
from domain.imports.terms import EPOCH, ChannelTerms, Terms, channel_kind, derived
from domain.money import Currency
from domain.operations import Channel, ChannelKind
from domain.stock import Authority, StockLevel
from domain.values import MAX_INT

R = TypeVar("R", bound=Row)
E = TypeVar("E")


def of(group: Group, kind: type[R]) -> list[R]:
    """The rows of one kind, in the order of the file."""
    return [placed.row for placed in group.rows if isinstance(placed.row, kind)]


def first(group: Group, kind: type[R], missing: Reason, said: str) -> R:
    """The row that names the whole.

    Raises:
        RowRefused: there is none.
    """
    found = of(group, kind)
    if not found:
        raise RowRefused(missing, f"{said} {group.key!r} is not in the files.")
    return found[0]


def channel(
    code: str, said: ChannelTerms, terms: Terms, places: Mapping[str, str], now: datetime
) -> Channel:
    """A channel by its code; what the mapping does not say is guessed from the code."""
    is_own = code == terms.system
    return Channel(
        id=derived(Kind.CHANNEL, EPOCH, code),
        updated_at=now,
        code=code,
        kind=said.kind or (ChannelKind.ERP if is_own else channel_kind(code)),
        name=said.name or code,
        currency=Currency(said.currency) if said.currency else terms.currency,
        country=said.country or terms.country,
        sells_from=tuple(LocationId(places[at]) for at in said.sells_from if at in places),
    )


def location(group: Group, terms: Terms, now: datetime) -> Location:
    row = first(group, LocationRow, Reason.NO_LOCATION, "The location")
    kind = one_of(LocationKind, row.kind) or LocationKind.STORE
    is_store = kind is LocationKind.STORE
    return Location(
        id=derived(Kind.LOCATION, EPOCH, row.code),
        updated_at=now,
        code=row.code,
        kind=kind,
        name=row.name or row.code,
        timezone=row.timezone or terms.timezone,
        offers_pickup=is_store if row.offers_pickup is None else row.offers_pickup,
        accepts_returns=is_store if row.accepts_returns is None else row.accepts_returns,
    )


def one_of(kind: type[E], given: str | None) -> E | None:
    """A word of ours, in whatever case.

    Raises:
        RowRefused: it is none.
    """
    if given is None:
        return None
    try:
        return kind(given.strip().upper().replace(" ", "_"))  # type: ignore[call-arg]
    except ValueError:
        words = ", ".join(str(each) for each in kind)  # type: ignore[attr-defined]
        raise RowRefused(
            Reason.UNKNOWN_VALUE, f"{given!r} is none of {words}; translate it under `values`."
        ) from None


def product(group: Group, terms: Terms, now: datetime) -> Product:
    row = first(group, ProductRow, Reason.NO_PRODUCT, "The product")
    found = [_price(each, terms) for each in (row, *of(group, PriceRow)) if each.price is not None]
    by_currency = {price.currency: price for price in found}
    return Product(
        id=derived(Kind.PRODUCT, EPOCH, row.sku),
        updated_at=now,
        sku=Sku(row.sku),
        name=row.name or row.sku,
        description=row.description,
        barcodes=(row.barcode,) if row.barcode else (),
        prices=tuple(by_currency.values()),
        is_published=row.published is not False,
    )


def _price(row: ProductRow | PriceRow, terms: Terms) -> Price:
    """Prices of products hold tax, as shoppers see them; net ones get it here."""
    currency = terms.currency_of(row.currency)
    bps = terms.tax_rate or 0 if row.tax_rate is None else row.tax_rate
    unit = row.price.minor(currency) if row.price else 0
    full = row.list_price.minor(currency) if row.list_price else unit
    if terms.net:
        unit, full = (with_tax(each, bps) for each in (unit, full))
    return Price(currency, unit, max(full, unit), terms.tax_code, bps)


def with_tax(net: int, bps: int) -> int:
    return net + tax_on(net, bps)


def tax_on(net: int, bps: int) -> int:
    """Half up to the minor unit."""
    return (2 * net * bps + 10_000) // 20_000


def customer(group: Group, terms: Terms, now: datetime) -> Customer:
    row = first(group, CustomerRow, Reason.NO_CUSTOMER, "The customer")
    name = row.name or " ".join(part for part in (row.first_name, row.last_name) if part)
    return Customer(
        id=derived(Kind.CUSTOMER, EPOCH, row.number),
        updated_at=now,
        number=row.number,
        display_name=name or None,
        identities=tuple(_identities(row, terms)),
        addresses=tuple(_addresses(row, terms)),
    )


def _identities(row: CustomerRow, terms: Terms) -> Iterator[Identity]:
    given = (
        (IdentityKind.EMAIL, row.email, EvidenceStrength.STRONG),
        (IdentityKind.PHONE, row.phone, EvidenceStrength.STRONG),
        (IdentityKind.LOYALTY_NO, row.loyalty_number, EvidenceStrength.STRONG),
        (IdentityKind.CARD_FINGERPRINT, row.card_fingerprint, EvidenceStrength.WEAK),
    )
    country = (row.country or terms.country or "").upper()
    for kind, said, strength in given:
        if said and (value := identity_value(kind, said[:LONGEST_IDENTITY], country)):
            yield Identity(kind, value, strength, terms.own_channel, given=said)


def identity_value(kind: IdentityKind, said: str, country: str) -> str | None:
    """As it is compared. What cannot be dialled or written to is kept by its digits or letters."""
    try:
        return normalised(kind, said, country)
    except BadInput:
        if kind is not IdentityKind.PHONE:
            return said.strip().casefold() or None
        return "".join(char for char in said if char.isdecimal()) or None


def _addresses(row: CustomerRow, terms: Terms) -> Iterator[Address]:
    country = (row.country or terms.country or "").upper()
    if row.street and row.city and country:
        yield Address(
            id=derived(Kind.ADDRESS, EPOCH, terms.system, row.number),
            lines=(row.street,),
            city=row.city,
            country=country,
            postcode=row.postcode,
            is_default_delivery=True,
        )


def level(
    group: Group,
    terms: Terms,
    places: Mapping[str, str],
    skus: Mapping[str, str],
    observed_at: datetime,
    now: datetime,
) -> StockLevel:
    """A count by the import's system. What Kassa has promised of it is met when it is merged."""
    row = first(group, StockRow, Reason.MISSING, "The stock level")
    if row.on_hand < 0:
        raise RowRefused(Reason.NEGATIVE_STOCK, f"{row.on_hand} units on hand are less than none.")
    if max(row.on_hand, row.low_at or 0) > MAX_INT or (row.low_at or 0) < 0:
        raise RowRefused(Reason.OUT_OF_RANGE, f"{row.on_hand} cannot be a number of units.")
    if row.location not in places:
        raise RowRefused(Reason.NO_LOCATION, f"There is no location {row.location!r}.")
    if row.sku not in skus:
        raise RowRefused(Reason.NO_PRODUCT, f"There is no product {row.sku!r}.")
    seen = min(row.observed_at or observed_at, now)
    return StockLevel(
        id=derived(Kind.STOCK_LEVEL, EPOCH, row.sku, row.location),
        updated_at=now,
        sku=Sku(row.sku),
        location_id=LocationId(places[row.location]),
        on_hand=row.on_hand,
        committed=0,
        reserved=0,
        unavailable=0,
        free=row.on_hand,
        low_at=row.low_at,
        is_low=row.low_at is not None and row.on_hand <= row.low_at,
        authority=Authority("on_hand", terms.system, EPOCH),
        observed_at=seen,
        counted_at=seen,
    )


def customer_of(given: str | None, people: Mapping[str, str], terms: Terms) -> CustomerId | None:
    """Whose order it is; None is a guest.

    Raises:
        RowRefused: there is no such customer, and the mapping wants one.
    """
    if given is None or given in people:
        return CustomerId(people[given]) if given else None
    if terms.unknown_customers == "guest":
        return None
    raise RowRefused(Reason.NO_CUSTOMER, f"There is no customer {given!r}.")


def named(groups: Sequence[Group], kind: type[R], attribute: str) -> list[str]:
    """What the rows of one kind name, each once."""
    rows = (row for group in groups for row in of(group, kind))
    found = (getattr(row, attribute) for row in rows)
    return list(dict.fromkeys(each for each in found if each))
