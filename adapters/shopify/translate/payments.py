"""What was paid for an order, and by whom it is best known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from adapters.shopify.translate.amounts import minor, number, paid
from adapters.shopify.translate.shapes import Sold, Transaction
from adapters.shopify.translate.words import KINDS, PHASES, RECEIPT, TENDERS, Options
from domain.channels.told import OperationTold, PaymentTold, Word
from domain.money import Money
from domain.payments import CardPresence, OperationPhase, TenderKind

LONGEST = 200


def told(
    sold: Sold, options: Options
) -> tuple[tuple[PaymentTold, ...], tuple[str, ...], tuple[Word, ...]]:
    """Payments that only Shopify knows; of others, what they are called elsewhere; odd words."""
    by_id = {number(each.id): each for each in sold.transactions}
    families = dict[str, list[Transaction]]()
    for each in sold.transactions:
        families.setdefault(_root(each, by_id), []).append(each)
    found, taken, words = list[PaymentTold](), list[str](), list[Word]()
    for root, family in families.items():
        if provider := options.gateways.get(family[0].gateway):
            taken += [f"{provider}:{name}" for each in family for name in _names(each)]
            continue
        operations, odd = _operations(family)
        words += odd
        first = next((each for each in operations if each.ref == root), None)
        if first:
            tender = options.tenders.get(family[0].gateway) or TENDERS.get(family[0].gateway)
            words += [] if tender else [Word("gateway", family[0].gateway)]
            found.append(_payment(first, operations, tender or TenderKind.CARD, sold.updated_at))
    return tuple(found), tuple(dict.fromkeys(taken)), tuple(words)


def _names(transaction: Transaction) -> Sequence[str]:
    """The gateway's own names for it. The receipt is as the gateway likes: read with care."""
    receipt: Any = transaction.receipt
    if isinstance(receipt, str):
        try:
            receipt = msgspec.json.decode(receipt)
        except (msgspec.DecodeError, RecursionError):
            receipt = {}
    held = cast("dict[str, Any]", receipt) if isinstance(receipt, dict) else {}
    found = [*(held.get(name) for name in RECEIPT), transaction.authorization]
    texts = [each for each in found if isinstance(each, str) and each]
    return [each for each in dict.fromkeys(texts) if each.isprintable() and len(each) < LONGEST]


def _root(transaction: Transaction, by_id: Mapping[str, Transaction]) -> str:
    """The first of those that build on one another."""
    key = number(transaction.id)
    for _ in by_id:
        found = by_id.get(key)
        if found is None or found.parent is None:
            break
        key = number(found.parent.id)
    return key


def _payment(
    first: OperationTold, operations: Sequence[OperationTold], tender: TenderKind, as_of: datetime
) -> PaymentTold:
    return PaymentTold(
        ref=first.ref,
        amount=first.amount,
        tender=tender,
        presence=CardPresence.NOT_APPLICABLE,
        created_at=first.at,
        as_of=as_of,
        operations=tuple(operations),
    )


def _operations(family: Sequence[Transaction]) -> tuple[list[OperationTold], list[Word]]:
    found, words = list[OperationTold](), list[Word]()
    for each in family:
        kind, status = each.kind.lower(), each.status.lower()
        words += [] if kind in KINDS else [Word("transaction.kind", kind)]
        words += [] if status in PHASES else [Word("transaction.status", status)]
        amount = minor(each.amount_set.presentment_money) - _change(each, family)
        meant = KINDS.get(kind)
        if meant and amount.minor > 0:
            found.append(
                OperationTold(
                    ref=number(each.id),
                    kind=meant,
                    phase=PHASES.get(status, OperationPhase.UNKNOWN),
                    amount=amount,
                    at=each.created_at,
                    raw_status=status,
                    original_ref=number(each.parent.id) if each.parent else None,
                    decline_code=each.error_code,
                )
            )
    return found, words


def _change(taken: Transaction, family: Sequence[Transaction]) -> Money:
    """Cash that was given back over the counter at once."""
    own = minor(taken.amount_set.presentment_money).currency
    back = [each for each in family if each.kind.lower() == "change" and each.parent]
    of_it = [each for each in back if each.parent and number(each.parent.id) == number(taken.id)]
    return Money(sum(abs(paid(each.amount_set)) for each in of_it), own)
