"""The ledger catches up with payments that came in by files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from domain.ledger import Posting, missing
from domain.payments import Payment
from storage.mongo.driver import Database, Taken
from storage.mongo.ledger import POSTINGS
from storage.mongo.payments import PAYMENTS

TRIES = 3
AT_ONCE = 200
"""Payments in one transaction, which must end in time."""


async def post(database: Database, refs: Sequence[str]) -> None:
    """Post what the payments of these references have moved and the ledger lacks."""
    for start in range(0, len(refs), AT_ONCE):
        await _retried(database, refs[start : start + AT_ONCE])


async def _retried(database: Database, refs: Sequence[str]) -> None:
    for _ in range(TRIES):
        with suppress(Taken):  # somebody else brings the same files: look again
            return await database.transaction(lambda within: _post(within, refs))
    return None


async def _post(database: Database, refs: Sequence[str]) -> None:
    """Both are read as they were at one instant, so that nothing is posted twice."""
    found = await database.find(PAYMENTS.name, {"ref_keys": {"$in": list(refs)}})
    payments = msgspec.convert(found, list[Payment])
    ids = [payment.id for payment in payments]
    rows = await database.find(POSTINGS.name, {"payment_id": {"$in": ids}})
    posted: dict[str, list[Posting]] = {}
    for posting in msgspec.convert(rows, list[Posting]):
        posted.setdefault(posting.payment_id, []).append(posting)
    new = [each for payment in payments for each in missing(payment, posted.get(payment.id, ()))]
    if new and await database.add(POSTINGS.name, [POSTINGS.document(each) for each in new]):
        raise Taken
