"""News of a channel, whatever brought them, become part of the books."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from commands.channels import drifting, entries, gaps, shipping, stock, telling
from commands.channels.entries import Elsewhere
from commands.channels.incidents import Alarm
from commands.channels.payments import Awaited, Teller
from domain.channels import goods
from domain.channels.abilities import Reading, Thing
from domain.channels.answers import Found, Missing, ReadError
from domain.channels.goods import Cause, Compared, NotTaken
from domain.channels.inbound import Fact, News, RefetchHint, Snapshot, Unrecognised
from domain.channels.numbered import Entry, Verdict
from domain.channels.told import OrderTold, ProductTold, StockTold, Told
from domain.errors import Unavailable
from domain.incidents import IncidentKind
from domain.ports import Stores
from domain.ports.channels import Line
from domain.ports.pushing import Pushes
from domain.ports.receiving import Inbox, Incidents
from domain.stock import StockLevel


class Unread(Exception):
    """The channel must be asked first, and cannot be read now."""

    def __init__(self, error: ReadError) -> None:
        super().__init__(error.why)
        self.retry_after = error.retry_after


class NotUnderstood(Exception):
    """News that cannot be taken, of which somebody was told."""


class Receiving(Struct, frozen=True):
    """Where news are kept and recorded, and who is told when they cannot be."""

    stores: Stores
    inbox: Inbox
    incidents: Incidents
    pushes: Pushes

    @property
    def alarm(self) -> Alarm:
        return Alarm(self.stores, self.incidents)


async def apply(receiving: Receiving, line: Line, cause: str, news: Sequence[News]) -> None:
    """Record news, in any order, any number of times.

    Raises:
        Unread: something must be fetched first, and cannot be now.
        Awaited: something that must come first is not here, and cannot be fetched.
        NotUnderstood: some of it cannot be taken, of which somebody was told; the rest is recorded.
        Refusal, Refused: it says what cannot be.
        Unavailable: the database does not answer.
    """
    by = Teller(line.adapter.provider, line.account, cause, receiving.stores.owners)
    strange = [each.word for each in news if isinstance(each, Unrecognised)]
    for each in news:
        await _one(receiving, line, by, each)
    await _numbered(receiving, line, by, [each for each in news if isinstance(each, Entry)])
    for word in strange:
        await receiving.alarm.unknown(line.account, word)
    if strange:
        raise NotUnderstood(f"The adapter does not know what {strange[0].field} means here.")


async def _one(receiving: Receiving, line: Line, by: Teller, news: News) -> None:
    match news:
        case Snapshot(told, words):
            await _told(receiving, line, by, told)
        case Fact(words=words):
            await _fact(receiving, line, by, news)
        case RefetchHint(thing, key):
            await _fetched(receiving, line, by, thing, key)
            return
        case Unrecognised() | Entry():
            return
    for word in words:
        await receiving.alarm.unknown(line.account, word)


async def _numbered(receiving: Receiving, line: Line, by: Teller, found: Sequence[Entry]) -> None:
    """Each for itself: what one waits for, or lacks, keeps no other out of the books."""
    failed, aside = list[Exception](), list[str]()
    for each in found:
        try:
            verdict = await entries.take(receiving.stores, receiving.alarm, by, each)
        except Unavailable:
            raise
        except Exception as error:  # it is told when all were tried
            failed.append(error)
            continue
        aside += [str(each.key)] if verdict in ASIDE else []
        for word in each.words:
            await receiving.alarm.unknown(line.account, word)
    devices = sorted({each.key.device for each in found})
    await gaps.follow(receiving.stores, receiving.incidents, line, devices)
    if failed:
        raise min(failed, key=lambda error: isinstance(error, Elsewhere))
    if aside:
        raise NotUnderstood(f"Of it, {', '.join(aside)} could not be taken.")


async def _told(receiving: Receiving, line: Line, by: Teller, told: Told) -> None:
    """What is not taken is no reason to stop, but somebody is told."""
    if isinstance(told, StockTold) and line.push_stock:
        # Who tells the shop finds out whether it is an echo, or somebody wrote there.
        await receiving.pushes.doubt(line.name, told.location, told.sku, told.on_hand)
        if not await stock.is_counted_there(receiving.stores, by, told):
            return
    taken = await telling.tell(receiving.stores, by, told)
    if isinstance(told, ProductTold):
        await receiving.alarm.listed(line.account, told.sku)
    match taken:
        case NotTaken(Cause.OTHER_OWNER, what, _, StockLevel() as level):
            if found := goods.compared_count(what, line.account, level, by.owners):
                await drifting.record(receiving.alarm, line.account, found)
        case NotTaken(cause=cause, told=what, why=why):
            about = f"stock at {what.location}: {cause}"
            await receiving.alarm.open(IncidentKind.NOT_APPLIED, line.account, about, why)
        case Compared() as found:
            await drifting.record(receiving.alarm, line.account, found)
        case None if isinstance(told, OrderTold) and told.goods:
            await _shipped(receiving, line, by, told)
        case None:
            return


async def _shipped(receiving: Receiving, line: Line, by: Teller, told: OrderTold) -> None:
    """Move its units. If it does not say from where they will be sent, the shop is asked."""
    is_placed = await shipping.tell(receiving.stores, receiving.alarm, by, told)
    can = line.adapter.capabilities.reading(Thing.ORDER) in ASKABLE
    if is_placed or not (can and line.push_stock and line.is_called):
        return
    [answer] = await line.adapter.fetch_many(Thing.ORDER, [told.ref])
    match answer:
        case Found(Snapshot(OrderTold() as whole, words)):
            await telling.tell(receiving.stores, by, whole)
            await shipping.tell(receiving.stores, receiving.alarm, by, whole)
            for word in words:
                await receiving.alarm.unknown(line.account, word)
        case ReadError():
            raise Unread(answer)
        case _:
            return


async def _fact(receiving: Receiving, line: Line, by: Teller, fact: Fact) -> None:
    """If its payment is not known, the payment is fetched, where the channel can be asked."""
    try:
        await telling.add(receiving.stores, by, fact.payment_ref, fact.operation)
    except Awaited:
        if line.adapter.capabilities.reading(Thing.PAYMENT) not in ASKABLE:
            raise
        await _fetched(receiving, line, by, Thing.PAYMENT, fact.payment_ref)
        await telling.add(receiving.stores, by, fact.payment_ref, fact.operation)


async def _fetched(receiving: Receiving, line: Line, by: Teller, thing: Thing, key: str) -> None:
    [answer] = await line.adapter.fetch_many(thing, [key])
    match answer:
        case Found(news):
            await _one(receiving, line, by, news)
        case Missing():
            return
        case ReadError():
            raise Unread(answer)


ASIDE = frozenset({Verdict.REJECTED, Verdict.CONFLICT})
ASKABLE = frozenset({Reading.BATCH, Reading.SINGLE})
