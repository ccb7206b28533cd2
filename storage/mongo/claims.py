"""Requests that came, and the answers they got.

A claim is inserted first: its unique id decides who carries a request out. An answer is inserted
once: its unique id decides which answer counts, however many believed to be the owner. A claim
that somebody must finish, should its owner die, is `open` until it is answered; one whose effects
end by themselves is left to whoever asks again. Inserts are what a database does most cheaply, so
the common request costs two of them and nothing else.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
from bson import Timestamp
from msgspec import Struct
from msgspec.structs import replace

from domain.errors import Unavailable
from domain.ports import Busy, Found
from domain.requests import Claim, Request
from storage.gathering import Gathered
from storage.mongo.clock import Clock
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Document, Filter

logger = logging.getLogger("kassa.claims")

LEASE = timedelta(seconds=10)
GRACE = timedelta(seconds=2)
"""Members of a replica set may differ by this much about the time."""

MOST_FAILURES = 5
"""A request that breaks this often is not taken up again, unless its sender asks."""

MOST_UNHEARD = 1_000
"""So many claims may be ours without our knowing it, before the first are left to their lease."""

KEPT = timedelta(days=8)
NOW_OF_THE_SERVER = Timestamp(0, 0)
"""MongoDB writes its own time in the place of this one."""


class ClaimRow(Struct, frozen=True):
    """A request that came; nobody's, when its owner let it go. An open one says what it asks."""

    id: str = msgspec.field(name="_id")
    fingerprint: str
    owner: str | None
    at: datetime
    request: bytes | None = None


class AnswerRow(Struct, frozen=True):
    """The answer of a request."""

    id: str = msgspec.field(name="_id")
    fingerprint: str
    answer: bytes
    settled_at: datetime


CLAIMS = Collection(
    "claims",
    ClaimRow,
    (
        Index(by("at"), "forgetting claims", forget_after=KEPT),
        Index(by("open"), "finishing what others left", only={"open": True}),
    ),
)
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
CLOSED: Filter = {"$unset": {"open": True, "request": True}}
IS_ABANDONED: Filter = {"$or": [{"owner": None}, {"$expr": LEASE_IS_OVER}]}


