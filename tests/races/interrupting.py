"""Gateways that stop at a chosen moment, for ever or until they wake too late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from domain.payments import Payment, PaymentLink
from domain.ports.channels import Line, MakesLinks
from domain.ports.instructing import Providers
from storage.mongo.stores import MongoStores
from tests.trading import LONG_AGO

NEVER = 10**6


class Crash(BaseException):
    """The process is gone."""


class Interrupting:
    """Stores whose `at`-th call, and all after it, must pass `stop` first."""

    def __init__(self, stores: MongoStores, at: int, stop: Callable[[], Awaitable[None]]) -> None:
        self._stores, self._at, self._stop = stores, at, stop
        self.calls = 0
        self.woke = False
        self.claims = _Part(stores.claims, self)
        self.holds = _Part(stores.holds, self)
        self.tills = _Part(stores.tills, self)
        self.instructions = _Part(stores.instructions, self)
        self.records = _Part(stores.records, self)
        self.links = _Part(stores.links, self)
        self.errands = _Part(stores.errands, self)
        self.providers = _Guarded(stores.providers, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(_Part(self._stores, self), name)

    async def pass_(self) -> None:
        self.calls += 1
        if self.calls > self._at:
            await self._stop()
            self.woke = True


class _Part:
    """Some of the stores."""

    def __init__(self, part: Any, gate: Interrupting) -> None:
        self._part, self._gate = part, gate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        if name == "turn":  # no call, but a place in a queue
            return method

        async def call(*arguments: Any, **named: Any) -> Any:
            await self._gate.pass_()
            if self._gate.woke and name == "step":
                # Whoever sleeps past its lease wakes past its deadline.
                arguments = (replace(arguments[0], deadline=LONG_AGO),)
            return await method(*arguments, **named)

        return call


class _Guarded(Providers):
    """Providers; to tell one something, and to ask it, are calls as well."""

    def __init__(self, providers: Providers, gate: Interrupting) -> None:
        super().__init__()
        self._providers, self._gate = providers, gate

    def of(self, paid: Payment | PaymentLink) -> Line | None:
        line = self._providers.of(paid)
        return self._told(line) if line else None

    def that_link(self) -> Mapping[str, Line]:
        return {name: self._told(line) for name, line in self._providers.that_link().items()}

    def _told(self, line: Line) -> Line:
        return replace(line, adapter=_Told(line.adapter, self._gate))


class _Told:
    """An adapter that can be told what to do."""

    def __init__(self, adapter: Any, gate: Interrupting) -> None:
        self.provider, self.capabilities = adapter.provider, adapter.capabilities
        self.verify, self.parse = adapter.verify, adapter.parse
        self.fetch_many, self.changes = adapter.fetch_many, adapter.changes
        told = _Part(adapter, gate)
        self.capture, self.cancel, self.refund = told.capture, told.cancel, told.refund
        self.observe = told.observe
        if isinstance(adapter, MakesLinks):
            self.open_link, self.close_link = told.open_link, told.close_link


def crashing(stores: MongoStores, at: int = NEVER) -> Interrupting:
    """Stores of a process that dies at its `at`-th call."""

    async def die() -> None:
        raise Crash

    return Interrupting(stores, at, die)


def sleeping(stores: MongoStores, at: int) -> tuple[Interrupting, asyncio.Event, asyncio.Event]:
    """Stores of a process that sleeps at its `at`-th call: `asleep` is then set, until `wake`."""
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep() -> None:
        asleep.set()
        await wake.wait()

    return Interrupting(stores, at, sleep), asleep, wake
