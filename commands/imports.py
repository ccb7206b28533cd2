"""A retailer's own data goes in: batch by batch, found by natural key, written once."""

from __future__ import annotations

from asyncio import Task, create_task, sleep
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from msgspec.structs import replace

from commands.intake import Teller, Writer
from domain.ids import Kind
from domain.imports import master, meeting, said, sales, tenders
from domain.imports.meeting import Incoming
from domain.imports.report import ImportStopped, Report
from domain.imports.rows import (
    Entity,
    Group,
    OrderRow,
    PaymentRow,
    RowRefused,
    StockRow,
)
from domain.imports.sales import Names
from domain.imports.terms import ChannelTerms
from domain.orders import Order
from domain.payments import Payment
from domain.ports import Feed, Intake
from domain.values import Actor, ActorKind

T = TypeVar("T")
Made = Sequence[tuple[Group, Sequence[Incoming]]]
Maker = Callable[[Group], Sequence[Incoming]]
Told = Callable[[str, int, int], None]
"""Hears what is being done, how much further it got, and how much there is in all (0: unknown)."""

BATCH = 1_000
PROVEN = {Entity.ORDERS: Kind.ORDER, Entity.PAYMENTS: Kind.PAYMENT}


async def run(
    feed: Feed, intake: Intake, now: datetime, *, tolerate: float, report: Report, told: Told
) -> None:
    """Bring all files in. Doing it again changes nothing; doing it after a crash ends the same.

    Raises:
        ImportStopped: more than `tolerate` per cent of a file's rows are bad.
    """
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    one = Import(feed, intake, now, report, told, tolerate)
    one.read()
    await one.bring(Entity.LOCATIONS)
    await one.channels()
    for entity in list(Entity)[1:]:
        await one.bring(entity)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


class Import:
    """One run."""

    def __init__(
        self,
        feed: Feed,
        intake: Intake,
        now: datetime,
        report: Report,
        told: Told,
        tolerate: float,
    ) -> None:
        self._feed, self._intake, self._terms = feed, intake, feed.terms
        self._now, self._report, self._told, self._tolerate = now, report, told, tolerate
        teller = Teller(Actor(ActorKind.ADAPTER, self._terms.system), f"import:{now.isoformat()}")
        self._writer = Writer(
            intake, report, self._refuse, teller, observations=self._terms.observations
        )
        self._names = Names({}, {}, {})

    def _refuse(self, group: Group, refusal: RowRefused) -> None:
        self._feed.refuse(group.rows, refusal)

    def read(self) -> None:
        """Read all files before anything is written, so that a wrong mapping writes nothing."""
        for file, size, of in self._feed.read():
            self._told(f"Reading {file}", size, of)
            self._stop_if_overfull()
        self._stop_if_overfull()

    def _stop_if_overfull(self) -> None:
        self._report.files = dict(self._feed.tallies())
        if overfull := self._feed.overfull(self._tolerate):
            raise ImportStopped(overfull, self._tolerate, self._report)

    async def channels(self) -> None:
        """The channels that the files name, and one for the system they come from."""
        told = self._terms.channels
        codes = list(dict.fromkeys([self._terms.system, *told, *self._feed.channels()]))
        wanted = {at for each in told.values() for at in each.sells_from}
        places = await self._intake.ids(Kind.LOCATION, sorted(wanted))
        known = await self._intake.known(Kind.CHANNEL, codes)
        # A channel that no import made has an owner who knows better.
        own = [code for code in codes if code not in known or known[code].digest]
        made: Made = [
            (
                Group(code, ()),
                [
                    master.channel(
                        code, told.get(code, ChannelTerms()), self._terms, places, self._now
                    )
                ],
            )
            for code in own
        ]
        await self._writer.save(made)
        ids = await self._intake.ids(Kind.CHANNEL, codes)
        self._names = replace(self._names, channels=ids)

    async def bring(self, entity: Entity) -> None:
        """All of one entity; a batch is written while the next is put together."""
        of = self._feed.count(entity)
        writing: Task[None] | None = None
        try:
            for batch in batched(self._feed.groups(entity), BATCH):
                made = self._made(await self._maker(entity, batch), batch)
                if writing:
                    await writing
                writing = create_task(self._write(entity, made))
                await sleep(0)  # lets it ask its first question before the next batch is made
                self._told(f"Writing {entity}", len(batch), of)
                self._stop_if_overfull()
        finally:
            if writing:
                await writing
        self._stop_if_overfull()

    async def _write(self, entity: Entity, made: Made) -> None:
        refused = await self._writer.save(made)
        if entity is Entity.PAYMENTS:
            await self._post(made, refused)
        if entity in PROVEN:
            await self._prove(entity, made, refused)

    def _made(self, make: Maker, batch: Sequence[Group]) -> Made:
        """Each group put together; what cannot be is refused."""
        made: list[tuple[Group, Sequence[Incoming]]] = []
        for group in batch:
            try:
                made.append((group, make(group)))
            except RowRefused as refusal:
                self._refuse(group, refusal)
        return made

    async def _maker(self, entity: Entity, batch: Sequence[Group]) -> Maker:
        terms, now = self._terms, self._now
        match entity:
            case Entity.LOCATIONS:
                return lambda group: [master.location(group, terms, now)]
            case Entity.PRODUCTS:
                return lambda group: [master.product(group, terms, now)]
            case Entity.CUSTOMERS:
                return lambda group: [master.customer(group, terms, now)]
            case Entity.STOCK:
                return await self._level_maker(batch)
            case Entity.ORDERS:
                return await self._sale_maker(batch)
            case Entity.PAYMENTS:
                owners = await self._intake.owners(master.named(batch, PaymentRow, "order"))
                return lambda group: [tenders.payment(group, terms, owners, now)]

    async def _level_maker(self, batch: Sequence[Group]) -> Maker:
        ask = self._intake.ids
        places = await ask(Kind.LOCATION, master.named(batch, StockRow, "location"))
        skus = await ask(Kind.PRODUCT, master.named(batch, StockRow, "sku"))
        seen, terms, now = self._feed.observed_at, self._terms, self._now
        return lambda group: [master.level(group, terms, places, skus, seen, now)]

    async def _sale_maker(self, batch: Sequence[Group]) -> Maker:
        ask = self._intake.ids
        people = await ask(Kind.CUSTOMER, master.named(batch, OrderRow, "customer"))
        places = await ask(Kind.LOCATION, said.places(batch))
        names = replace(self._names, customers=people, locations=places)

        def make(group: Group) -> Sequence[Incoming]:
            made = sales.sale(group, self._terms, names, self._now)
            return [made.order, *made.returns]

        return make

    async def _post(self, made: Made, refused: set[str]) -> None:
        """The ledger follows, also where an import before this one was cut off half-way."""
        keys = [meeting.natural_key(values[0]) for _, values in made]
        await self._intake.post([key for key in keys if key not in refused])

    async def _prove(self, entity: Entity, made: Made, refused: set[str]) -> None:
        """The rows' own sums beside those that the database finds under the same keys."""
        kept = [(group, values[0]) for group, values in made]
        kept = [pair for pair in kept if meeting.natural_key(pair[1]) not in refused]
        for group, value in kept:
            if isinstance(value, Order | Payment):
                self._report.of_files.add(said.sums(group, value, self._terms))
        keys = [meeting.natural_key(value) for _, value in kept]
        self._report.of_database.add(await self._intake.sums(PROVEN[entity], keys))
