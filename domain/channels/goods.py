"""Products and stock as channels tell of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain import ids
from domain.catalog import Price, Product
from domain.channels.accounts import Account
from domain.channels.people import seen
from domain.channels.told import ProductTold, StockTold
from domain.freshness import KASSA
from domain.ids import Kind, LocationId, ProductId, StockLevelId
from domain.ownership import DEFAULTS, FIRST, PRODUCT_FIELDS, ConflictPolicy, Owners
from domain.refusals import Invalid, Refusal
from domain.stock import Authority, StockLevel
from domain.values import MAX_INT, MAX_MINOR, whole_milliseconds

LONGEST_SKU = 255


class Cause(StrEnum):
    """Why a count of a channel is not taken."""

    NO_LOCATION = "NO_LOCATION"
    OTHER_OWNER = "OTHER_OWNER"
    PROMISED = "PROMISED"


class NotTaken(Struct, frozen=True):
    """What a channel counts does not become ours; `why` is a sentence for staff."""

    cause: Cause
    told: StockTold
    why: str
    level: StockLevel | None = None


class Difference(Struct, frozen=True):
    """What a channel says of a field, and what its owner says."""

    field: str
    canonical: str
    observed: str


class Compared(Struct, frozen=True):
    """What a channel says that is not its to say, beside who owns it; nothing: they agree."""

    about: str
    differences: tuple[Difference, ...]


def wrong_product(told: ProductTold) -> Iterator[Refusal]:
    if not 0 < len(told.sku) <= LONGEST_SKU:
        yield Invalid(why=f"A sku has from 1 to {LONGEST_SKU} characters.")
    highest = max(told.list_minor or 0, told.price.minor if told.price else 0)
    if (told.price and told.price.minor < 0) or highest > MAX_MINOR:
        yield Invalid(why=f"The price of {told.sku!r} cannot be.")


def product(
    told: ProductTold,
    account: Account,
    before: Product | None,
    now: datetime,
    owners: Owners = DEFAULTS,
) -> Product:
    """The product with what is the channel's to say of it; one that nobody knew is its alone."""
    said = seen(told.as_of, told)
    if before and before.seen and before.seen >= said:
        return before
    known = before or Product(
        id=ProductId(ids.derived(Kind.PRODUCT, told.sku)),
        version=0,
        updated_at=now,
        sku=told.sku,
        name=told.name,
        told_by=account.channel_id,
    )
    values = _values(told)
    taken = {name: values[name] for name in PRODUCT_FIELDS if _takes(name, account, known, owners)}
    return replace(known, **taken, seen=said) if taken else known


def compared_product(
    told: ProductTold, account: Account, before: Product | None, owners: Owners = DEFAULTS
) -> Compared | None:
    """What the channel says of fields that others own; None if it owns all of them."""
    if before is None:
        return None
    others = [
        name
        for name in PRODUCT_FIELDS
        if not _owns(name, account, before, owners)
        and owners.of("product", name).conflict is not ConflictPolicy.LAST_WRITE_WINS
    ]
    found = (Difference(name, *pair) for name, pair in _differing(told, before) if name in others)
    return Compared(f"product {told.sku}", tuple(found)) if others else None


def _owns(name: str, account: Account, known: Product, owners: Owners) -> bool:
    teller = account.name if known.told_by == account.channel_id else known.told_by or KASSA
    return owners.of("product", name).owns(account.name, teller)


def _takes(name: str, account: Account, known: Product, owners: Owners) -> bool:
    is_refused = owners.of("product", name).conflict is ConflictPolicy.REJECT_AND_RECORD
    return not known.version or not is_refused or _owns(name, account, known, owners)


def _values(told: ProductTold) -> Mapping[str, Any]:
    return {
        "name": told.name or told.sku,
        "description": told.description,
        "barcodes": (told.barcode,) if told.barcode else (),
        "prices": tuple(_prices(told)),
        "is_published": told.is_published,
    }


