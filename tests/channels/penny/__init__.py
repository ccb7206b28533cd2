"""Penny, an invented payment provider: all that Kassa needs to know of it is in this folder.

Its deliveries are signed `Penny-Signature: t=<seconds>,s=<hex>`, HMAC-SHA256 over `t.body`, good
for five minutes. One carries a whole payment, a single movement of one, or only a payment's id.
Amounts are whole minor units, times ISO 8601.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.channels.abilities import Capabilities, Hooks, Reading, Repeats, Setting, Thing, Writing
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.answers import (
    Accepted,
    Answer,
    Changes,
    Done,
    Found,
    Instruction,
    Missing,
    ReadError,
    Rejected,
    Trouble,
    Written,
)
from domain.channels.inbound import (
    Delivery,
    Fact,
    Forged,
    News,
    RefetchHint,
    Snapshot,
    Unreadable,
    Unrecognised,
    is_signed,
)
from domain.channels.pushing import Shown, Stale, StockSeen, StockSet, StockWritten
from domain.channels.told import Word
from domain.ids import Sku
from domain.payments import OperationPhase
from domain.ports.channels import Adapter, Call, CallFailed, Reply, Transport
from tests.channels.penny.words import ROUTES, Event, Listing, Movement, Offer, Paid, Trust, told

TOLERANCE = timedelta(minutes=5)
HEADER = "penny-signature"

CAPABILITIES = Capabilities(
    reads={Thing.PAYMENT: Reading.SINGLE},
    windows=frozenset({Thing.PAYMENT}),
    writes=frozenset(Writing),
    sets_stock=Setting.COMPARED,
    repeats=Repeats.RECOGNISED,
    hooks=Hooks.SIGNED,
    headers=(HEADER,),
    resends_for=timedelta(hours=1),
)


class Penny:
    """One account at Penny."""

    provider = "penny"

    def __init__(self, transport: Transport, trust: Trust) -> None:
        self._transport, self._trust = transport, trust
        batch, reads = {Thing.PAYMENT: trust.batch}, {Thing.PAYMENT: Reading.BATCH}
        at_once = replace(CAPABILITIES, reads=reads, batch=batch)
        self.capabilities = at_once if trust.batch else CAPABILITIES

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:
        parts = [part.partition("=") for part in delivery.headers.get(HEADER, "").split(",")]
        times = [value for name, _, value in parts if name == "t"]
        given = [value.encode() for name, _, value in parts if name == "s"]
        if len(times) != 1 or not times[0].isascii() or not times[0].isdigit():
            raise Forged("The signature has no time.")
        signed = times[0].encode() + b"." + delivery.body
        expected = [signature(each, signed).encode() for each in secrets]
        if not is_signed(given, expected):
            raise Forged("No secret of ours signed it.")
        if abs(now.timestamp() - int(times[0][:12])) > TOLERANCE.total_seconds():
            raise Forged("It was signed at another time.")
        return self._event(delivery).id

    def parse(self, delivery: Delivery) -> Sequence[News]:
        match self._event(delivery):
            case Event(type="payment.changed", payment=Paid() as paid):
                return [self._news(paid)]
            case Event(type="payment.moved", payment_id=str(ref), movement=Movement() as movement):
                operation, words = told(movement)
                return [Fact(ref, operation, words) if operation else Unrecognised(words[0])]
            case Event(type="payment.touched", payment_id=str(ref)):
                return [RefetchHint(Thing.PAYMENT, ref)]
            case Event(type=("payment.changed" | "payment.moved" | "payment.touched") as kind):
                raise Unreadable(f"A {kind} without what changed.")
            case Event(type=kind):
                return [Unrecognised(Word("type", kind))]

    async def fetch_many(self, thing: Thing, keys: Sequence[str]) -> Sequence[Answer]:
        if thing is not Thing.PAYMENT:
            why = f"Penny cannot be asked for a {thing}."
            return [ReadError(Trouble.UNAVAILABLE, why) for _ in keys]
        if self._trust.batch:
            return await self._fetch_together(keys)
        return [await self._fetch(key) for key in keys]

    async def changes(self, thing: Thing, since: datetime, page: str | None) -> Changes:
        if thing is not Thing.PAYMENT:
            return Changes([])
        query = [("since", since.isoformat()), *([("page", page)] if page else ())]
        reply = await self._ask(Call(method="GET", path="/payments", query=query))
        listing: Listing = self._ok(reply).decoded(Listing)
        return Changes([self._news(each) for each in listing.payments], listing.next)

    async def capture(self, told: Instruction) -> Written:
        return await self._write(Writing.CAPTURE, told)

    async def cancel(self, told: Instruction) -> Written:
        return await self._write(Writing.CANCEL, told)

    async def refund(self, told: Instruction) -> Written:
        return await self._write(Writing.REFUND, told)

    async def observe(self, _: Writing, told: Instruction) -> Written | Missing:
        try:
            reply = await self._ask(Call(method="GET", path=f"/movements/{told.operation_id}"))
            return Missing() if reply.status == 404 else _written(self._ok(reply))
        except CallFailed as error:
            return error.as_write

    async def stock(self, places: Sequence[tuple[Sku, str]]) -> Sequence[StockSeen]:
        return [await self._offered(f"/stock/{place}/{sku}") for sku, place in places]

    async def set_stock(self, told: Sequence[StockSet]) -> Sequence[StockWritten]:
        return [await self._offer(each) for each in told]

    async def _offered(self, path: str) -> StockSeen:
        try:
            reply = await self._ask(Call(method="GET", path=path))
            if reply.status == 404:
                return Missing()
            return Shown(self._ok(reply).decoded(Offer).units)
        except CallFailed as error:
            return error.as_read

    async def _offer(self, told: StockSet) -> StockWritten:
        call = Call(
            method="PUT",
            path=f"/stock/{told.place}/{told.sku}",
            headers={"idempotency-key": told.key},
            body=msgspec.json.encode({"units": told.quantity, "instead_of": told.expected}),
            is_repeatable=True,
        )
        try:
            reply = await self._ask(call)
            if reply.status == 404:
                return Missing()
            if reply.status == 409:
                return Stale("Penny offers another number.")
            return Shown(self._ok(reply).decoded(Offer).units)
        except CallFailed as error:
            return error.as_write

    async def _write(self, kind: Writing, instruction: Instruction) -> Written:
        body = {"minor": instruction.amount.minor, "currency": instruction.amount.currency}
        call = Call(
            method="POST",
            path=f"/payments/{instruction.payment_ref}/{ROUTES[kind]}",
            headers={"idempotency-key": instruction.operation_id},
            body=msgspec.json.encode(body),
            is_repeatable=True,
        )
        try:
            return _written(await self._ask(call))
        except CallFailed as error:
            return error.as_write

    async def _fetch_together(self, keys: Sequence[str]) -> Sequence[Answer]:
        query = [("ids", ",".join(keys))]
        try:
            reply = await self._ask(Call(method="GET", path="/payments", query=query))
            listing: Listing = self._ok(reply).decoded(Listing)
        except CallFailed as error:
            return [error.as_read for _ in keys]
        found = {each.id: Found(self._news(each)) for each in listing.payments}
        return [found.get(key, Missing()) for key in keys]

    async def _fetch(self, key: str) -> Answer:
        try:
            reply = await self._ask(Call(method="GET", path=f"/payments/{key}"))
            if reply.status == 404:
                return Missing()
            return Found(self._news(self._ok(reply).decoded(Paid)))
        except CallFailed as error:
            return error.as_read

    async def _ask(self, call: Call) -> Reply:
        reply = await self._transport.ask(call)
        if left := reply.headers.get("penny-calls-left"):
            self._transport.allow(float(left), self._trust.calls_per_second)
        return reply

    def _ok(self, reply: Reply) -> Reply:
        if reply.status != 200:
            raise CallFailed(Trouble.BAD_DATA, f"Penny answers {reply.status}.")
        return reply

    def _event(self, delivery: Delivery) -> Event:
        try:
            return msgspec.json.decode(delivery.body, type=Event)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Unreadable(f"No event of Penny's: {error}.") from error

    def _news(self, paid: Paid) -> Snapshot | Unrecognised:
        return paid.snapshot(self._trust.system)


def _written(reply: Reply) -> Written:
    if reply.status in {402, 409, 422}:
        said: dict[str, Any] = reply.decoded(dict[str, str])
        return Rejected(said.get("code", "rejected"), said.get("why", "Penny will not."))
    if reply.status not in {200, 201}:
        raise CallFailed(Trouble.UNAVAILABLE, f"Penny answers {reply.status}.")
    operation, _ = told(reply.decoded(Movement))
    if operation is None:
        raise CallFailed(Trouble.BAD_DATA, "Penny did something else than it was told to.")
    settled = operation.phase is not OperationPhase.REQUESTED
    return Done(operation) if settled else Accepted(operation)


def signature(secret: Secret, signed: bytes) -> str:
    return hmac.new(secret.reveal().encode(), signed, sha256).hexdigest()


def adapter(account: Account, transport: Transport) -> Adapter:
    """One account at Penny."""
    try:
        trust = msgspec.convert(dict(account.options), Trust)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"Its options cannot be used: {error}.") from error
    return Penny(transport, trust)
