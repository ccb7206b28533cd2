"""What Stripe answers, when it is told to do something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from adapters.stripe.translate import payments, people
from adapters.stripe.translate.calls import EVENTS, INTENTS
from adapters.stripe.translate.payments import Doing, Said
from adapters.stripe.translate.shapes import (
    Charge,
    Customer,
    Intent,
    Names,
    Page,
    Refund,
    Refused,
    Session,
)
from domain.channels import deadlines
from domain.channels.abilities import Thing, Writing
from domain.channels.answers import (
    Accepted,
    Answer,
    Closed,
    Done,
    Found,
    Instruction,
    LinkAsked,
    LinkWritten,
    Missing,
    Opened,
    ReadError,
    Rejected,
    Trouble,
    Unknown,
    Written,
)
from domain.channels.inbound import News, RefetchHint, Unreadable
from domain.channels.told import OperationTold
from domain.payments import OperationKind, OperationPhase
from domain.ports.channels import CallFailed, Reply

BAD_DATA = Trouble.BAD_DATA
MOST_WAITS, LONGEST_WAIT = 20, 2.0
MOST_PAGES = 5  # of refunds or disputes of one payment, a hundred each
REFUSALS = frozenset({400, 402, 404, 422})
NOT_ANY_MORE = "The account has no `success_url` any more, and Stripe wants one."


def ok(reply: Reply) -> Reply:
    """An answer that is one.

    Raises:
        CallFailed: it is none.
    """
    if reply.status != 200:
        raise CallFailed(BAD_DATA, f"Stripe answers {reply.status}.")
    return reply


def answered_at(reply: Reply) -> datetime:
    """Stripe's own clock.

    Raises:
        CallFailed: the answer does not show it.
    """
    try:
        found = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError as error:
        raise CallFailed(BAD_DATA, "The answer has no date.") from error
    if found.tzinfo is None:
        raise CallFailed(BAD_DATA, "The answer's date has no zone.")
    return found


def following(path: str, reply: Reply, listed: Page) -> str | None:
    """Where what changed goes on: further in this list, or in the next one."""
    if listed.has_more and listed.data:
        return f"{path}:{last(reply)}"
    return f"{EVENTS}:" if path == INTENTS else None


def parted(news: Iterable[News]) -> tuple[Sequence[News], Sequence[str]]:
    """What is told already, and the names that are to be asked for, each once."""
    told = list(news)
    hints = dict.fromkeys(each.key for each in told if isinstance(each, RefetchHint))
    return [each for each in told if not isinstance(each, RefetchHint)], list(hints)


def found(keys: Iterable[str], fetched: Iterable[Answer]) -> Sequence[News]:
    """Those payments that are there; one that cannot be understood now is to be asked for later.

    Raises:
        CallFailed: Stripe cannot be asked for one of them.
    """
    known: list[News] = []
    for key, each in zip(keys, fetched, strict=True):
        if isinstance(each, ReadError) and each.trouble is not BAD_DATA:
            raise CallFailed(each.trouble, each.why, each.retry_after)
        if isinstance(each, ReadError):
            known.append(RefetchHint(Thing.PAYMENT, key))
        if isinstance(each, Found):
            known.append(each.news)
    return known


def person(reply: Reply) -> Answer:
    """Somebody who was asked for.

    Raises:
        CallFailed: nobody knows.
    """
    if reply.status == 404:
        return Missing()
    return people.found(ok(reply).decoded(Customer), answered_at(reply))


def to_wait(error: CallFailed) -> float:
    """For how many seconds, until it is our turn.

    Raises:
        CallFailed: it is something else, or takes too long.
    """
    wait = error.retry_after or 0
    if error.trouble is Trouble.RATE_LIMITED and 0 < wait < deadlines.left(LONGEST_WAIT):
        return wait
    raise error


def last(reply: Reply) -> str:
    """The name of what is last in part of a list: after that the next part begins.

    Raises:
        CallFailed: it has none.
    """
    names: Names = reply.decoded(Names)
    return names.data[-1].id


def written(kind: Writing, reply: Reply, told: Instruction) -> Written:
    """What came of a write.

    Raises:
        CallFailed: nobody knows.
    """
    if reply.status in REFUSALS:
        return refused(reply)
    if kind is Writing.REFUND:
        return settled(payments.given_back(ok(reply).decoded(Refund)), told)
    intent: Intent = ok(reply).decoded(Intent)
    if kind is Writing.CANCEL:
        return settled([payments.let_go(intent)], told)
    doing = Doing(OperationKind.CAPTURE, answered_at(reply), told.operation_id)
    return settled(payments.operations(intent, doing), told)


def refused(reply: Reply) -> Rejected:
    """Why Stripe will not.

    Raises:
        CallFailed: the key was used before, for something else: of that, nobody knows.
    """
    error = reply.decoded(Refused).error
    why = error.message or "Stripe gives no reason."
    if error.type == "idempotency_error":
        raise CallFailed(BAD_DATA, why)
    return Rejected(error.decline_code or error.code or error.type, why)


def settled(said: Iterable[Said], told: Instruction) -> Written:
    """The operation that was asked for, among others.

    Raises:
        CallFailed: it is not there.
    """
    if (found := mine(said, told)) is None:
        raise CallFailed(BAD_DATA, "Stripe did something else than it was told to.")
    return as_written(found)


def observed(kind: Writing, said: Intent | Charge, told: Instruction) -> Written | Missing:
    """What came of a write, by what the payment is now."""
    done = list(payments.operations(said))
    if isinstance(said, Intent) and kind is Writing.CANCEL and said.status == "canceled":
        done.append(payments.let_go(said))
    found = mine(done, told)
    return as_written(found) if found else Missing()


def mine(said: Iterable[Said], told: Instruction) -> OperationTold | None:
    """Our own operation, if it is among these."""
    found = (each for each in said if isinstance(each, OperationTold))
    return next((each for each in found if each.operation_id == told.operation_id), None)


def as_written(operation: OperationTold) -> Written:
    is_open = operation.phase is OperationPhase.REQUESTED
    return Accepted(operation) if is_open else Done(operation)


def linked(reply: Reply) -> LinkWritten:
    """How a checkout page stands.

    Raises:
        CallFailed: nobody knows.
    """
    if reply.status in REFUSALS:
        return refused(reply)
    session: Session = ok(reply).decoded(Session)
    if session.status == "open" and session.url and session.url.startswith("https://"):
        return Opened(session.id, session.url)
    if session.status == "expired":
        return Closed()
    if session.status == "complete":
        return Rejected("session_complete", "Somebody has paid it.")
    raise CallFailed(BAD_DATA, f"A checkout page is {session.status or 'nothing'!r}.")


def unpayable(told: Instruction | LinkAsked) -> Rejected:
    """Why nothing was sent."""
    why = f"Stripe cannot pay {told.amount.amount} {told.amount.currency} to the last unit."
    return Rejected("amount_not_payable", why)


def never_asked(thing: Thing) -> ReadError:
    return ReadError(Trouble.UNAVAILABLE, f"Stripe is not asked for a {thing}.")


def unknown(error: CallFailed | Unreadable) -> Unknown:
    """What it means for who told Stripe to do something."""
    return error.as_write if isinstance(error, CallFailed) else Unknown(str(error))


def unread(error: CallFailed | Unreadable) -> ReadError:
    """What it means for who asked."""
    return error.as_read if isinstance(error, CallFailed) else ReadError(BAD_DATA, str(error))
