"""What Kassa needs of a channel: an adapter, and what the adapter is given to speak through.

An adapter is a folder in `adapters/` (or any importable module) with a function

    def adapter(account: Account, transport: Transport) -> Adapter

It raises `Misconfigured` for options that cannot be. Nothing else of Kassa knows its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from domain.channels.abilities import Ack, Capabilities, Thing, Writing
from domain.channels.accounts import Account, Secret
from domain.channels.answers import (
    Answer,
    Changes,
    Instruction,
    LinkAsked,
    LinkWritten,
    Missing,
    ReadError,
    Trouble,
    Unknown,
    Written,
)
from domain.channels.inbound import Delivery, News
from domain.channels.numbered import Asked, Log, Outcome
from domain.channels.pushing import StockSeen, StockSet, StockWritten
from domain.ids import Sku


class Call(Struct, frozen=True, kw_only=True):
    """One call to a channel. `path` is added to the account's base URL.

    `is_repeatable`: it may be sent again when nobody knows what came of it.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    is_repeatable: bool = False


class Reply(Struct, frozen=True):
    """What the channel answered, whatever the status; the body within its bounds."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def decoded(self, kind: type[Any]) -> Any:
        """The body as JSON of this kind.

        Raises:
            CallFailed: it is none.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise CallFailed(Trouble.BAD_DATA, f"The answer is not as agreed: {error}.") from error


class CallFailed(Exception):
    """No answer that could be used; the channel may have done what was asked all the same."""

    def __init__(self, trouble: Trouble, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.trouble, self.why, self.retry_after = trouble, why, retry_after

    @property
    def as_read(self) -> ReadError:
        """What it means for who asked."""
        return ReadError(self.trouble, self.why, self.retry_after)

    @property
    def as_write(self) -> Unknown:
        """What it means for who told the channel to do something."""
        return Unknown(self.why)


class Transport(Protocol):
    """Our HTTP client for one account: deadline, bounds, retries, breaker and rate budget."""

    async def ask(self, call: Call, /) -> Reply:
        """The channel's answer.

        Raises:
            CallFailed: there is none in time, or none within bounds, or it may not be asked now.
        """
        ...

    def allow(self, calls_left: float, per_second: float) -> None:
        """What the channel said of how often it may be asked: left now, and coming back."""
        ...


class Adapter(Protocol):
    """One account of one channel. `provider` is its name in payments and references."""

    @property
    def provider(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:
        """The key by which the same delivery is recognised. Pure; all secrets are tried.

        Raises:
            Forged: the channel did not send it, or too long ago.
            Unreadable: it did, and what recognises it cannot be read; its digest will do.
        """
        ...

    def parse(self, delivery: Delivery) -> Sequence[News]:
        """The news in a delivery that was verified; none if it does not concern us. Pure.

        Raises:
            Unreadable: it is not what the channel sends.
        """
        ...

    async def fetch_many(self, thing: Thing, keys: Sequence[str]) -> Sequence[Answer]:
        """An answer for each key, in their order; it never raises for one of them."""
        ...

    async def changes(self, thing: Thing, since: datetime, page: str | None) -> Changes:
        """What changed at or after `since`, a page at a time.

        Raises:
            CallFailed: the channel cannot be read now.
        """
        ...


@runtime_checkable
class Operates(Protocol):
    """An adapter of a provider that can be told what to do with a payment."""

    async def capture(self, told: Instruction) -> Written: ...

    async def cancel(self, told: Instruction) -> Written: ...

    async def refund(self, told: Instruction) -> Written: ...

    async def observe(self, kind: Writing, told: Instruction, /) -> Written | Missing:
        """What came of an instruction. Missing: the provider never got it, so it may be sent."""
        ...


@runtime_checkable
class MakesLinks(Protocol):
    """An adapter of a provider that makes pages on which somebody may pay.

    To tell it again changes nothing: the answer is how the page stands, or as it was at first.
    """

    async def open_link(self, told: LinkAsked, /) -> LinkWritten: ...

    async def close_link(self, told: LinkAsked, /) -> LinkWritten:
        """End a page. What was paid before is Rejected; what had ended already is Closed."""
        ...


@runtime_checkable
class SetsStock(Protocol):
    """An adapter of a channel that shows numbers of ours; a place is its name for a location."""

    async def stock(self, places: Sequence[tuple[Sku, str]]) -> Sequence[StockSeen]:
        """What it shows of each sku at each place, in order; never raises for one of them."""
        ...

    async def set_stock(self, told: Sequence[StockSet]) -> Sequence[StockWritten]:
        """Have it show these numbers; an answer for each, in order, whatever came of the others."""
        ...


@runtime_checkable
class Numbers(Protocol):
    """An adapter of devices that number what they send, and wait to hear what became of it."""

    def asked(self, delivery: Delivery) -> Asked:
        """What a delivery that was verified is about. Pure.

        Raises:
            Unreadable: it is not what they send; the sentence is told to who sent it.
        """
        ...

    def told(self, outcomes: Sequence[Outcome], logs: Sequence[Log]) -> Ack:
        """The answer. Pure."""
        ...

    def unreadable(self, why: str) -> Ack:
        """The answer to what cannot be read. Pure."""
        ...


class Opens(Protocol):
    """The function by which a channel's folder gives its adapter."""

    def __call__(self, account: Account, transport: Transport) -> Adapter: ...


class Line(Struct, frozen=True, kw_only=True):
    """An account that is connected: its adapter, and the secrets that are active for it."""

    account: Account
    adapter: Adapter
    secrets: tuple[Secret, ...] = ()
    poll_seconds: float = 60.0
    push_stock: bool = False

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def is_called(self) -> bool:
        """Is it known where it is called? Otherwise it is only listened to."""
        return self.account.base_url is not None
