"""What channels sent and is not applied, what they were told, and what people have not seen."""

from __future__ import annotations

from collections.abc import Sequence

from domain.channels.inbox import Backlog, DeliveryState
from domain.channels.instructing import InstructionState
from storage.mongo.driver import Database, Document, Filter
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.instructions import INSTRUCTIONS

MOST_COUNTED = 100_000
"""Beyond that it makes no difference."""

OLDEST: Sequence[Filter] = [
    {"$match": {"state": DeliveryState.WAITING.value}},
    {"$sort": {"received_at": 1}},
    {"$limit": 1},
    {"$project": {"_id": 0, "waits": {"$subtract": ["$$NOW", "$received_at"]}}},
]

UNKNOWN: Filter = {"state": InstructionState.OPEN.value, "due": {"$type": "date"}}
LONGEST_UNKNOWN: Sequence[Filter] = [
    {"$match": UNKNOWN},
    {"$sort": {"asked_at": 1}},
    {"$limit": 1},
    {"$project": {"_id": 0, "waits": {"$subtract": ["$$NOW", "$asked_at"]}}},
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
    unknown = await database.aggregate_over(INSTRUCTIONS.name, LONGEST_UNKNOWN)
    return Backlog(
        waiting=waiting,
        oldest_seconds=_seconds(oldest),
        parked=parked,
        incidents=await database.count(INCIDENTS.name, {"is_open": True}, MOST_COUNTED),
        instructions=await database.count(INSTRUCTIONS.name, UNKNOWN, MOST_COUNTED),
        unknown_seconds=_seconds(unknown),
    )


def _seconds(oldest: Sequence[Document]) -> float:
    return max(0, oldest[0]["waits"]) / 1000 if oldest else 0
