"""What channels sent and is not applied, what they were told, and what people have not seen."""

from __future__ import annotations

from collections.abc import Sequence

from domain.channels.inbox import Backlog, DeliveryState
from domain.channels.instructing import InstructionState
from storage.mongo.driver import Database, Filter
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.instructions import ERRANDS, INSTRUCTIONS
from storage.mongo.pushes import BEHIND, PUSHES

MOST_COUNTED = 100_000
"""Beyond that it makes no difference."""


def oldest(where: Filter, since: str) -> Sequence[Filter]:
    """How many milliseconds the oldest of some has waited."""
    return [
        {"$match": where},
        {"$sort": {since: 1}},
        {"$limit": 1},
        {"$project": {"_id": 0, "waits": {"$subtract": ["$$NOW", f"${since}"]}}},
    ]


TO_PROVIDERS = (INSTRUCTIONS.name, ERRANDS.name)
UNKNOWN: Filter = {"state": InstructionState.OPEN.value, "due": {"$type": "date"}}


async def backlog(database: Database) -> Backlog:
    """How it stands.

    Raises:
        Unavailable: the database does not answer.
    """
    deliveries = oldest({"state": DeliveryState.WAITING.value}, "received_at")
    waiting, parked = [
        await database.count(INBOX.name, {"state": state.value}, MOST_COUNTED)
        for state in (DeliveryState.WAITING, DeliveryState.PARKED)
    ]
    return Backlog(
        waiting=waiting,
        oldest_seconds=await _seconds(database, INBOX.name, deliveries),
        parked=parked,
        incidents=await database.count(INCIDENTS.name, {"is_open": True}, MOST_COUNTED),
        instructions=sum(
            [await database.count(name, UNKNOWN, MOST_COUNTED) for name in TO_PROVIDERS]
        ),
        unknown_seconds=max(
            [await _seconds(database, name, oldest(UNKNOWN, "asked_at")) for name in TO_PROVIDERS]
        ),
        pushes=await database.count(PUSHES.name, BEHIND, MOST_COUNTED),
        push_seconds=await _seconds(database, PUSHES.name, oldest(BEHIND, "since")),
    )


async def _seconds(database: Database, name: str, pipeline: Sequence[Filter]) -> float:
    rows = await database.aggregate_over(name, pipeline)
    return max(0, rows[0]["waits"]) / 1000 if rows else 0
