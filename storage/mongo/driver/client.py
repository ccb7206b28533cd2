"""What `Database` needs of a MongoDB client, and the settings that each client gets.

Each setting was earned by a fault: without `timeoutMS` a frozen primary holds every worker for
good; without `w=majority` a failover loses acknowledged writes; a default first batch of 101
documents makes two round trips of one read.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, Union

from pymongo.asynchronous.database import AsyncDatabase

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

T = TypeVar("T")

# What BSON holds is any value at all; msgspec gives it a type on the way out.
Document = dict[str, Any]
Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]

ONE_BATCH = 1_000_000
"""More documents than any read asks for, so that one read is one round trip (up to 16 MiB)."""

WAIT_MS = 1_000
"""So long a change stream waits for news; less than `timeoutMS`, of which it would die."""

SETTINGS: Mapping[str, Any] = {
    "appname": "kassa",
    "tz_aware": True,
    "w": "majority",
    "journal": True,
    "readConcernLevel": "majority",
    "retryWrites": True,
    "retryReads": True,
    "timeoutMS": 4000,
    "connectTimeoutMS": 1500,
    "serverSelectionTimeoutMS": 4000,
    "heartbeatFrequencyMS": 1000,
    "maxPoolSize": 64,
    "waitQueueTimeoutMS": 500,
}

Handle: TypeAlias = Union["AsyncDatabase[Document]", "AsyncIOMotorDatabase[Document]"]
"""A database of either client: what both call by one name takes and answers the same."""


class Client(Protocol):
    """A client of one database, as far as the two differ."""

    @property
    def database(self) -> Handle: ...

    def deadline(self) -> AbstractContextManager[None]:
        """Whatever is asked within is answered or given up within `timeoutMS` from now."""
        ...

    async def ping(self) -> None: ...

    async def rows(
        self, pipeline: Sequence[Filter], collection: str | None = None
    ) -> list[Document]:
        """What a pipeline gives over a collection, or over the documents that it brings."""
        ...

    async def changes(self, collection: str, pipeline: Sequence[Filter]) -> Any:
        """A change stream, to be entered; `try_next` waits a second at most."""
        ...

    async def transaction(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """Run `body` with a session, in a transaction; after a conflict again, in time."""
        ...

    async def drop(self) -> None: ...

    async def close(self) -> None: ...


class Connect(Protocol):
    """Makes a client for a database; nothing is asked of it yet."""

    def __call__(self, url: str, name: str, **settings: Any) -> Client: ...
