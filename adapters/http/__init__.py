"""Our calls to channels: within a deadline, within bounds, and never to an address of our own.

Retries are for what may be repeated. An answer is cut off at so many bytes, seconds and values:
compressed ones are not taken at all, for a few of their bytes may become gigabytes.
"""

from __future__ import annotations

import asyncio
from random import uniform
from time import monotonic

import httpx2

from adapters.http.breaker import Breaker
from adapters.http.budget import Budget
from adapters.http.reaching import client
from domain.channels import deadlines
from domain.channels.answers import Trouble
from domain.ports.channels import Call, CallFailed, Reply
from domain.ports.timing import Timed, untimed

__all__ = ["HttpTransport", "client"]

DEADLINE_SECONDS = 10.0
FAIR_SECONDS = 0.25
"""Who gets less time than this has not failed if it runs out."""

TRIES = 3
FIRST_PAUSE_SECONDS = 0.1
MOST_BYTES = 4 * 2**20
MOST_VALUES = 200_000
MOST_AT_ONCE = 16
LONGEST_RETRY_AFTER = 3600.0

TOO_MANY, NOT_US, BROKEN = 429, frozenset({401, 403}), 500
"""Statuses that speak of the channel itself, not of what was asked."""

PASSING = frozenset({Trouble.UNAVAILABLE, Trouble.TIMEOUT})
"""What may be over when asked again."""


class HttpTransport:
    """`ports.channels.Transport` of one account."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        base_url: str,
        *,
        deadline: float = DEADLINE_SECONDS,
        timed: Timed = untimed,
    ) -> None:
        self._http, self._base_url, self._deadline = http, base_url.rstrip("/"), deadline
        self._timed = timed
        self._breaker, self._budget = Breaker(), Budget()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    def allow(self, calls_left: float, per_second: float) -> None:
        self._budget.allow(calls_left, per_second)

    async def ask(self, call: Call, /) -> Reply:
        began, is_answered = monotonic(), False
        try:
            reply = await self._asked(call)
            is_answered = True
        finally:
            self._timed(call.method, monotonic() - began, is_answered)
        return reply

    async def _asked(self, call: Call) -> Reply:
        seconds = deadlines.left(self._deadline)
        if seconds <= 0:
            raise CallFailed(Trouble.TIMEOUT, "There was no time left to ask.")
        try:
            async with asyncio.timeout(seconds), self._room:
                return await self._tried(call)
        except TimeoutError as error:
            if seconds >= FAIR_SECONDS:
                self._breaker.failed()
            else:
                self._breaker.abandoned()
            raise CallFailed(Trouble.TIMEOUT, "It did not answer in time.") from error
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise

    async def _tried(self, call: Call) -> Reply:
        """What may be repeated is, as long as there is time and hope."""
        attempt = 1
        while True:
            try:
                return await self._once(call)
            except CallFailed as error:
                if error.trouble not in PASSING or not call.is_repeatable or attempt >= TRIES:
                    raise
            await asyncio.sleep(uniform(0, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311 - jitter
            attempt += 1

    async def _once(self, call: Call) -> Reply:
        self._admit()
        try:
            reply = await self._answered(call)
        except CallFailed:
            self._breaker.failed()
            raise
        except httpx2.TimeoutException as error:
            self._breaker.failed()
            raise CallFailed(Trouble.TIMEOUT, "It did not answer in time.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            self._breaker.failed()
            raise CallFailed(Trouble.UNAVAILABLE, "It cannot be reached.") from error
        return self._judged(reply)

    def _admit(self) -> None:
        if closed := self._breaker.closed_for():
            raise CallFailed(Trouble.UNAVAILABLE, "It has failed too often of late.", closed)
        if wait := self._budget.take():
            self._breaker.abandoned()
            raise CallFailed(Trouble.RATE_LIMITED, "It may not be asked so often.", wait)

    async def _answered(self, call: Call) -> Reply:
        request = self._http.build_request(
            call.method,
            self._base_url + call.path,
            params=list(call.query) or None,
            headers=dict(call.headers),
            content=call.body,
        )
        response = await self._http.send(request, stream=True)
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise CallFailed(Trouble.BAD_DATA, "It answers compressed, unasked.")
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > MOST_BYTES:
                    raise CallFailed(Trouble.BAD_DATA, f"It answers over {MOST_BYTES} bytes.")
        finally:
            await response.aclose()
        if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
            raise CallFailed(Trouble.BAD_DATA, f"It answers over {MOST_VALUES} values.")
        return Reply(response.status_code, dict(response.headers), bytes(body))

    def _judged(self, reply: Reply) -> Reply:
        """What a status says of the channel itself; the adapter judges all others."""
        after = _retry_after(reply)
        if reply.status == TOO_MANY:
            self._breaker.succeeded()
            self._budget.close(after or 1.0)
            raise CallFailed(Trouble.RATE_LIMITED, "It is asked too often.", after)
        if reply.status in NOT_US:
            self._breaker.failed()
            raise CallFailed(Trouble.AUTH, "It does not take our key.")
        if reply.status >= BROKEN:
            self._breaker.failed()
            raise CallFailed(Trouble.UNAVAILABLE, f"It answers {reply.status}.", after)
        self._breaker.succeeded()
        if httpx2.codes.is_redirect(reply.status):
            raise CallFailed(Trouble.BAD_DATA, "It sends us elsewhere.")
        return reply


def _retry_after(reply: Reply) -> float | None:
    """In seconds; the form with a date is rare, and means a guess of ours."""
    given = reply.headers.get("retry-after", "")
    if not given.isascii() or not given.isdigit():
        return None
    return min(float(given[:9]), LONGEST_RETRY_AFTER)
