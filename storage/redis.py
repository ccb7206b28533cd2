"""Redis holds nothing that may not be lost: it may be flushed or dead at any time."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.errors import Unavailable

ANSWERS_WITHIN_SECONDS = 0.25


def connected(url: str) -> Redis:
    """A client that connects when it is asked.

    Raises:
        Unavailable: `url` is not a Redis URL.
    """
    try:
        return Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            socket_timeout=ANSWERS_WITHIN_SECONDS,
            socket_connect_timeout=ANSWERS_WITHIN_SECONDS,
        )
    except ValueError as error:
        raise Unavailable(f"The Redis URL cannot be used: {error}.") from error


class Bell:
    """Whether Redis answers, and which it is. It rings for nobody: docs/adr/0012."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url`.

        Raises:
            Unavailable: `url` is not a Redis URL.
        """
        self._redis: Redis = connected(url)

    async def close(self) -> None:
        await self._redis.aclose()

    async def version(self) -> tuple[str, str]:
        """What the server is, Redis or Valkey, and which version it says.

        Raises:
            Unavailable: it does not answer.
        """
        told = await self._asked("INFO", "server")
        valkey = told.get("valkey_version")
        return ("Valkey", valkey) if valkey else ("Redis", told["redis_version"])

    async def ping(self) -> None:
        """Ask for an answer.

        Raises:
            Unavailable: there is none in time.
        """
        await self._asked("PING")

    async def _asked(self, *command: str) -> Any:
        try:
            return await self._redis.execute_command(*command)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis does not answer: {error}.") from error
