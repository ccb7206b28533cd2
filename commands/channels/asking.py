"""Live reads: what is too old is asked for at its channel, and lands in the books.

Who asks waits as long as they have time. The question goes on without them, so that the next one
finds the answer; whoever asks the same meanwhile waits for the same question.
"""

from __future__ import annotations

import logging
from asyncio import Task, create_task, gather, wait
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from time import monotonic

from msgspec import Struct

from commands.channels import news
from commands.channels.news import NotUnderstood, Receiving, Unread
from commands.channels.payments import Awaited
from domain.channels import asking, deadlines, describing
from domain.channels.abilities import Reading, Thing
from domain.channels.answers import Answer, Found, Missing, ReadError
from domain.channels.asking import MOST_SINGLE, Askable, Question
from domain.channels.inbound import Snapshot, Unrecognised
from domain.channels.told import PaymentTold
from domain.errors import Unavailable
from domain.freshness import Heard, Shortfall
from domain.incidents import IncidentKind
from domain.payments import Payment
from domain.ports.asking import AskedTold, Known, unheard
from domain.ports.channels import Line
from domain.refusals import Refusal, Refused
from domain.values import whole_milliseconds

logger = logging.getLogger("kassa.channels")

LONGEST_SECONDS = 5.0
"""So long a question goes on behind who asked it."""

MOST_UNDER_WAY = 200

FRESH = "fresh"
"""What is counted of an answer that could be had."""

Call = Task[Mapping[Question, Heard]]


class Batch(Struct, frozen=True):
    """Questions that one call answers, each with the value that it is about."""

    line: Line
    kind: type[Askable]
    about: Mapping[Question, Askable]


