"""What channels sent and is not applied, and what people have not looked at yet."""

from __future__ import annotations

from collections.abc import Sequence

from domain.channels.inbox import Backlog, DeliveryState
from storage.mongo.driver import Database, Filter
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS

MOST_COUNTED = 100_000
"""Beyond that it makes no difference."""

OLDEST: Sequence[Filter] = [
    {"$match": {"state": DeliveryState.WAITING.value}},
    {"$sort": {"received_at": 1}},
    {"$limit": 1},
    {"$project": {"_id": 0, "waits": {"$subtract": ["$$NOW", "$received_at"]}}},
]


async def backlog(database: Database) -> Backlog:
    """How it stands.

    Raises:
        Unavailable: the database does not answer.
    """
    oldest = await database.aggregate_over(INBOX.name, OLDEST)
    waiting, parked = [
        await database.count(INBOX.name, {"state": state.value}, MOST_COUNTED)
        for state in (DeliveryState.WAITING, DeliveryState.PARKED)
    ]
    return Backlog(
        waiting=waiting,
        oldest_seconds=max(0, oldest[0]["waits"]) / 1000 if oldest else 0,
        parked=parked,
        incidents=await database.count(INCIDENTS.name, {"is_open": True}, MOST_COUNTED),
    )
