"""Which channels gateways have connected, and how those are doing."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from domain.channels.inbox import DeliveryState
from domain.channels.marks import Mark
from domain.channels.standing import (
    MOST_COUNTED,
    MOST_SHOWN,
    AdapterStatus,
    Connection,
    Heard,
    Queue,
    status,
)
from domain.ids import ChannelId
from domain.viewer import Nothing, Subject, Viewer, reach
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Document, Filter, Taken
from storage.mongo.inbox import INBOX
from storage.mongo.marks import MARKS

CONNECTIONS = Collection("connections", Connection, (Index(by("channel_id"), "Channel.adapters"),))
COLLECTIONS = (CONNECTIONS,)

WAITING, PARKED = DeliveryState.WAITING.value, DeliveryState.PARKED.value
UNAPPLIED: Sequence[Filter] = [
    {"$match": {"state": {"$in": [WAITING, PARKED]}}},
    {"$sort": {"state": 1, "received_at": -1}},
    {"$limit": MOST_COUNTED},
    {"$project": {"endpoint": 1, "state": 1, "received_at": 1, "attempts": 1, "why": 1}},
    {
        "$group": {
            "_id": {"endpoint": "$endpoint", "state": "$state"},
            "count": {"$sum": 1},
            "oldest_at": {"$min": "$received_at"},
            "newest": {"$firstN": {"input": "$$ROOT", "n": MOST_SHOWN}},
        }
    },
]
"""Parked ones come first, which are few; so none of them is left out for many that wait."""


class MongoConnections:
    """`ports.receiving.Connections`, and what the graph reads of adapters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, told: Mapping[str, tuple[Connection, Heard]]) -> None:
        """Say that these are connected, and what was heard of each meanwhile."""
        for connection, heard in told.values():
            if not await self._change(connection, heard):
                with suppress(Taken):
                    await self._database.put(CONNECTIONS.name, CONNECTIONS.document(connection))
                await self._change(connection, heard)

    async def _change(self, connection: Connection, heard: Heard) -> bool:
        update = _update(connection, heard)
        row = await self._database.change(CONNECTIONS.name, {"_id": connection.id}, update)
        return row is not None

    async def adapters_of(
        self, viewer: Viewer, keys: Sequence[ChannelId]
    ) -> Mapping[ChannelId, Sequence[AdapterStatus]]:
        """How the accounts of each channel are doing, by their names."""
        if reach(viewer, Subject.ADAPTERS) == Nothing():
            return {}
        rows, queues = await gather(
            self._database.aggregate_over(CONNECTIONS.name, _connected(keys)),
            self._database.aggregate_over(INBOX.name, UNAPPLIED),
        )
        queue_by_name = _queues(queues)
        found: dict[ChannelId, list[AdapterStatus]] = {}
        for row in rows:
            connection = msgspec.convert(row, Connection)
            marks = msgspec.convert(row["marks"], list[Mark])
            queue = queue_by_name.get(connection.id, Queue())
            shown = status(connection, queue, marks, row["now"])
            found.setdefault(connection.channel_id, []).append(shown)
        return found


def _update(connection: Connection, heard: Heard) -> Filter:
    named = {"channel_id", "provider", "account", "capabilities"}
    document: dict[str, Any] = CONNECTIONS.document(connection)
    counts = {"taken": heard.taken, "repeated": heard.repeated, "refused": heard.refused}
    return {
        "$set": {name: document[name] for name in named},
        "$currentDate": {"seen_at": True},
        "$inc": counts,
        **({"$max": {"heard_at": heard.last_at}} if heard.last_at else {}),
    }


def _connected(keys: Sequence[ChannelId]) -> Sequence[Filter]:
    """Accounts of these channels with what is read of them, and the time."""
    join = {
        "from": MARKS.name,
        "localField": "_id",
        "foreignField": "line",
        "pipeline": [{"$sort": {"_id": 1}}],
        "as": "marks",
    }
    return [
        {"$match": {"channel_id": {"$in": list(keys)}}},
        {"$sort": {"_id": 1}},
        {"$lookup": join},
        {"$addFields": {"now": "$$NOW"}},
    ]


def _queues(rows: Sequence[Document]) -> Mapping[str, Queue]:
    groups: dict[str, dict[str, Document]] = {}
    for row in rows:
        groups.setdefault(row["_id"]["endpoint"], {})[row["_id"]["state"]] = row
    return {name: _queue(of.get(WAITING), of.get(PARKED)) for name, of in groups.items()}


def _queue(waiting: Document | None, parked: Document | None) -> Queue:
    return msgspec.convert(
        {
            "waiting": waiting["count"] if waiting else 0,
            "oldest_at": waiting["oldest_at"] if waiting else None,
            "parked": parked["count"] if parked else 0,
            "newest_parked": parked["newest"] if parked else (),
        },
        Queue,
    )
