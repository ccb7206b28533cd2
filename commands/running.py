"""How a command runs: once, however often it is asked for.

A request is claimed before anything is done. Who finds it answered tells the same answer again;
who finds it claimed waits a little for the answer. What a process leaves half done is done again
by whoever finds the claim abandoned: every effect derives its id from the request.
"""

from __future__ import annotations

import logging
from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from commands import patience
from domain import requests, values
from domain.errors import Unavailable
from domain.ports import Busy, Found, Overtaken, Stores, Work
from domain.refusals import IdempotencyMismatch, InProgress, Refusal, Refused
from domain.requests import Answer, Claim, Request
from domain.values import Actor
from domain.viewer import Action, Viewer, permitted

logger = logging.getLogger("kassa.commands")

A = TypeVar("A")
R = TypeVar("R")

WAIT_SECONDS = 4.0
"""So long a copy waits for an answer that somebody else is about to give."""

ANSWER_WITHIN_SECONDS = 5.0
"""So long takes any answer: more than a database is given, so that its silence is told as such."""

LETTING_GO_SECONDS = 0.5
FIRST_LOOK_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.25


def always(_: object) -> bool:
    return True


class Call(Struct, frozen=True):
    """One run of a command: who asked for what, and under which claim."""

    claim: Claim
    request: Request

    @property
    def viewer(self) -> Viewer:
        return self.request.viewer

    @property
    def actor(self) -> Actor:
        return self.request.actor

    @property
    def cause(self) -> str:
        """What its effects are recognised by."""
        return self.claim.id


class Command(Struct, Generic[A, R], frozen=True):
    """A change of state, by the name of its mutation.

    `admits` raises `Forbidden` for who may not ask; `act` raises a refusal when nothing is left
    of what it did. One that keeps its answer in its own transaction says so; all others have it
    kept afterwards. `is_open` says whether somebody must finish what was begun: not where all of
    it is one update, or ends by itself.
    """

    name: str
    takes: type[A]
    gives: type[R]
    act: Callable[[Stores, Call, A], Awaitable[R]]
    admits: Callable[[Viewer, A], None]
    keeps_answer: bool = False
    is_open: Callable[[A], bool] = always


def admits(action: Action) -> Callable[[Viewer, object], None]:
    """Who may do this to anything may ask for it."""

    def admit(viewer: Viewer, _: object) -> None:
        permitted(viewer, action)

    return admit


async def run(
    stores: Stores,
    command: Command[A, R],
    viewer: Viewer,
    key: str,
    arguments: A,
    device: str | None = None,
) -> Answer[R]:
    """Carry a request out, or tell what came of it before.

    What takes too long goes on, and whoever asks again is told what came of it.

    Raises:
        Forbidden: the viewer may not ask for this.
        Unavailable: what became of it is not known; the same key finds out.
    """
    command.admits(viewer, arguments)
    try:
        request = Request(
            command.name,
            viewer,
            values.actor(viewer, device),
            requests.checked(key),
            msgspec.msgpack.encode(arguments),
            command.is_open(arguments),
        )
        work = _answered(stores, command, request, arguments)
        return await patience.within(ANSWER_WITHIN_SECONDS, work)
    except patience.NotYet:
        return _refused(_in_progress())
    except (Refusal, Refused) as refusal:
        return _refused(refusal)


async def _answered(
    stores: Stores, command: Command[A, R], request: Request, arguments: A
) -> Answer[R]:
    claim = await _claimed(stores, request)
    if isinstance(claim, Found):
        return requests.told_again(claim.answer, command.gives)
    return await _carried_out(stores, command, Call(claim, request), arguments)


async def resume(stores: Stores, commands: Mapping[str, Command[Any, Any]], most: int) -> int:
    """Finish, or undo, what others have left; gives how many requests that were."""
    left = await stores.claims.abandoned(most)
    return sum([await _resumed(stores, commands, *each) for each in left])


async def _resumed(
    stores: Stores, commands: Mapping[str, Command[Any, Any]], claim: Claim, request: Request
) -> bool:
    """Is it done? What is broken keeps nobody from what else was left."""
    try:
        command = commands[request.operation]
        arguments = msgspec.msgpack.decode(request.arguments, type=command.takes)
        call = Call(claim, request)
        await _carried_out(stores, command, call, arguments)
    except Unavailable:
        return False
    except Exception:
        logger.exception("%s %s cannot be finished", request.operation, claim.id)
        with suppress(Unavailable):
            await stores.claims.let_go(claim, is_broken=True)
        return False
    return True


async def _claimed(stores: Stores, request: Request) -> Claim | Found:
    """The claim, or the answer, which is waited for while somebody else is at it."""
    began, pause = monotonic(), FIRST_LOOK_SECONDS
    while True:
        found = await stores.claims.claim(request)
        if found is Busy.OTHER_ARGUMENTS:
            raise IdempotencyMismatch(path=("idempotencyKey",))
        if not isinstance(found, Busy):
            return found
        if monotonic() - began >= WAIT_SECONDS:
            raise _in_progress()
        await sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _in_progress() -> InProgress:
    return InProgress(path=("idempotencyKey",))


async def _carried_out(
    stores: Stores, command: Command[A, R], call: Call, arguments: A
) -> Answer[R]:
    try:
        return await _done(stores, command, call, arguments)
    except BaseException as error:
        # Nobody knows what became of it. The next copy shall find out at once, not after a lease.
        is_broken = isinstance(error, Exception) and not isinstance(error, Unavailable)
        freed = stores.claims.let_go(call.claim, is_broken=is_broken)
        with suppress(Unavailable, patience.NotYet):
            await patience.within(LETTING_GO_SECONDS, freed)
        raise


async def _done(stores: Stores, command: Command[A, R], call: Call, arguments: A) -> Answer[R]:
    try:
        answer: Answer[R] = Answer(await command.act(stores, call, arguments))
    except (Refusal, Refused) as refusal:
        answer = _refused(refusal)
    except Overtaken:
        return await _told_by_others(stores, command, call)
    if command.keeps_answer and answer.value is not None:
        return answer
    return await _settled(stores, command, call, answer)


async def _settled(
    stores: Stores, command: Command[A, R], call: Call, answer: Answer[R]
) -> Answer[R]:
    ours = requests.kept(answer)
    counts = await stores.claims.settle(call.claim, ours)
    return answer if counts == ours else requests.told_again(counts, command.gives)


async def _told_by_others(stores: Stores, command: Command[A, R], call: Call) -> Answer[R]:
    nothing = requests.kept(Answer[R]())
    return requests.told_again(await stores.claims.settle(call.claim, nothing), command.gives)


async def settled_within(work: Work, call: Call, value: R) -> R:
    """Keep the answer of a command in its own transaction."""
    await work.settle(call.claim, requests.kept(Answer(value)))
    return value


def _refused(refusal: Refusal | Refused) -> Answer[Any]:
    return Answer(None, refusal.refusals if isinstance(refusal, Refused) else (refusal,))
