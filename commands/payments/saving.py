"""One change of one payment: loaded, decided and saved, and if somebody was faster, again.

The payment is read and decided upon outside of the transaction, which is short for it: it writes
the payment over the version that was read, the postings and the answer, or nothing of them.
"""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Awaitable, Callable, Iterator
from random import uniform
from typing import TypeVar

from msgspec.structs import replace

from commands.payments import alarming
from commands.running import Call, settled_within
from domain import ledger, payments
from domain.errors import Unavailable
from domain.ledger import Posting
from domain.payments import OperationPhase, Recorded, Report
from domain.ports import Changed, Stores, Work

R = TypeVar("R")

TRIES = 40
LONGEST_PAUSE_SECONDS = 0.1
TOO_MANY = "Too many change this at once, and nothing was done. Ask again with the same key."


async def patiently(stores: Stores, turn: str, attempt: Callable[[], Awaitable[R]]) -> R:
    """What comes of an attempt that others may overtake; it is then made anew.

    Raises:
        Unavailable: others were always faster.
    """
    async with stores.tills.turn(turn):
        for n in range(TRIES):
            try:
                return await attempt()
            except Changed:
                longest = min(LONGEST_PAUSE_SECONDS, 0.002 * 2**n)
                await sleep(uniform(0, longest))  # noqa: S311 - only so that two do not march in step
    raise Unavailable(TOO_MANY)


async def saved(
    stores: Stores,
    call: Call,
    turn: str,
    decide: Callable[[], Awaitable[tuple[Recorded, Report]]],
    answer: Callable[[Recorded], R],
) -> R:
    """What came of a report, kept with its answer.

    Raises:
        Unavailable: others were always faster.
    """

    async def attempt() -> R:
        recorded, report = await decide()
        return await _write(stores, call, recorded, report, answer)

    return await patiently(stores, turn, attempt)


async def _write(
    stores: Stores,
    call: Call,
    recorded: Recorded,
    report: Report,
    answer: Callable[[Recorded], R],
) -> R:
    async def body(work: Work) -> R:
        if recorded.is_new:
            await record(work, recorded, report)
        if recorded.is_new and report.is_fact:
            await alarming.alarm(work, recorded, report)
        return await settled_within(work, call, answer(recorded))

    return await stores.transaction(body)


async def record(work: Work, recorded: Recorded, report: Report) -> None:
    """Write a payment as it is after a report, with what the ledger and the journal hear of it."""
    after = recorded.after
    told = payments.told(recorded, report)
    await work.record(after, recorded.before.version, told, [*_postings(recorded, report.cause)])


def _postings(recorded: Recorded, cause: str) -> Iterator[Posting]:
    after, operation = recorded.after, recorded.operation
    part, at = f"{after.version}", operation.occurred_at
    if gone := recorded.absorbed:
        nothing = replace(gone, phase=OperationPhase.REVERSED)
        yield from ledger.following(after, nothing, ledger.due(gone), part, cause, at)
    yield from ledger.following(after, operation, ledger.due(recorded.known), part, cause, at)