class Asking:
    """All live reads of a process; until it has `lines`, nobody can be asked."""

    def __init__(self, receiving: Receiving, known: Known, told: AskedTold = unheard) -> None:
        self._receiving, self._known, self._told = receiving, known, told
        self._under_way: dict[Question, Call] = {}
        self.lines: Mapping[str, Line] = {}

    @property
    def under_way(self) -> Collection[Call]:
        """The calls that are not answered yet."""
        return set(self._under_way.values())

    def close(self) -> Collection[Call]:
        """Ask nobody any more; gives the calls that are to be ended."""
        self.lines = {}
        return self.under_way

    async def renew(
        self, kind: type[Askable], ids: Sequence[str], oldest: timedelta, until: float
    ) -> Mapping[str, Heard]:
        """Ask for those that a channel told longer ago; gives what is known of all by `until`.

        `until` is in seconds of `monotonic`. What is Kassa's own is left out.

        Raises:
            Unavailable: the database does not answer.
        """
        now = await self._receiving.stores.now()
        known = await self._known.values(kind, ids)
        told = {each.id: Heard(each.told_at) for each in known if each.told_at}
        due = [each for each in known if each.told_at and now - each.told_at > oldest]
        asked = {each.id: asking.question(each, self.lines.values()) for each in due}
        about = {key: each for each in due if (key := asked[each.id])}
        self._begin(kind, about)
        calls = {key: self._under_way[key] for key in about if key in self._under_way}
        if calls:
            await wait(set(calls.values()), timeout=max(0.0, until - monotonic()))
        return {**told, **{each.id: _heard(asked[each.id], calls) for each in due}}

    def _begin(self, kind: type[Askable], about: Mapping[Question, Askable]) -> None:
        """Make the calls for what nobody has asked for yet; how many there may be is bounded."""
        new = {key: each for key, each in about.items() if key not in self._under_way}
        for batch in self._batches(kind, new):
            if len(self.under_way) >= MOST_UNDER_WAY:
                return
            call = create_task(self._called(batch))
            self._under_way |= dict.fromkeys(batch.about, call)
            call.add_done_callback(partial(self._over, tuple(batch.about)))

    def _batches(self, kind: type[Askable], new: Mapping[Question, Askable]) -> Iterator[Batch]:
        groups: dict[tuple[str, Thing], list[Question]] = {}
        for key in new:
            groups.setdefault((key.line, key.thing), []).append(key)
        for (name, thing), keys in groups.items():
            line = self.lines[name]
            can = line.adapter.capabilities
            is_single = can.reading(thing) is Reading.SINGLE
            size = 1 if is_single else can.batch.get(thing, 1)
            most = MOST_SINGLE if is_single else len(keys)
            for n in range(0, most, size):
                if some := {key: new[key] for key in keys[n : n + size]}:
                    yield Batch(line, kind, some)

    def _over(self, keys: Sequence[Question], _: Call) -> None:
        for key in keys:
            del self._under_way[key]

    async def _called(self, batch: Batch) -> Mapping[Question, Heard]:
        """One call, and the landing of what it brings; it never raises."""
        began = monotonic()
        try:
            heard = await self._asked(batch)
        except Unavailable as error:
            logger.warning("%s: not landed: %s", batch.line.name, error.message)
            heard = dict.fromkeys(batch.about, NOT_APPLIED)
        except Exception:
            logger.exception("%s: what was asked for cannot land", batch.line.name)
            heard = dict.fromkeys(batch.about, NOT_APPLIED)
        for each in heard.values():
            self._told(batch.line.name, each.shortfall or FRESH, monotonic() - began)
        return heard

    async def _asked(self, batch: Batch) -> Mapping[Question, Heard]:
        at = whole_milliseconds(await self._receiving.stores.now())
        keys = list(batch.about)
        with deadlines.within(LONGEST_SECONDS):
            answers = await batch.line.adapter.fetch_many(
                keys[0].thing, [each.key for each in keys]
            )
        falls = await gather(
            *(
                self._landed(batch.line, batch.about[key], answer)
                for key, answer in zip(keys, answers, strict=True)
            )
        )
        sure = [batch.about[key].id for key, fall in zip(keys, falls, strict=True) if fall is None]
        if sure:
            await self._known.confirm(batch.kind, sure, at)
        return {
            key: Heard(shortfall=fall) if fall else Heard(at)
            for key, fall in zip(keys, falls, strict=True)
        }

    async def _landed(self, line: Line, before: Askable, answer: Answer) -> Shortfall | None:
        """None: the books say what the channel says."""
        match answer:
            case ReadError(trouble):
                return Shortfall(trouble)
            case Missing():
                return Shortfall.NOT_THERE
            case Found(Snapshot(PaymentTold() as told, ())) if _is_known(before, told, line):
                return None
            case Found(found):
                return await self._applied(line, found)

    async def _applied(self, line: Line, found: Snapshot | Unrecognised) -> Shortfall | None:
        """What cannot be applied is told to somebody; who asked reads what was known before."""
        try:
            await news.apply(self._receiving, line, f"{line.name}:asked", [found])
        except NotUnderstood:
            return Shortfall.CHANNEL_BAD_DATA
        except (Refusal, Refused) as error:
            why = error.message
        except (Awaited, Unread) as error:
            why = str(error)
        else:
            return None
        about = "what was asked for live"
        await self._receiving.alarm.open(IncidentKind.NOT_APPLIED, line.account, about, why)
        return Shortfall.NOT_APPLIED


NOT_APPLIED = Heard(shortfall=Shortfall.NOT_APPLIED)


def _heard(key: Question | None, calls: Mapping[Question, Call]) -> Heard:
    if key is None or key not in calls:
        return Heard(shortfall=Shortfall.NOT_ASKED)
    call = calls[key]
    if not call.done() or call.cancelled():
        return Heard(shortfall=Shortfall.STILL_ASKING)
    return call.result()[key]


def _is_known(before: Askable, told: PaymentTold, line: Line) -> bool:
    """Does it say nothing that is not written down already?"""
    try:
        return isinstance(before, Payment) and describing.is_known(before, told, line.account)
    except Refusal:
        return False
