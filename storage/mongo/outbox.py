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


def by_whom(actor: Actor) -> Filter:
    """An actor inside an expression; what people wrote is never read as one."""
    return {"$literal": msgspec.to_builtins(actor)}
