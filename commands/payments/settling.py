"""What providers say of what they were told is written down, until it is known what came of it.

Whoever keeps an instruction sends it and records the answer. If nobody knows, or the process dies,
workers ask. Whatever a worker or a webhook finds first, it is the same operation.
"""

from __future__ import annotations

import logging
from asyncio import gather
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from commands.payments import alarming, saving, sending
from domain import payments
from domain.channels import describing, instructing
from domain.channels.answers import Accepted, Done, Rejected, Unknown, Written
from domain.channels.instructing import Instructed
from domain.errors import Unavailable
from domain.payments import OperationPhase, Payment, PaymentOperation, Report
from domain.ports import Stores, Work
from domain.ports.channels import Line
from domain.refusals import NotFound, Refusal, Refused, refuse_any
from domain.values import printable, whole_milliseconds

logger = logging.getLogger("kassa.instructions")

LONGEST_CODE = 100
NOT_CONNECTED = "The account through which it was paid is not connected."


class Settled(Struct, frozen=True):
    """A payment with the operation that its provider was told, after what the provider said."""

    payment: Payment
    operation: PaymentOperation


async def now(stores: Stores, kept: Instructed) -> Settled:
    """How it stands.

    Raises:
        NotFound: the payment has no such operation.
    """
    payment = await stores.tills.payment(kept.payment_id)
    operation = payments.operation_of(payment, kept.id) if payment else None
    if payment is None or operation is None:
        raise NotFound(what="operation", key=kept.id)
    return Settled(payment, operation)


async def written(
    stores: Stores, line: Line, kept: Instructed, said: Written, *, is_awaited: bool
) -> Settled:
    """Write down what a provider says; if nobody waits for it, a failure is an incident.

    What cannot be true says nothing of what it did: then nobody knows.

    Raises:
        Unavailable: the database does not answer; a worker goes on with it.
    """
    try:
        settled = await _recorded(stores, line, kept, said, is_awaited=is_awaited)
    except (Refusal, Refused) as error:
        logger.warning("instruction %s got an answer that cannot be: %s", kept.id, error.message)
        said = Unknown(error.message)
        settled = await _recorded(stores, line, kept, said, is_awaited=is_awaited)
    stores.providers.counted(kept.kind, type(said).__name__.lower())
    await _arrange(stores, kept, settled.operation, said.why if isinstance(said, Unknown) else None)
    return settled


async def _recorded(
    stores: Stores, line: Line, kept: Instructed, said: Written, *, is_awaited: bool
) -> Settled:
    at = whole_milliseconds(await stores.now())

    async def attempt() -> Settled:
        stands = await now(stores, kept)
        report = _report(stands, line, kept, said, at)
        if report is None:
            return stands
        refuse_any(payments.wrong_report(report, at))
        found = payments.recorded(stands.payment, report, at)

        async def body(work: Work) -> None:
            if found.is_new:
                await saving.record(work, found, report)
            if is_awaited:
                await alarming.heard(work, found, report)
            else:
                await alarming.alarm(work, found, report)

        if found.is_new or is_awaited:
            await stores.transaction(body)
        return Settled(found.after, found.operation)

    return await saving.patiently(stores, kept.payment_id, attempt)


def _report(
    stands: Settled, line: Line, kept: Instructed, said: Written, at: datetime
) -> Report | None:
    """What it means for the books; None: nothing that is not known."""
    if isinstance(said, Done | Accepted):
        ours = replace(said.operation, operation_id=kept.id)
        return describing.reported(stands.payment, ours, line.account, kept.id)
    if isinstance(said, Unknown) and instructing.is_accepted(stands.operation):
        return None
    is_no = isinstance(said, Rejected)
    return Report(
        kind=stands.operation.kind,
        phase=OperationPhase.FAILED if is_no else OperationPhase.UNKNOWN,
        cause=kept.id,
        actor=line.account.actor,
        at=at,
        operation_id=kept.id,
        decline_code=printable(said.code, LONGEST_CODE) or None if is_no else None,
        is_fact=True,
    )


async def work(stores: Stores, most: int) -> int:
    """Ask what came of some that are due; gives of how many."""
    taken = await stores.instructions.take(most)
    await gather(*(_looked_after(stores, each) for each in taken))
    return len(taken)


async def _looked_after(stores: Stores, kept: Instructed) -> None:
    """Whatever comes of one keeps no other waiting; its lease ends by itself."""
    try:
        await _asked(stores, kept)
    except (Unavailable, Refusal, Refused) as error:
        logger.warning("instruction %s waits: %s", kept.id, error.message)
    except Exception:
        logger.exception("instruction %s cannot be settled", kept.id)


async def _asked(stores: Stores, kept: Instructed) -> None:
    stands, at = await now(stores, kept), await stores.now()
    line = stores.providers.of(stands.payment)
    if instructing.is_settled(stands.operation) or line is None:
        await _arrange(stores, kept, stands.operation, NOT_CONNECTED)
    else:
        said = await sending.again(line, kept, at)
        stands = await written(stores, line, kept, said, is_awaited=False)
    if instructing.is_stale(kept, at) and instructing.is_doubtful(stands.operation):
        await alarming.doubt(stores, stands.payment, stands.operation)


async def _arrange(
    stores: Stores, kept: Instructed, operation: PaymentOperation, why: str | None
) -> None:
    """See to it that it is asked about again, if that is necessary."""
    if instructing.is_settled(operation):
        await stores.instructions.close(kept.id)
        return
    state = instructing.state_of(operation)
    await stores.instructions.later(kept.id, instructing.pause(kept.attempts, state), state, why)