def _differing(told: ProductTold, known: Product) -> Iterator[tuple[str, tuple[str, str]]]:
    """Fields of which the channel says something else. What it leaves out it does not say."""
    for name in ("name", "description", "is_published"):
        ours, theirs = getattr(known, name), getattr(told, name)
        if theirs is not None and theirs != ours:
            yield name, (str(ours), str(theirs))
    if told.barcode and told.barcode not in known.barcodes:
        yield "barcodes", (" ".join(known.barcodes), told.barcode)
    for price in known.prices:
        said = told.price if told.price and told.price.currency == price.currency else None
        if said and said.minor != price.unit_minor:
            yield "prices", (str(price.unit_minor), str(said.minor))


def _prices(told: ProductTold) -> Iterator[Price]:
    if told.price:
        unit = told.price.minor
        yield Price(told.price.currency, unit, max(told.list_minor or 0, unit), "tax", 0)


def wrong_count(told: StockTold) -> Iterator[Refusal]:
    if not 0 <= told.on_hand <= MAX_INT:
        yield Invalid(why=f"{told.on_hand} units of {told.sku!r} cannot be on hand.")


def level(
    told: StockTold,
    account: Account,
    place: LocationId,
    before: StockLevel | None,
    now: datetime,
    owners: Owners = DEFAULTS,
) -> StockLevel | NotTaken:
    """The level with the channel's count, if it is the channel's to count.

    Of two counts that are as old the lower one counts: units that may not be there are not sold.
    """
    rule, as_of = owners.of("stock", "on_hand"), whole_milliseconds(told.as_of)
    is_own = rule.owns(account.name, before.authority.system if before else None)
    known = before or _uncounted(told, account, place, as_of, now)
    if not is_own and rule.conflict is ConflictPolicy.REJECT_AND_RECORD:
        owner = known.authority.system if rule.authority == FIRST else rule.authority
        why = f"The stock of {told.sku!r} there is counted by {owner}, not by {account.name}."
        return NotTaken(Cause.OTHER_OWNER, told, why, before)
    is_new = is_own and known.authority.system != account.name
    if before and not is_new and (as_of, -told.on_hand) <= (before.observed_at, -before.on_hand):
        return before
    free = told.on_hand - known.committed - known.reserved - known.unavailable
    if free < 0:
        why = f"{told.on_hand} units of {told.sku!r} are on hand, and {told.on_hand - free} are "
        return NotTaken(Cause.PROMISED, told, f"{why}not free.", known)
    is_low = known.low_at is not None and free <= known.low_at
    owner = Authority("on_hand", account.name, as_of) if is_new else known.authority
    counted = replace(known, on_hand=told.on_hand, free=free, oversold=0, authority=owner)
    return replace(counted, is_low=is_low, observed_at=as_of, counted_at=as_of)


def compared_count(
    told: StockTold, account: Account, before: StockLevel | None, owners: Owners = DEFAULTS
) -> Compared | None:
    """What the channel counts beside who owns the number; None if it does, or nobody minds."""
    rule = owners.of("stock", "on_hand")
    is_own = before is None or rule.owns(account.name, before.authority.system)
    if before is None or is_own or rule.conflict is ConflictPolicy.LAST_WRITE_WINS:
        return None
    differs = told.on_hand != before.on_hand
    found = Difference("on_hand", str(before.on_hand), str(told.on_hand))
    return Compared(f"stock of {told.sku} at {told.location}", (found,) if differs else ())


def _uncounted(
    told: StockTold, account: Account, place: LocationId, as_of: datetime, now: datetime
) -> StockLevel:
    return StockLevel(
        id=StockLevelId(ids.derived(Kind.STOCK_LEVEL, told.sku, place)),
        version=0,
        updated_at=now,
        sku=told.sku,
        location_id=place,
        on_hand=0,
        committed=0,
        reserved=0,
        unavailable=0,
        free=0,
        authority=Authority("on_hand", account.name, as_of),
        observed_at=as_of,
    )
