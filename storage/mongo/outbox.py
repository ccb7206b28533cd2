"""What happened to a document stands in its `outbox` until the journal has it.

It is written with the change, by the same update, so neither can be without the other. A document
that has something to tell also has `pending_since`, under an index that holds no other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from domain.journal import Happening
from domain.values import Actor
from storage.mongo.collections import Index, by
from storage.mongo.driver import Document, Filter

PENDING_SINCE = "pending_since"
OF_AN_OUTBOX = frozenset({"outbox", PENDING_SINCE})
NOTHING: list[Any] = []

PENDING = Index(by(PENDING_SINCE), "journalling", only={PENDING_SINCE: {"$exists": True}})


def added(happenings: Any) -> Filter:
    """Fields that an update sets to tell of `happenings`, an expression of an array."""
    longer = {"$concatArrays": [{"$ifNull": ["$outbox", NOTHING]}, happenings]}
    since = {"$ifNull": [f"${PENDING_SINCE}", "$$NOW"]}
    quiet = {"$eq": [happenings, NOTHING]}
    return {
        "outbox": longer,
        PENDING_SINCE: {"$cond": [quiet, {"$ifNull": [f"${PENDING_SINCE}", "$$REMOVE"]}, since]},
    }


def told(happening: Happening) -> Document:
    """A happening as it stands in an outbox."""
    return msgspec.to_builtins(happening, builtin_types=(datetime,))


def entry(row: Document, aggregate: str) -> Document:
    """What an outbox held, as the journal keeps it; its number and its time are still to come."""
    return {**row, "aggregate": aggregate, "about": [aggregate, *row.get("subjects", ())]}


def telling(document: Document, happening: Happening) -> Document:
    """A new document that tells how it came."""
    return {**document, "outbox": [told(happening)], PENDING_SINCE: happening.at}


def taking_over(document: Document, *kept: str) -> list[Filter]:
    """Put a document that has something to tell in the place of one that may have too.

    What the old one still has to tell is told first; it keeps the fields `kept` as well.
    """
    happenings = document["outbox"]
    rest = {name: value for name, value in document.items() if name not in OF_AN_OUTBOX}
    stays = {name: f"${name}" for name in kept}
    told = added({"$literal": happenings})
    return [{"$replaceWith": {"$mergeObjects": [{"$literal": rest}, {**stays, **told}]}}]


def by_whom(actor: Actor) -> Filter:
    """An actor inside an expression; what people wrote is never read as one."""
    return {"$literal": msgspec.to_builtins(actor)}