class MongoClaims:
    """`ports.Claims`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._claiming = Gathered(self._claim_all)
        self._settling = Gathered(self._settle_all)
        self._kept_open = set[str]()
        self._unheard = deque[Filter](maxlen=MOST_UNHEARD)

    async def claim(self, request: Request) -> Claim | Found | Busy:
        return await self._claiming.ask(request)

    async def settle(self, claim: Claim, answer: bytes) -> bytes:
        return await self._settling.ask((claim, answer))

    async def keep_open(self, claim: Claim, request: Request) -> None:
        mine = {"_id": claim.id, "owner": claim.owner}
        raw = msgspec.msgpack.encode(replace(request, is_open=True))
        self._kept_open.add(claim.id)
        await self._database.change(CLAIMS.name, mine, {"$set": {"open": True, "request": raw}})

    async def let_go(self, claim: Claim, *, is_broken: bool = False) -> None:
        mine = {"_id": claim.id, "owner": claim.owner}
        self._kept_open.discard(claim.id)
        freed = {"$set": {"owner": None}, "$inc": {"failures": int(is_broken)}}
        await self._database.change(CLAIMS.name, mine, freed)

    async def abandoned(self, most: int) -> Sequence[tuple[Claim, Request]]:
        """Of those that are answered the owner died before it could close them."""
        await self._disown()
        found: list[tuple[Claim, Request]] = []
        is_sound = {"failures": {"$not": {"$gte": MOST_FAILURES}}}
        where = {"open": True, **is_sound, **IS_ABANDONED}
        while len(found) < most:
            owner, deadline = _token(), await self._deadline()
            row = await self._taken_over(where, owner)
            if row is None:
                break
            if request := await self._readable(row):
                found.append((_claim(request, owner, deadline), request))
        answers = await self._answers([claim.id for claim, _ in found])
        if answers:
            where = {"_id": {"$in": list(answers)}}
            await self._database.change_all(CLAIMS.name, where, CLOSED)
        return [each for each in found if each[0].id not in answers]

    async def _readable(self, row: Document) -> Request | None:
        """The request of a claim; one that another version wrote is left to that."""
        try:
            return msgspec.msgpack.decode(row["request"], type=Request)
        except msgspec.DecodeError:
            logger.exception("claim %s cannot be read", row["_id"])
            aside = {"$set": {"failures": MOST_FAILURES}}
            await self._database.change(CLAIMS.name, {"_id": row["_id"]}, aside)
            return None

    async def _deadline(self) -> datetime:
        return await self._clock.now() + LEASE

    async def _claim_all(self, requests: Sequence[Request]) -> Sequence[Claim | Found | Busy]:
        now = await self._clock.now()
        claims = [_claim(request, _token(), now + LEASE) for request in requests]
        rows = [_row(*pair, now) for pair in zip(claims, requests, strict=True)]
        with self._hearing((claim.id, claim.owner) for claim in claims):
            twice = await self._database.add(CLAIMS.name, rows)
        if not twice:
            return claims
        answers = await self._answers([claims[n].id for n in twice])
        met = {n: await self._met(claims[n], requests[n], answers) for n in twice}
        return [met.get(n, claim) for n, claim in enumerate(claims)]

    async def _met(
        self, claim: Claim, request: Request, answers: Mapping[str, AnswerRow]
    ) -> Claim | Found | Busy:
        """Somebody asked the same before."""
        answer = answers.get(claim.id)
        if answer is None:
            return await self._contested(request)
        if answer.fingerprint != claim.fingerprint:
            return Busy.OTHER_ARGUMENTS
        return Found(answer.answer)

    async def _contested(self, request: Request) -> Claim | Found | Busy:
        """Somebody else has it, or had it and was not heard of for too long."""
        rows = await self._database.find(CLAIMS.name, {"_id": request.id}, fields=("fingerprint",))
        if rows and rows[0]["fingerprint"] != request.fingerprint:
            return Busy.OTHER_ARGUMENTS
        owner, deadline = _token(), await self._deadline()
        with self._hearing([(request.id, owner)]):
            row = await self._taken_over({"_id": request.id, **IS_ABANDONED}, owner)
        if row is None:
            return Busy.IN_PROGRESS
        return _claim(replace(request, is_open=row.get("open", False)), owner, deadline)

    @contextmanager
    def _hearing(self, claims: Iterable[tuple[str, str]]) -> Generator[None]:
        """If there is no answer, claims may stand in our name that nobody here knows of."""
        try:
            yield
        except Unavailable:
            self._unheard.extend({"_id": claim, "owner": owner} for claim, owner in claims)
            raise

    async def _disown(self) -> None:
        """Let go of those: nobody shall wait for their lease."""
        mine, self._unheard = self._unheard, deque[Filter](maxlen=MOST_UNHEARD)
        if not mine:
            return
        with self._hearing((each["_id"], each["owner"]) for each in mine):
            freed = {"$set": {"owner": None}}
            await self._database.change_all(CLAIMS.name, {"$or": list(mine)}, freed)

    async def _taken_over(self, where: Filter, owner: str) -> Document | None:
        now = {"$set": {"owner": owner, "claimed_at": "$$NOW"}}
        return await self._database.change(CLAIMS.name, where, [now], sort=[("claimed_at", 1)])

    async def _answers(self, ids: Sequence[str]) -> Mapping[str, AnswerRow]:
        rows = await self._database.find(ANSWERS.name, {"_id": {"$in": list(ids)}})
        return {row.id: row for row in msgspec.convert(rows, list[AnswerRow])}

    async def _settle_all(self, settled: Sequence[tuple[Claim, bytes]]) -> Sequence[bytes]:
        now = await self._clock.now()
        rows = [answer_document(claim, answer, now) for claim, answer in settled]
        twice = await self._database.add(ANSWERS.name, rows)
        opened = [c.id for c, _ in settled if c.is_open or c.id in self._kept_open]
        self._kept_open.difference_update(opened)
        if opened:
            where = {"_id": {"$in": opened}}
            await self._database.change_all(CLAIMS.name, where, CLOSED)
        if not twice:
            return [answer for _, answer in settled]
        first = await self._answers([settled[n][0].id for n in twice])
        return [
            first[claim.id].answer if claim.id in first else answer for claim, answer in settled
        ]


def answer_document(claim: Claim, answer: bytes, now: datetime) -> Document:
    return ANSWERS.document(AnswerRow(claim.id, claim.fingerprint, answer, now))


def _claim(request: Request, owner: str, deadline: datetime) -> Claim:
    return Claim(request.id, request.fingerprint, owner, deadline, request.is_open)


def _row(claim: Claim, request: Request, now: datetime) -> Document:
    raw = msgspec.msgpack.encode(request) if request.is_open else None
    row = ClaimRow(claim.id, claim.fingerprint, claim.owner, now, raw)
    return CLAIMS.document(row, claimed_at=NOW_OF_THE_SERVER, open=request.is_open)


def _token() -> str:
    return secrets.token_hex(8)
