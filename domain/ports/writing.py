"""What a change of state needs of a database.

Two ways lead to a change. A transaction changes several documents and keeps the answer with them:
all of it happens, or nothing. A step on a hot document is granted together with others, without a
transaction, and recognised by the id that it leaves there.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import Enum, auto
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from domain.channels.instructing import Instructed
from domain.channels.links import LinkErrand
from domain.ids import (
    ChannelId,
    IncidentId,
    LocationId,
    OrderId,
    PaymentId,
    ReservationId,
    ReturnId,
    Sku,
    TransferId,
)
from domain.incidents import Incident, IncidentKind
from domain.journal import Happening
from domain.ledger import Posting
from domain.lookups import Lookup
from domain.operations import Channel
from domain.orders import Order, Return
from domain.ownership import Owners
from domain.payments import Payment, PaymentLink
from domain.ports.instructing import Instructions, Links, Providers
from domain.ports.landing import Records
from domain.ports.numbering import Logbook
from domain.ports.shipping import Shipments
from domain.refusals import Elsewhere
from domain.requests import Claim, Request
from domain.stock import Reservation, Shift, Step, Stepped, StockLevel, Transfer
from domain.values import Actor

T = TypeVar("T")

Place = tuple[Sku, LocationId]


class Busy(Enum):
    """Why a request cannot be carried out now."""

    IN_PROGRESS = auto()
    OTHER_ARGUMENTS = auto()


class Found(Struct, frozen=True):
    """The answer that a request got before."""

    answer: bytes


class Claims(Protocol):
    """Requests that are being carried out, and the answers they got."""

    async def claim(self, request: Request) -> Claim | Found | Busy:
        """Take a request, unless somebody else holds it or it is answered."""
        ...

    async def settle(self, claim: Claim, answer: bytes) -> bytes:
        """Keep the answer; gives the one that counts, which is that of who was first."""
        ...

    async def keep_open(self, claim: Claim, request: Request) -> None:
        """Have it finished by others, should the owner be cut off."""
        ...

    async def let_go(self, claim: Claim, *, is_broken: bool = False) -> None:
        """Let the next copy try at once: what became of this one is not known.

        One that is broken time and again is left to its sender.
        """
        ...

    async def abandoned(self, most: int) -> Sequence[tuple[Claim, Request]]:
        """Take requests whose owners were not heard of for too long, the oldest first."""
        ...


class Holds(Protocol):
    """Reservations, and the units that levels hold for them."""

    async def step(self, step: Step) -> Stepped: ...

    async def free_elsewhere(self, sku: Sku, but: LocationId) -> Sequence[Elsewhere]: ...

    async def keep(self, reservation: Reservation) -> Reservation:
        """Write a new reservation down; gives the one that is there, if it was there before."""
        ...

    async def find(self, id: ReservationId) -> Reservation | None: ...

    async def change(self, reservation: Reservation) -> None:
        """Write down its new state, or its later end; one that has ended stays as it is."""
        ...

    async def story(self, reservation: Reservation) -> Sequence[Happening]:
        """What happened to its units, in no order."""
        ...

    async def expire(self, most: int) -> int:
        """Let go what has run out on up to so many levels; gives on how many."""
        ...

    async def settle(self, most: int) -> int:
        """Undo what many holds at once made necessary, where they are few again."""
        ...


class Tills(Protocol):
    """Payments that are recorded, and what they refer to. No viewer: the command knows reach."""

    async def payment(self, id: PaymentId) -> Payment | None: ...

    async def named(self, refs: Sequence[str]) -> Mapping[str, Payment]:
        """Payments by their own or an operation's reference, written `provider:reference`."""
        ...

    async def order(self, id: OrderId) -> Order | None: ...

    async def channel(self, id: ChannelId) -> Channel | None: ...

    async def goods_back(self, id: ReturnId) -> Return | None: ...

    def turn(self, key: str) -> AbstractAsyncContextManager[object]:
        """One after the other, for those who change the same payment through this process."""
        ...


class Changed(Exception):
    """It is no longer as it was read; nothing of this transaction happens. Read it again."""


class Overtaken(Exception):
    """Somebody else has answered the request; nothing of this transaction happens."""


class Work(Protocol):
    """What may be done within one transaction. Levels change by guarded updates, as ever."""

    async def shift(self, shift: Shift) -> StockLevel | None:
        """Move units of a level, or count them; None where it is not allowed."""
        ...

    async def level(self, sku: Sku, location: LocationId) -> StockLevel | None: ...

    async def open(self, sku: Sku, location: LocationId) -> bool:
        """Begin a level without units; False if there is no such product or location."""
        ...

    async def transfer(self, id: TransferId) -> Transfer | None: ...

    async def save(self, transfer: Transfer) -> None: ...

    async def record(
        self, payment: Payment, over: int, told: Happening, postings: Sequence[Posting]
    ) -> None:
        """Put a payment in the place of its version `over` (0: there was none), and post.

        Raises:
            Changed: it has another version by now, or its references are another payment's.
        """
        ...

    async def link(self, link: PaymentLink, over: int, told: Happening) -> None:
        """Put a link in the place of its version `over` (0: there was none).

        Raises:
            Changed: it has another version by now, or its order has another `nth` link.
        """
        ...

    async def instruct(self, instructed: Instructed | LinkErrand) -> None:
        """Keep what a provider is to be told.

        Raises:
            Changed: it is kept already.
        """
        ...

    async def alarm(self, incident: Incident) -> None:
        """Have somebody look, unless it was told before, or one of its subject is open."""
        ...

    async def relieve(
        self, kind: IncidentKind, subject: str, by_whom: Actor, resolution: str, cause: str
    ) -> None:
        """Close the open incident of a subject, if there is one: it is so no more."""
        ...

    async def close(
        self, id: IncidentId, by_whom: Actor, resolution: str, cause: str
    ) -> Incident | None:
        """An incident, closed now if it was open; None if there is no such incident."""
        ...

    async def settle(self, claim: Claim, answer: bytes) -> None:
        """Keep the answer with the change.

        Raises:
            Overtaken: somebody else has answered.
        """
        ...


class Stores(Protocol):
    """All that a command may use."""

    @property
    def claims(self) -> Claims: ...
    @property
    def holds(self) -> Holds: ...
    @property
    def tills(self) -> Tills: ...
    @property
    def records(self) -> Records: ...
    @property
    def providers(self) -> Providers: ...
    @property
    def instructions(self) -> Instructions[Instructed]: ...
    @property
    def links(self) -> Links: ...
    @property
    def errands(self) -> Instructions[LinkErrand]: ...
    @property
    def owners(self) -> Owners: ...
    @property
    def logbook(self) -> Logbook: ...
    @property
    def shipments(self) -> Shipments: ...

    async def is_told(self, cause: str) -> bool:
        """Does the journal know what came of a request?"""
        ...

    async def unheard(self, places: Sequence[Place]) -> Sequence[Place]:
        """Where there is no level."""
        ...

    async def keep(self, lookup: Lookup) -> None:
        """Keep that somebody was looked up.

        Raises:
            Unavailable: it may not be kept.
        """
        ...

    async def now(self) -> datetime:
        """The clock of the database, or a little earlier."""
        ...

    async def transaction(self, body: Callable[[Work], Coroutine[Any, Any, T]]) -> T:
        """Run `body` with effect once; after a conflict it is called again."""
        ...
