"""The appender: gives what happened its number, and puts it into the journal.

The journal is its own counter: the next number is the one behind the last, and the unique `_id`
decides between two who believe it is theirs. An insert of many stops at the first that is taken,
so numbers never have a hole, however an appender dies; (aggregate, seq) is unique as well, so
nothing is told twice. The lease only keeps two gateways from doing the same work.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import accumulate
from time import monotonic
from typing import Any

from storage.mongo import outbox
from storage.mongo.clock import Clock
from storage.mongo.driver import Database, Document, Filter, Invalid
from storage.mongo.journal.reading import JOURNAL
from storage.mongo.outbox import PENDING_SINCE

MOST_DOCUMENTS = 1_000
MOST_ENTRIES = 1_000
MOST_REMEMBERED = 100_000
ASIDE_SECONDS = 60.0
"""So long a story rests that the journal could not take; the others go on."""

logger = logging.getLogger("kassa.journal")


class Appender:
    """Moves what the outboxes of `collections` hold into the journal."""

    def __init__(self, database: Database, clock: Clock, collections: Sequence[str]) -> None:
        self._database = database
        self._clock = clock
        self._collections = collections
        self._told: dict[str, int] = {}
        self._aside: dict[str, float] = {}

    async def append(self) -> int:
        """Append what waits; gives how many entries the journal has got.

        Raises:
            Unavailable: the database does not answer; nothing is lost or told twice by it.
        """
        waiting = await self._read(_fitting(await self._waiting()))
        if not waiting:
            return 0
        await self._look_up([row["_id"] for row in waiting])
        entries = [entry for row in waiting for entry in self._untold(row)][:MOST_ENTRIES]
        count = await self._insert(entries)
        await self._trim(waiting)
        # What the journal had already, or would not take, may have hidden what is behind it.
        return count or await self.append()

    async def _waiting(self) -> list[Document]:
        """What has something to tell, and how much, the longest waiting first."""
        oldest = [{"$sort": {PENDING_SINCE: 1}}, {"$limit": MOST_DOCUMENTS}]
        aside = [each for each, until in self._aside.items() if until > monotonic()]
        sizes = {name: _pending(name, aside) for name in self._collections}
        return await self._united(sizes, oldest)

    async def _read(self, waiting: Sequence[Document]) -> list[Document]:
        """The same with their outboxes; of each no more than is appended at once."""
        ids: dict[str, list[str]] = {}
        for row in waiting:
            ids.setdefault(row["collection"], []).append(row["_id"])
        rows = await self._united({name: _outboxes(name, ids[name]) for name in ids}, [])
        found = {row["_id"]: row for row in rows}
        return [found[row["_id"]] for row in waiting if row["_id"] in found]

    async def _united(
        self, steps: Mapping[str, Sequence[Filter]], then: Sequence[Filter]
    ) -> list[Document]:
        """What pipelines over several collections give together."""
        if not steps:
            return []
        first, *others = steps
        union = [{"$unionWith": {"coll": name, "pipeline": steps[name]}} for name in others]
        return await self._database.aggregate_over(first, [*steps[first], *union, *then])

    async def _look_up(self, aggregates: Sequence[str]) -> None:
        """Learn how far the stories are told that this appender did not tell itself."""
        if len(self._told) > MOST_REMEMBERED:
            self._told.clear()
        unknown = [each for each in aggregates if each not in self._told]
        if not unknown:
            return
        last: list[Filter] = [
            {"$match": {"aggregate": {"$in": unknown}}},
            {"$group": {"_id": "$aggregate", "seq": {"$max": "$seq"}}},
        ]
        rows = await self._database.aggregate_over(JOURNAL.name, last)
        self._told |= dict.fromkeys(unknown, 0) | {row["_id"]: row["seq"] for row in rows}

    def _untold(self, row: Document) -> list[Document]:
        told = self._told[row["_id"]]
        return [outbox.entry(each, row["_id"]) for each in row["outbox"] if each["seq"] > told]

    async def _insert(self, entries: Sequence[Document]) -> int:
        if not entries:
            return 0
        recorded_at, last = await self._clock.now(), await self._last()
        rows = [
            {"_id": number, **entry, "recorded_at": recorded_at}
            for number, entry in enumerate(entries, last + 1)
        ]
        done = 0
        try:
            done = await self._database.add_in_order(JOURNAL.name, rows)
        except Invalid as error:
            done = error.position
            self._set_aside(entries[done])
        finally:
            if done < len(rows):
                # Somebody else appends too, or the answer is lost: look again at what is there.
                self._told.clear()
        for row in entries[:done]:
            if row["aggregate"] in self._told:
                self._told[row["aggregate"]] = row["seq"]
        return done

    def _set_aside(self, entry: Document) -> None:
        """One story that cannot be told keeps no other from being told."""
        aggregate: str = entry["aggregate"]
        self._aside[aggregate] = monotonic() + ASIDE_SECONDS
        logger.error(
            "%s waits to be told: the journal's rules refuse its change %d", aggregate, entry["seq"]
        )

    async def _last(self) -> int:
        rows = await self._database.find(
            JOURNAL.name, {}, sort=[("_id", -1)], limit=1, fields=("_id",)
        )
        return rows[0]["_id"] if rows else 0

    async def _trim(self, waiting: Sequence[Document]) -> None:
        """Take from the outboxes what the journal has."""
        by_collection: dict[str, dict[int, list[str]]] = {}
        for row in waiting:
            if told := self._told.get(row["_id"]):
                alike = by_collection.setdefault(row["collection"], {})
                alike.setdefault(told, []).append(row["_id"])
        for name, alike in by_collection.items():
            changes = [({"_id": {"$in": ids}}, _without(told)) for told, ids in alike.items()]
            await self._database.change_each(name, changes)


def _fitting(waiting: Sequence[Document]) -> Sequence[Document]:
    """The first of those that wait, until there is enough to append."""
    before = accumulate((row["count"] for row in waiting), initial=0)
    return [row for row, count in zip(waiting, before, strict=False) if count < MOST_ENTRIES]


def _pending(collection: str, aside: Sequence[str]) -> list[Filter]:
    others: Filter = {"_id": {"$nin": aside}} if aside else {}
    size = {"count": {"$size": "$outbox"}, PENDING_SINCE: 1}
    return [
        {"$match": {PENDING_SINCE: {"$exists": True}, **others}},
        {"$sort": {PENDING_SINCE: 1}},
        {"$limit": MOST_DOCUMENTS},
        {"$project": {**size, "collection": {"$literal": collection}}},
    ]


def _outboxes(collection: str, ids: Sequence[str]) -> list[Filter]:
    first = {"$slice": ["$outbox", MOST_ENTRIES]}
    return [
        {"$match": {"_id": {"$in": ids}}},
        {"$project": {"outbox": first, "collection": {"$literal": collection}}},
    ]


def _without(told: int) -> Sequence[Filter]:
    """What is left to tell; a document with nothing to tell is pending no more."""
    rest = {"$filter": {"input": "$outbox", "cond": {"$gt": ["$$this.seq", told]}}}
    is_done: Mapping[str, Any] = {"$eq": ["$outbox", []]}
    since = {"$cond": [is_done, "$$REMOVE", f"${PENDING_SINCE}"]}
    return [{"$set": {"outbox": rest}}, {"$set": {PENDING_SINCE: since}}]
