"""Entries of devices' logs: taken once, in any order, and never refused because of what they met.

First the entry takes its place, so that another one with its number is seen. Then what it tells
becomes part of the books, which may be done twice; then its units are moved, in one transaction
with its row; then it is judged. Whoever is cut off in between begins again, and does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from commands.channels import landing, linking, orders, payments
from commands.channels.incidents import Alarm
from commands.channels.payments import Awaited, Teller
from commands.payments.saving import patiently
from domain.channels import amending, numbered
from domain.channels.numbered import (
    FINAL,
    Amended,
    Counted,
    Entry,
    GaveBack,
    Logged,
    Move,
    Moved,
    Shortage,
    Verdict,
)
from domain.channels.told import OrderTold
from domain.ids import LocationId, Sku
from domain.incidents import LONGEST_DETAIL, Incident, IncidentKind
from domain.orders import Order
from domain.ports import Stores
from domain.refusals import Invalid, OtherCurrency, Refusal, Refused
from domain.values import whole_milliseconds


class Elsewhere(Awaited):
    """It is about what another device will tell, when it is online again."""


class Desk(Struct, frozen=True):
    """Who tells, and where what comes of it goes."""

    stores: Stores
    alarm: Alarm
    by: Teller


class Case(Struct, frozen=True):
    """Something odd, for staff: what it is about, of which one is open at a time, and why."""

    about: str
    why: str


async def take(stores: Stores, alarm: Alarm, by: Teller, entry: Entry) -> Verdict:
    """Take an entry; gives what became of it.

    Raises:
        Elsewhere: it is about an order that another device still has to tell of.
        Unavailable: the database does not answer.
    """
    desk = Desk(stores, alarm, by)
    row = await stores.logbook.take(numbered.logged(by.account.account, entry))
    if row.digest != entry.digest:
        await _conflict(desk, entry, row)
        return Verdict.CONFLICT
    if row.verdict in FINAL:
        return row.verdict
    try:
        return await _accepted(desk, entry, row)
    except (Refusal, Refused) as error:
        return await _rejected(desk, entry, row, error.message)


async def _accepted(desk: Desk, entry: Entry, row: Logged) -> Verdict:
    if entry.wrong:
        raise Invalid(why=entry.wrong)
    own = [Case(f"entry {entry.key}", why) for why in entry.remarks]
    odd = [*own, *await _booked(desk, entry, row), *await _nowhere(desk, entry)]
    for each in odd:
        await desk.alarm.open(IncidentKind.NOT_APPLIED, desk.by.account, each.about, each.why)
    cases = [each.why for each in odd]
    cases += [*await _unlisted(desk, entry), *await _moved(desk, entry, row)]
    verdict = Verdict.ACCEPTED_WITH_CASE if cases else Verdict.ACCEPTED
    await desk.stores.logbook.judge(row, verdict, " ".join(cases)[:LONGEST_DETAIL] or None)
    return verdict


async def _rejected(desk: Desk, entry: Entry, row: Logged, why: str) -> Verdict:
    """One incident of a device is enough: the deliveries that it is about are parked."""
    await desk.stores.logbook.judge(row, Verdict.REJECTED, why)
    about = f"entries of {entry.key.device} that cannot be booked"
    detail = f"{entry.key} is not in the books, and others may not be. {why}"
    await desk.alarm.open(IncidentKind.NOT_APPLIED, desk.by.account, about, detail)
    return Verdict.REJECTED


async def _conflict(desk: Desk, entry: Entry, row: Logged) -> None:
    detail = (
        f"What was taken under this number first stays in the books ({row.digest[:12]}). What came "
        f"now is kept, but is not in them ({entry.digest[:12]}): `kassa inbox show "
        f"{desk.by.cause}` shows it. Two tills with one name do this, or one that lost its memory."
    )
    kind = IncidentKind.OFFLINE_CONFLICT
    await desk.alarm.open(kind, desk.by.account, f"entry {entry.key}", detail)


async def _booked(desk: Desk, entry: Entry, row: Logged) -> list[Case]:
    """What is odd about it."""
    if entry.order:
        return await _told(desk, entry, entry.order)
    return await _amended(desk, entry, entry.amended, row) if entry.amended else []


async def _told(desk: Desk, entry: Entry, told: OrderTold) -> list[Case]:
    stores = desk.stores
    paid_by, odd = await _unclaimed(stores, f"{desk.by.provider}:order:{told.ref}", told.paid_by)
    try:
        await orders.tell(stores, desk.by, replace(told, paid_by=paid_by))
    except OtherCurrency as error:
        odd.append(Case(f"entry {entry.key}", error.message))
    return odd


async def _unlisted(desk: Desk, entry: Entry) -> list[str]:
    """What was sold that is no product, in sentences, of which somebody is told."""
    skus = sorted({line.sku for line in entry.order.lines}) if entry.order else []
    strange = [sku for sku in skus if await desk.stores.records.product(sku) is None]
    why = {sku: f"{sku!r} was sold, which is no product." for sku in strange}
    for sku in strange:
        await desk.alarm.unlisted(desk.by.account, sku, why[sku])
    return list(why.values())


async def _unclaimed(
    stores: Stores, key: str, paid_by: Sequence[str]
) -> tuple[tuple[str, ...], list[Case]]:
    """Payments that no other order has: one that has an order is not made for two."""
    own, odd = list[str](), list[Case]()
    for each in paid_by:
        other = await stores.records.order([each.replace(":", ":payment:", 1)])
        if other is None or any(f"{r.system}:{r.kind}:{r.value}" == key for r in other.refs):
            own.append(each)
        else:
            why = f"The payment {each!r} was made for the order {other.number!r}."
            odd.append(Case(f"payment {each}", why))
    return tuple(own), odd


async def _amended(desk: Desk, entry: Entry, told: Amended, row: Logged) -> list[Case]:
    """What came to an order later; the order and its payments are there by then, or it waits."""
    stores, by = desk.stores, desk.by
    await _expect(desk, told)
    paid_by, odd = await _unclaimed(stores, told.order, told.paid_by)
    cause = amending.cause_ref(by.provider, row.id, entry.at)
    too_many = dict[Sku, int]()

    async def attempt() -> Order:
        before = await stores.records.order([told.order])
        if before is None:
            raise Elsewhere(told.order, "order")
        after, left = amending.amended(before, cause, told.returned, paid_by)
        too_many.clear()  # of an attempt that was overtaken
        too_many.update(left)
        return await landing.saved(stores, by, before, after)

    order = await patiently(stores, told.order, attempt)
    for payment in told.payments:
        await payments.tell(stores, by, replace(payment, order=told.order))
    sentences = [why for each in told.gave_back for why in await _gave_back(desk, each)]
    try:
        await linking.pay(stores, by, order)
    except OtherCurrency as error:
        sentences.append(error.message)
    sentences += [
        f"{n} more units of {sku!r} came back than it had." for sku, n in too_many.items()
    ]
    return [*odd, *(Case(f"entry {entry.key}", why) for why in sentences)]


async def _expect(desk: Desk, told: Amended) -> None:
    """The entry that told of the order is in the books.

    Raises:
        Elsewhere: it is not.
    """
    if told.sale:
        rows = await desk.stores.logbook.find(desk.by.account.account, [told.sale])
        if not any(row.verdict in FINAL for row in rows):
            raise Elsewhere(str(told.sale), "entry")


async def _gave_back(desk: Desk, told: GaveBack) -> list[str]:
    money = told.operation.amount
    try:
        await payments.add(desk.stores, desk.by, told.payment_ref, told.operation)
    except Awaited:
        why = "it was not taken by the till: who took it tells what was given back."
    except (Refusal, Refused) as error:
        why = error.message
    else:
        return []
    return [f"{money.amount} {money.currency} of {told.payment_ref!r} are not booked: {why}"]


async def _nowhere(desk: Desk, entry: Entry) -> list[Case]:
    if not entry.stock or await orders.located(desk.stores, desk.by, entry.location):
        return []
    why = f"{desk.by.account.name} has no location for {entry.location!r}: no units are moved."
    return [Case(f"location {entry.location}", why)]


async def _moved(desk: Desk, entry: Entry, row: Logged) -> list[str]:
    """Units come and leave, whatever is promised; gives what is odd about it."""
    place = await orders.located(desk.stores, desk.by, entry.location)
    moves = [_move(each, place, entry) for each in entry.stock] if place else []
    whose, now = replace(desk.by.account.actor, device=entry.key.device), await desk.stores.now()

    def told(short: Shortage) -> Incident:
        return desk.alarm.shortage(desk.by.account, short, _why(entry, short), now)

    shortages = await desk.stores.logbook.move(row, moves, whose, told)
    return [_why(entry, each) for each in shortages]


def _move(told: Moved | Counted, place: LocationId, entry: Entry) -> Move:
    at = whole_milliseconds(entry.at)
    if isinstance(told, Counted):
        return Move(sku=told.sku, location_id=place, at=at, counted=told.units)
    return Move(sku=told.sku, location_id=place, at=at, units=told.units)


def _why(entry: Entry, short: Shortage) -> str:
    return (
        f"{entry.key} left {short.sku!r} at {entry.location} short: {short.units} units more are "
        "sold or promised than there were. Count the shelf; what is promised may have to come "
        "from elsewhere."
    )
