"""Who buys, what is sold, and how much of it there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.shopify.translate.amounts import minor, number
from adapters.shopify.translate.shapes import Amount, Buyer, Family, Id, Level, Variant
from domain.channels.told import CustomerTold, IdentityTold, ProductTold, StockTold
from domain.customers import EvidenceStrength, IdentityKind
from domain.ids import Sku
from domain.money import Currency


def customer(buyer: Buyer, as_of: datetime) -> CustomerTold:
    """Somebody as Shopify knows them. An address that they never confirmed is only claimed."""
    mail = buyer.default_mail.address if buyer.default_mail else buyer.email
    phone = buyer.default_phone.number if buyer.default_phone else buyer.phone
    trusted = EvidenceStrength.STRONG if buyer.verified_email else EvidenceStrength.WEAK
    said = (
        (IdentityKind.EMAIL, mail, trusted),
        (IdentityKind.PHONE, phone, EvidenceStrength.STRONG),
    )
    name = " ".join(part for part in (buyer.first_name, buyer.last_name) if part)
    return CustomerTold(
        ref=number(buyer.id),
        as_of=buyer.updated_at or as_of,
        display_name=name or None,
        identities=tuple(
            IdentityTold(kind=kind, value=value, strength=strength)
            for kind, value, strength in said
            if value and value.strip()
        ),
    )


def products(family: Family, currency: Currency | None) -> Iterator[ProductTold]:
    """Each variant is a product of ours."""
    for variant in family.variants:
        yield product(variant, family, currency)


def product(variant: Variant, family: Family, currency: Currency | None) -> ProductTold:
    title = variant.title if variant.title not in {None, "", "Default Title"} else None
    price = minor(Amount(variant.price, currency)) if currency else None
    full = (
        minor(Amount(variant.compare_at_price, currency))
        if currency and (variant.compare_at_price)
        else None
    )
    return ProductTold(
        sku=sku(variant.sku, variant.id),
        name=f"{family.title}, {title}" if title else family.title,
        as_of=max(each for each in (variant.updated_at, family.updated_at) if each),
        barcode=variant.barcode or None,
        price=price,
        list_minor=full.minor if full else None,
        is_published=family.status.lower() == "active",
    )


def level(said: Level) -> StockTold | None:
    """None: it is of nothing that has a sku, or nothing is counted there."""
    counted = next((each.quantity for each in said.quantities if each.name == "on_hand"), None)
    if counted is None or not said.item.sku:
        return None
    return StockTold(
        sku=Sku(said.item.sku),
        location=number(said.location.id),
        on_hand=counted,
        as_of=said.updated_at,
    )


def sku(given: str | None, name: Id) -> Sku:
    """What is sold without a sku is known by Shopify's own number for it."""
    return Sku((given or "").strip() or f"shopify-{number(name)}")
