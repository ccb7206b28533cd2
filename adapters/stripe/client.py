"""Our calls to Stripe.

There is no read of several payments: each costs a call. A write has our operation's id as its key
and leaves it in the metadata, where it is found when nobody knows what came of the write.
"""

from __future__ import annotations

from asyncio import gather, sleep
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Raw
from msgspec.structs import replace

from adapters.stripe.translate import calls, events, outcomes, payments, people, shapes
from adapters.stripe.translate.calls import CUSTOMERS, EVENTS
from adapters.stripe.translate.shapes import Charge, Intent
from adapters.stripe.translate.words import CAPABILITIES
from domain.channels import answers
from domain.channels.abilities import Thing, Writing
from domain.channels.accounts import Secret
from domain.channels.answers import Answer, Changes, Instruction, Missing, Trouble, Written
from domain.channels.inbound import News, Unreadable, Unrecognised
from domain.channels.told import Word
from domain.ports.channels import Call, CallFailed, Reply, Transport


class Client:
    """Reads and writes of one account."""

    def __init__(self, transport: Transport, key: Secret, terms: shapes.Terms) -> None:
        self._transport, self._key, self._terms = transport, key, terms
        transport.allow(terms.options.calls_per_second, terms.options.calls_per_second)

    async def fetch_many(self, thing: Thing, keys: Sequence[str]) -> Sequence[Answer]:
        if thing not in CAPABILITIES.reads:
            return [outcomes.never_asked(thing) for _ in keys]
        return await gather(*(self._fetch(thing, key) for key in keys))

    async def changes(self, thing: Thing, since: datetime, page: str | None) -> Changes:
        """What was begun since then, as it is now; then events. The newest page comes first."""
        if thing not in CAPABILITIES.windows:
            return Changes([])
        path, call = calls.changed(thing, since, page)
        reply = outcomes.ok(await self._ask(call))
        listed, as_of = reply.decoded(shapes.Page), outcomes.answered_at(reply)
        each = (self._listed(path, raw, as_of, since) for raw in reversed(listed.data))
        news = [one for several in await gather(*each) for one in several]
        told, hints = outcomes.parted(news)
        found = outcomes.found(hints, await self.fetch_many(Thing.PAYMENT, hints))
        return Changes([*told, *found], outcomes.following(path, reply, listed))

    async def capture(self, told: Instruction) -> Written:
        return await self._write(Writing.CAPTURE, told)

    async def cancel(self, told: Instruction) -> Written:
        return await self._write(Writing.CANCEL, told)

    async def refund(self, told: Instruction) -> Written:
        return await self._write(Writing.REFUND, told)

    async def observe(self, kind: Writing, told: Instruction) -> Written | Missing:
        try:
            found = await self._read(told.payment_ref)
            return outcomes.observed(kind, found[0], told) if found else Missing()
        except (CallFailed, Unreadable) as error:
            return outcomes.unknown(error)

    async def open_link(self, told: answers.LinkAsked) -> answers.LinkWritten:
        afterwards = self._terms.options.success_url
        if afterwards is None:
            return answers.Unknown(outcomes.NOT_ANY_MORE)
        steps = calls.opening(told, afterwards)
        return await self._link(steps) if steps else outcomes.unpayable(told)

    async def close_link(self, told: answers.LinkAsked) -> answers.LinkWritten:
        return await self._link(calls.closing(told))

    async def _link(self, steps: Sequence[Call]) -> answers.LinkWritten:
        """How a page stands: what is refused is followed by the question how it does."""
        try:
            reply = await self._ask(steps[0])
            for step in steps[1:]:
                reply = await self._ask(step) if reply.status in outcomes.REFUSALS else reply
            return outcomes.linked(reply)
        except (CallFailed, Unreadable) as error:
            return outcomes.unknown(error)

    async def _write(self, kind: Writing, told: Instruction) -> Written:
        steps = calls.writing(kind, told)
        if not steps:
            return outcomes.unpayable(told)
        try:
            reply = await self._ask(steps[0])
            for step in steps[1:]:
                reply = await self._ask(step) if reply.status == 200 else reply
            return outcomes.written(kind, reply, told)
        except (CallFailed, Unreadable) as error:
            return outcomes.unknown(error)

    async def _fetch(self, thing: Thing, key: str) -> Answer:
        try:
            if thing is Thing.CUSTOMER:
                return outcomes.person(await self._ask(calls.customer(key)))
            found = await self._read(key)
            told = await self._told(*found) if found else None
        except (CallFailed, Unreadable) as error:
            return outcomes.unread(error)
        return answers.Found(told) if told else Missing()

    async def _listed(self, path: str, raw: Raw, at: datetime, since: datetime) -> Sequence[News]:
        """The news in one of many, which keeps no other back."""
        try:
            if path == EVENTS:
                return events.since(payments.read(raw, shapes.Event), self._terms, since)
            if path == CUSTOMERS:
                return [people.told(payments.read(raw, shapes.Customer), at)]
            told = await self._told(await self._whole(payments.read(raw, Intent)), at)
            return [told] if told else []
        except Unreadable as error:
            return [Unrecognised(Word(path, str(error)))]

    async def _read(self, key: str) -> tuple[Intent | Charge, datetime] | None:
        """A payment with all its refunds, and when Stripe said so."""
        reply = await self._ask(calls.payment(key))
        if reply.status == 404:
            return None
        said = outcomes.ok(reply).decoded(Intent if calls.is_intent(key) else Charge)
        return await self._whole(said), outcomes.answered_at(reply)

    async def _whole(self, said: Intent | Charge) -> Intent | Charge:
        """With all refunds, of which Stripe shows ten."""
        charge = payments.charge_of(said)
        if charge is None or charge.refunds is None or not charge.refunds.has_more:
            return said
        refunds = shapes.Refunds(await self._all("refunds", charge, shapes.Refund))
        charge = replace(charge, refunds=refunds)
        return replace(said, latest_charge=charge) if isinstance(said, Intent) else charge

    async def _told(self, said: Intent | Charge, as_of: datetime) -> payments.Told | None:
        charge, disputes = payments.charge_of(said), ()
        if charge and charge.disputed:
            disputes = await self._all("disputes", charge, shapes.Dispute)
        return payments.paid(said, as_of, self._terms, disputes=disputes)

    async def _all(self, path: str, charge: Charge, kind: type[Any]) -> Sequence[Any]:
        found: list[Any] = []
        query, after = [calls.about(charge.id), ("limit", "100")], None
        for _ in range(outcomes.MOST_PAGES):
            reply = outcomes.ok(await self._ask(calls.reading(path, query, after)))
            listed: shapes.Page = reply.decoded(shapes.Page)
            found += [payments.read(each, kind) for each in listed.data]
            if not listed.has_more or not listed.data:
                return found
            after = outcomes.last(reply)
        raise CallFailed(Trouble.BAD_DATA, f"There are too many {path} of {charge.id}.")

    async def _ask(self, call: Call) -> Reply:
        """Its answer. A short wait for our turn is part of asking, if there is time for it."""
        signed = calls.signed(call, self._key)
        for _ in range(outcomes.MOST_WAITS):
            try:
                return await self._transport.ask(signed)
            except CallFailed as error:
                wait = outcomes.to_wait(error)
            await sleep(wait)
        return await self._transport.ask(signed)
