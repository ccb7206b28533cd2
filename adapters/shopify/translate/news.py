"""The news in a delivery, and in an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from adapters.shopify.translate import orders, parties
from adapters.shopify.translate.amounts import number
from adapters.shopify.translate.queries import gid
from adapters.shopify.translate.shapes import (
    Buyer,
    Family,
    Level,
    LevelHint,
    Merge,
    OfOrder,
    Sold,
    Variant,
)
from adapters.shopify.translate.words import TOPICS, Options, What
from domain.channels.abilities import Thing
from domain.channels.accounts import Account
from domain.channels.answers import Trouble
from domain.channels.inbound import News, RefetchHint, Snapshot, Unreadable, Unrecognised
from domain.channels.told import Told, Word
from domain.ports.channels import CallFailed


def of_delivery(
    topic: str, body: bytes, at: datetime, account: Account, options: Options
) -> Sequence[News]:
    """What is new in a delivery.

    Raises:
        Unreadable: its body is not what its topic says.
    """
    match TOPICS.get(topic):
        case What.ORDER:
            return [orders.order(_read(topic, body, Sold), options)]
        case What.OF_ORDER:
            return [_of_order(_read(topic, body, OfOrder))]
        case What.CUSTOMER:
            return [Snapshot(parties.customer(_read(topic, body, Buyer), at))]
        case What.MERGE:
            merge = _read(topic, body, Merge)
            kept = RefetchHint(Thing.CUSTOMER, str(merge.admin_graphql_api_customer_kept_id))
            return [kept] if merge.status == "completed" else []
        case What.LEVEL:
            level = _read(topic, body, LevelHint)
            key = f"{level.location_id}?inventory_item_id={level.inventory_item_id}"
            return [RefetchHint(Thing.STOCK, gid(Thing.STOCK, key))]
        case What.PRODUCT:
            found = parties.products(_read(topic, body, Family), account.currency)
            return [Snapshot(each) for each in found]
        case What.NO_NEWS:
            return []
        case None:
            return [Unrecognised(Word("topic", topic))]


def _of_order(of: OfOrder) -> RefetchHint:
    order = of.order_id or (of.order_edit and of.order_edit.order_id)
    if not order:
        raise Unreadable("It does not say which order it is of.")
    return RefetchHint(Thing.ORDER, gid(Thing.ORDER, number(order)))


def _read(topic: str, body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable(f"No {topic} of Shopify's: {error}.") from error


def of_answer(found: Struct, account: Account, options: Options) -> Snapshot | None:
    """What was asked for; None: nothing that concerns us.

    Raises:
        CallFailed: it cannot be.
    """
    try:
        if isinstance(found, Sold):
            return orders.order(found, options)
        told = _told(found, account)
        return Snapshot(told) if told else None
    except Unreadable as error:
        raise CallFailed(Trouble.BAD_DATA, str(error)) from error


def of_listed(
    found: Struct | CallFailed, account: Account, options: Options
) -> Sequence[Snapshot | Unrecognised]:
    """What is listed as changed. Stock comes with its product, of which nobody may know yet.

    What cannot be read keeps nothing else waiting, but somebody is told.
    """
    try:
        if isinstance(found, CallFailed):
            raise found
        variants = found.item.variants if isinstance(found, Level) else ()
        said = [of_answer(each, account, options) for each in (*variants, found)]
    except CallFailed as error:
        return [Unrecognised(Word("listing", error.why))]
    return [each for each in said if each]


def _told(found: Struct, account: Account) -> Told | None:
    match found:
        case Buyer(updated_at=datetime() as updated):
            return parties.customer(found, updated)
        case Variant(product=Family() as family):
            return parties.product(found, family, account.currency)
        case Level():
            return parties.level(found)
        case _:
            return None
