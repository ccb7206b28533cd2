"""Requests under way, and the answers of those that are done.

A claim is inserted first: its unique id decides who carries a request out. An answer is inserted
once: its unique id decides which answer counts, however many believed to be the owner. Claims of
answered requests are removed, so what is left is what is under way, or was abandoned.
"""

from __future__ import annotations

import secrets
from asyncio import gather
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from bson import Timestamp
from msgspec import Struct

from domain.ports import Busy, Found
from domain.requests import Claim, Request
from storage.gathering import Gathered
from storage.mongo.clock import Clock
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Document, Filter

LEASE = timedelta(seconds=10)
GRACE = timedelta(seconds=2)
"""Members of a replica set may differ by this much about the time."""

KEPT = timedelta(days=8)
NOW_OF_THE_SERVER = Timestamp(0, 0)
"""MongoDB writes its own time in the place of this one."""


class ClaimRow(Struct, frozen=True):
    """A request under way; nobody's, when its owner let it go."""

    id: str = msgspec.field(name="_id")
    fingerprint: str
    owner: str | None
    request: bytes


class AnswerRow(Struct, frozen=True):
    """The answer of a request."""

    id: str = msgspec.field(name="_id")
    fingerprint: str
    answer: bytes
    settled_at: datetime


CLAIMS = Collection("claims", ClaimRow)
ANSWERS = Collection(
    "answers",
    AnswerRow,
    (Index(by("settled_at"), "forgetting answers", forget_after=KEPT),),
)
COLLECTIONS = (CLAIMS, ANSWERS)

LEASE_IS_OVER: Filter = {
    "$lt": [
        {"$toDate": "$claimed_at"},
        {"$subtract": ["$$NOW", (LEASE + GRACE) // timedelta(milliseconds=1)]},
    ]
}
IS_ABANDONED: Filter = {"$or": [{"owner": None}, {"$expr": LEASE_IS_OVER}]}


class MongoClaims:
    """`ports.Claims`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._claiming = Gathered(self._claim_all)
        self._settling = Gathered(self._settle_all)

    async def claim(self, request: Request) -> Claim | Found | Busy:
        return await self._claiming.ask(request)

    async def settle(self, claim: Claim, answer: bytes) -> bytes:
        return await self._settling.ask((claim, answer))

    async def let_go(self, claim: Claim) -> None:
        mine = {"_id": claim.id, "owner": claim.owner}
        await self._database.change(CLAIMS.name, mine, {"$set": {"owner": None}})

    async def abandoned(self, most: int) -> Sequence[tuple[Claim, Request]]:
        found: list[tuple[Claim, Request]] = []
        while len(found) < most:
            owner, deadline = _token(), await self._deadline()
            row = await self._taken_over(IS_ABANDONED, owner)
            if row is None:
                break
            request = msgspec.msgpack.decode(row["request"], type=Request)
            found.append((_claim(request, owner, deadline), request))
        return found

    async def _deadline(self) -> datetime:
        return await self._clock.now() + LEASE

    async def _claim_all(self, requests: Sequence[Request]) -> Sequence[Claim | Found | Busy]:
        deadline = await self._deadline()
        claims = [_claim(request, _token(), deadline) for request in requests]
        rows = [_row(*pair) for pair in zip(claims, requests, strict=True)]
        twice = await self._database.add(CLAIMS.name, rows)
        answers = await self._answers([claim.id for claim in claims])
        if idle := [c.id for n, c in enumerate(claims) if c.id in answers and n not in twice]:
            await self._database.delete(CLAIMS.name, {"_id": {"$in": idle}})
        return await gather(
            *(
                self._met(claim, request, answers.get(claim.id), is_ours=n not in twice)
                for n, (claim, request) in enumerate(zip(claims, requests, strict=True))
            )
        )

    async def _met(
        self, claim: Claim, request: Request, answer: AnswerRow | None, *, is_ours: bool
    ) -> Claim | Found | Busy:
        if answer:
            if answer.fingerprint == claim.fingerprint:
                return Found(answer.answer)
            return Busy.OTHER_ARGUMENTS
        return claim if is_ours else await self._contested(request)

    async def _contested(self, request: Request) -> Claim | Found | Busy:
        """Somebody else has it, or had it and was not heard of for too long."""
        rows = await self._database.find(CLAIMS.name, {"_id": request.id}, fields=("fingerprint",))
        if rows and rows[0]["fingerprint"] != request.fingerprint:
            return Busy.OTHER_ARGUMENTS
        owner, deadline = _token(), await self._deadline()
        row = await self._taken_over({"_id": request.id, **IS_ABANDONED}, owner)
        return _claim(request, owner, deadline) if row else Busy.IN_PROGRESS

    async def _taken_over(self, where: Filter, owner: str) -> Document | None:
        now = {"$set": {"owner": owner, "claimed_at": "$$CLUSTER_TIME"}}
        return await self._database.change(CLAIMS.name, where, [now])

    async def _answers(self, ids: Sequence[str]) -> Mapping[str, AnswerRow]:
        rows = await self._database.find(ANSWERS.name, {"_id": {"$in": list(ids)}})
        return {row.id: row for row in msgspec.convert(rows, list[AnswerRow])}

    async def _settle_all(self, settled: Sequence[tuple[Claim, bytes]]) -> Sequence[bytes]:
        now = await self._clock.now()
        rows = [answer_document(claim, answer, now) for claim, answer in settled]
        twice = await self._database.add(ANSWERS.name, rows)
        ids = [claim.id for claim, _ in settled]
        await self._database.delete(CLAIMS.name, {"_id": {"$in": ids}})
        if not twice:
            return [answer for _, answer in settled]
        first = await self._answers([ids[n] for n in twice])
        return [
            first[claim.id].answer if claim.id in first else answer for claim, answer in settled
        ]


def answer_document(claim: Claim, answer: bytes, now: datetime) -> Document:
    return ANSWERS.document(AnswerRow(claim.id, claim.fingerprint, answer, now))


def _claim(request: Request, owner: str, deadline: datetime) -> Claim:
    return Claim(request.id, request.fingerprint, owner, deadline)


def _row(claim: Claim, request: Request) -> Document:
    raw = msgspec.msgpack.encode(request)
    row = ClaimRow(claim.id, claim.fingerprint, claim.owner, raw)
    return CLAIMS.document(row, claimed_at=NOW_OF_THE_SERVER)


def _token() -> str:
    return secrets.token_hex(8)
