"""How far the journal is behind what happened."""

from __future__ import annotations

from collections.abc import Sequence

from storage.mongo.driver import Database, Filter
from storage.mongo.journal.reading import JOURNAL
from storage.mongo.outbox import PENDING_SINCE

OLDEST: Sequence[Filter] = [
    {"$match": {PENDING_SINCE: {"$exists": True}}},
    {"$sort": {PENDING_SINCE: 1}},
    {"$limit": 1},
    {"$project": {"_id": 0, "waits": {"$subtract": ["$$NOW", f"${PENDING_SINCE}"]}}},
]


async def lag(database: Database, collections: Sequence[str]) -> tuple[float, int]:
    """How many seconds the oldest change has waited for its number, and the last number there is.

    Raises:
        Unavailable: the database does not answer.
    """
    first, *others = collections
    union = [{"$unionWith": {"coll": name, "pipeline": OLDEST}} for name in others]
    waiting = await database.aggregate_over(first, [*OLDEST, *union])
    last = await database.find(JOURNAL.name, {}, sort=[("_id", -1)], limit=1, fields=("_id",))
    oldest = max((row["waits"] for row in waiting), default=0)
    return max(0, oldest) / 1000, last[0]["_id"] if last else 0
