"""Payments that channels tell of.

News are facts: nobody is asked whether they may be. There is no claim and no kept answer either;
a payment is found by its provider's names for it, and the fold does not mind repetitions.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from commands.payments import alarming, saving
from domain import payments, recorded
from domain.channels import describing
from domain.channels.accounts import Account
from domain.channels.told import OperationTold, PaymentTold
from domain.ownership import DEFAULTS, Owners
from domain.payments import Payment, Recorded, Report
from domain.ports import Stores, Work
from domain.refusals import Invalid, refuse_any
from domain.values import whole_milliseconds


class Teller(Struct, frozen=True):
    """Who tells, through which delivery or turn of reconciliation (`cause`), of whose fields."""

    provider: str
    account: Account
    cause: str
    owners: Owners = DEFAULTS


class Awaited(Exception):
    """It is about something of which nothing is known yet."""

    def __init__(self, name: str, what: str = "payment") -> None:
        super().__init__(f"The {what} {name!r} is not known yet.")


async def tell(stores: Stores, by: Teller, told: PaymentTold) -> Payment:
    """Record a payment as it is told, with each of its operations.

    Raises:
        Refused: it says what cannot be.
        Invalid: another account has a payment of this name.
        Unavailable: the database does not answer, or others are always faster.
    """
    refuse_any(payments.wrong_tender(describing.tender_of(told, by.provider, by.account)))
    payment: Payment | None = None
    for operation in told.operations:
        payment = await _saved(stores, by, operation, told)
    if payment is None:
        raise ValueError("a payment is told of without any operation")
    return payment


async def add(stores: Stores, by: Teller, payment_ref: str, told: OperationTold) -> Payment:
    """Record one operation of a payment that is known.

    Raises:
        Awaited: it is not.
    """
    return await _saved(stores, by, told, payment_ref)


async def _saved(
    stores: Stores, by: Teller, operation: OperationTold, about: PaymentTold | str
) -> Payment:
    now = whole_milliseconds(await stores.now())
    ref = about if isinstance(about, str) else about.ref

    async def attempt() -> Payment:
        before = await _meant(stores, by, ref, operation, about, now)
        return await _write(stores, by, before, operation, about, now)

    return await saving.patiently(stores, describing.reference(by.provider, ref), attempt)


async def _meant(
    stores: Stores,
    by: Teller,
    ref: str,
    operation: OperationTold,
    about: PaymentTold | str,
    now: datetime,
) -> Payment:
    """The payment by its own name, or by an operation's; a new one has version 0.

    Raises:
        Invalid: it is another account's.
    """
    names = [describing.reference(by.provider, each) for each in (ref, operation.ref)]
    named = await stores.tills.named(names)
    if found := [named[name] for name in names if name in named]:
        _expect_same_account(stores, by, found[0], ref)
        return found[0]
    if isinstance(about, str):
        raise Awaited(about)
    return describing.begun(by.provider, by.account, about, now)


def _expect_same_account(stores: Stores, by: Teller, payment: Payment, ref: str) -> None:
    """Names are the provider's, for all of its accounts: money of two of them is never mixed.

    Raises:
        Invalid: another account that is connected has a payment of this name.
    """
    theirs = stores.providers.of(payment)
    if theirs and theirs.account.account != by.account.account:
        why = f"{theirs.name} has another payment that {by.provider} calls {ref!r}."
        raise Invalid(why=why)


async def _write(
    stores: Stores,
    by: Teller,
    before: Payment,
    operation: OperationTold,
    about: PaymentTold | str,
    now: datetime,
) -> Payment:
    known = before if isinstance(about, str) else describing.described(before, about)
    report = describing.reported(known, operation, by.account, by.cause)
    refuse_any(payments.wrong_report(report, now))
    found = payments.recorded(known, report, now)
    if not found.is_new and known == before:
        return before

    async def body(work: Work) -> Payment:
        return await _recorded(work, before, found, report, now)

    return await stores.transaction(body)


async def _recorded(
    work: Work, before: Payment, found: Recorded, report: Report, now: datetime
) -> Payment:
    if found.is_new:
        since = replace(found, before=before)
        await saving.record(work, since, report)
        await alarming.alarm(work, since, report)
        return found.after
    after = replace(found.after, version=before.version + 1, updated_at=now)
    told = recorded.reported(before, after, report.cause, report.actor)
    await work.record(after, before.version, told, ())
    return after
