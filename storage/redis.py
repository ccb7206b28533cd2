"""Redis holds nothing that may not be lost: it may be flushed or dead at any time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import perf_counter
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from domain.errors import Unavailable
from domain.ports.timing import Timed, untimed

ANSWERS_WITHIN_SECONDS = 0.25


class Line:
    """A connection to Redis, made when something is asked; `timed` is told of each answer."""

    def __init__(self, url: str, timed: Timed = untimed) -> None:
        """Connect lazily to `url`.

        Raises:
            Unavailable: `url` is not a Redis URL.
        """
        self._timed = timed
        try:
            self._redis: Redis = Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
                url,
                socket_timeout=ANSWERS_WITHIN_SECONDS,
                socket_connect_timeout=ANSWERS_WITHIN_SECONDS,
            )
        except ValueError as error:
            raise Unavailable(f"The Redis URL cannot be used: {error}.") from error

    async def close(self) -> None:
        await self._redis.aclose()

    async def ask(self, command: str, *given: str | int) -> Any:
        """The answer to a command.

        Raises:
            NoScriptError: it names a script that the server does not know.
            Unavailable: there is no answer in time.
        """
        return await self._answered(
            command, lambda: cast("Any", self._redis).execute_command(command, *given)
        )

    async def ask_together(
        self, command: str, given: Iterable[Sequence[str | int]]
    ) -> Sequence[Any]:
        """The answers to one command with these and those arguments, in one go.

        Raises:
            NoScriptError: it names a script that the server does not know.
            Unavailable: there is no answer in time.
        """
        pipeline = cast("Any", self._redis.pipeline(transaction=False))
        for each in given:
            pipeline.execute_command(command, *each)
        return await self._answered(command, pipeline.execute)

    async def _answered(self, command: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        began, is_answered = perf_counter(), True
        try:
            return await ask()
        except NoScriptError:
            raise
        except (RedisError, OSError) as error:
            is_answered = False
            raise Unavailable(f"Redis does not answer: {error}.") from error
        finally:
            self._timed(command, perf_counter() - began, is_answered)


class Bell:
    """Whether Redis answers, and which it is. It rings for nobody: docs/adr/0012."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url`.

        Raises:
            Unavailable: `url` is not a Redis URL.
        """
        self._line = Line(url)

    async def close(self) -> None:
        await self._line.close()

    async def version(self) -> tuple[str, str]:
        """What the server is, Redis or Valkey, and which version it says.

        Raises:
            Unavailable: it does not answer.
        """
        told = await self._line.ask("INFO", "server")
        valkey = told.get("valkey_version")
        return ("Valkey", valkey) if valkey else ("Redis", told["redis_version"])

    async def memory(self) -> tuple[int, str]:
        """How many bytes it may use, 0 being any number, and what it forgets when it has no more.

        Raises:
            Unavailable: it does not answer.
        """
        told = await self._line.ask("INFO", "memory")
        return int(told["maxmemory"]), told["maxmemory_policy"]

    async def ping(self) -> None:
        """Ask for an answer.

        Raises:
            Unavailable: there is none in time.
        """
        await self._line.ask("PING")
