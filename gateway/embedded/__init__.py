"""A real MongoDB replica set and a real Redis as child processes, for development and tests."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gateway.embedded import binaries, folder, mongodb, redis
from gateway.embedded.launch import die_with_parent
from gateway.embedded.trouble import EmbeddedError

__all__ = ["Embedded", "EmbeddedError", "die_with_parent", "running"]


class Embedded(msgspec.Struct, frozen=True):
    """Where the two servers answer; the ports are new at every start."""

    mongodb_url: str
    redis_url: str


@contextmanager
def running(data: Path, *, log: Callable[[str], None] | None = None) -> Generator[Embedded]:
    """Both servers, ready, with their files under `data`; stopped on exit.

    Enter it in a thread that outlives the block, as the main one does: Linux kills the servers
    when the thread that started them ends, so that not even `kill -9` leaves them behind.

    Raises:
        EmbeddedError: a server is missing or does not start, or `data` is in use or not writable.
    """
    say = log or _ignored
    mongod, redis_server, data = binaries.mongod(), binaries.redis_server(), data.absolute()
    with (
        folder.claimed(data, say) as lock,
        mongodb.started(mongod, data, lock) as mongo,
        redis.started(redis_server, data, lock) as cache,
    ):
        cache.until(lambda: redis.answers(cache.port))
        mongodb.wait_for_primary(mongo)
        embedded = Embedded(mongodb.url(mongo.port), redis.url(cache.port))
        say(f"MongoDB is at {embedded.mongodb_url}, Redis at {embedded.redis_url}.")
        yield embedded


def _ignored(_: str) -> None:
    pass
