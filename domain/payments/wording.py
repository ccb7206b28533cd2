"""What may be said of a payment at all, whatever the payment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from domain import money
from domain.money import Money
from domain.payments.payment import CardPresence, TenderKind
from domain.payments.recording import Report
from domain.refusals import Invalid, Refusal
from domain.values import MAX_MINOR

LONGEST_TEXT = 255
TOLERANCE = timedelta(minutes=5)
"""By so much may a till's clock be ahead of ours."""

PROVIDER = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)


class NewTender(Struct, frozen=True, kw_only=True):
    """With what, through whom and into which account a customer pays how much."""

    kind: TenderKind
    amount: Money
    provider: str = "till"
    merchant_account: str = "till"
    presence: CardPresence = CardPresence.NOT_APPLICABLE


def wrong_tender(tender: NewTender) -> Iterator[Refusal]:
    """What is wrong with a tender."""
    yield from wrong_amount(tender.amount, ("tender", "amount"))
    if not PROVIDER.fullmatch(tender.provider):
        why = "A provider's name has up to 40 small letters, digits, dots, dashes."
        yield Invalid(path=("tender", "provider"), why=why)
    yield from wrong_texts({"merchantAccount": tender.merchant_account}, ("tender",))


def wrong_report(report: Report, now: datetime) -> Iterator[Refusal]:
    """What is wrong with a report, before anything is known of the payment."""
    if report.amount:
        yield from wrong_amount(report.amount, ("amount",))
    texts = {
        "providerRef": report.provider_ref,
        "originalRef": report.original_ref,
        "sourceEvent": report.source_event,
        "declineCode": report.decline_code,
        "reason": report.reason,
    }
    yield from wrong_texts(texts, ())
    if report.at and report.at > now + TOLERANCE:
        yield Invalid(path=("occurredAt",), why="It cannot have happened in the future.")


def wrong_amount(amount: Money, path: tuple[str, ...]) -> Iterator[Refusal]:
    """What is wrong with an amount that moves: it is at least one minor unit."""
    if not 1 <= amount.minor <= MAX_MINOR:
        yield Invalid(path=(*path, "minor"), why=f"An amount has 1 to {MAX_MINOR} minor units.")
    if amount.currency not in money.known_currencies():
        why = f"{amount.currency[:8]!r} is no ISO 4217 currency."
        yield Invalid(path=(*path, "currency"), why=why)


def wrong_texts(texts: Mapping[str, str | None], path: tuple[str, ...]) -> Iterator[Refusal]:
    """What is wrong with texts by the names of their arguments; one that is None is left out."""
    for name, text in texts.items():
        if text is not None and not (1 <= len(text) <= LONGEST_TEXT and text.isprintable()):
            why = f"`{name}` has 1 to {LONGEST_TEXT} printable characters."
            yield Invalid(path=(*path, name), why=why)
