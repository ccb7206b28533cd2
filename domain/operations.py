"""Where the retailer sells, and where it is fed from."""

from __future__ import annotations

from enum import StrEnum

from domain.ids import LocationId
from domain.money import Currency
from domain.values import Count, Entity


class ChannelKind(StrEnum):
    """What sort of channel it is."""

    WEBSHOP = "WEBSHOP"
    APP = "APP"
    POS = "POS"
    MARKETPLACE = "MARKETPLACE"
    CALL_CENTRE = "CALL_CENTRE"
    SOCIAL = "SOCIAL"
    PAYMENT_PROVIDER = "PAYMENT_PROVIDER"
    ERP = "ERP"


class Channel(Entity, frozen=True, kw_only=True):
    """Somewhere the retailer sells or is fed from.

    `sells_from` are the locations whose stock it may promise; `safety_stock` units of each stay
    out of its sight, because its orders reach the shelf late.
    """

    code: str
    kind: ChannelKind
    name: str
    currency: Currency | None = None
    country: str | None = None
    sells_from: tuple[LocationId, ...] = ()
    safety_stock: Count = 0
