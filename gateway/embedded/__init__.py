"""A real MongoDB replica set and a real Redis as child processes, for development and tests."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from gateway.embedded import binaries, folder, mongodb, redis
from gateway.embedded.launch import die_with_parent
from gateway.embedded.trouble import EmbeddedError

__all__ = ["Embedded", "EmbeddedError", "die_with_parent", "running"]


class Embedded(msgspec.Struct, frozen=True):
    """Where the servers answer; the ports are new at every start. None for one not wanted."""

    mongodb_url: str | None
    redis_url: str | None


@contextmanager
def running(
    data: Path,
    *,
    with_mongodb: bool = True,
    with_redis: bool = True,
    log: Callable[[str], None] | None = None,
) -> Generator[Embedded]:
    """The servers wanted, ready, with their files under `data`; stopped on exit.

    Enter it in a thread that outlives the block, as the main one does: Linux kills the servers
    when the thread that started them ends, so that not even `kill -9` leaves them behind.

    Raises:
        EmbeddedError: a server is missing or does not start, or `data` is in use or not writable.
    """
    say, data = log or _ignored, data.absolute()
    mongod = binaries.mongod() if with_mongodb else None
    redis_server = binaries.redis_server() if with_redis else None
    with folder.claimed(data, say) as lock, ExitStack() as stack:
        # Both are started before either is waited for.
        truth = mongod and stack.enter_context(mongodb.started(mongod, data, lock))
        bell = redis_server and stack.enter_context(redis.started(redis_server, data, lock))
        embedded = Embedded(truth and mongodb.ready(truth), bell and redis.ready(bell))
        say(f"MongoDB is at {embedded.mongodb_url}, Redis at {embedded.redis_url}.")
        yield embedded


def _ignored(_: str) -> None:
    pass
