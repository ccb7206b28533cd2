"""What clients may spend, in Redis: token buckets that one script fills, draws from and refunds.

Losing them forgives debts, no more: a bucket that is not there is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1, sha256
from typing import Any

from redis.exceptions import NoScriptError

from domain.budgets import Budget
from domain.ports.spending import Grant
from domain.ports.timing import Timed, untimed
from storage.gathering import Gathered
from storage.redis import Line

# Redis' own clock; a client of ours cannot be trusted to have the same.
SCRIPT = """
local capacity, restore = tonumber(ARGV[1]), tonumber(ARGV[2])
local least, wish, back = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(kept[1]) or capacity
local since = math.max(0, now - (tonumber(kept[2]) or now))
level = math.min(capacity, level + since * restore + back)
local points = 0
if level >= least then
  points = math.floor(math.min(level, wish))
  level = level - points
end
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / restore * 1000) + 1000)
return {points, string.format('%.6f', level)}
"""
DIGEST = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
NAMES = "kassa:purse:"
GATEWAYS = "kassa:gateways"
AWAY_AFTER_SECONDS = 15


MOST_AT_ONCE = 1_000

Given = tuple[str | int, ...]


class Buckets:
    """`Bank`. A client's name is kept as a hash: it may be a person's, or an address.

    Clients who come while Redis is being asked for others are asked for together.
    """

    def __init__(self, url: str, timed: Timed = untimed) -> None:
        self._line = Line(url, timed)
        self._gathered = Gathered[Given, Sequence[Any]](self._together, most=MOST_AT_ONCE)

    async def close(self) -> None:
        await self._line.close()

    async def draw(self, client: str, budget: Budget, least: int, wish: int) -> Grant:
        points, left = await self._gathered.ask(_of(client, budget, least, wish, 0))
        return Grant(int(points), float(left))

    async def give_back(self, client: str, budget: Budget, points: int) -> None:
        await self._gathered.ask(_of(client, budget, 0, 0, points))

    async def present(self, gateway: str) -> int:
        seconds, _ = await self._line.ask("TIME")
        now = int(seconds)
        await self._line.ask("ZADD", GATEWAYS, now, gateway)
        await self._line.ask("ZREMRANGEBYSCORE", GATEWAYS, "-inf", now - AWAY_AFTER_SECONDS)
        return max(1, int(await self._line.ask("ZCARD", GATEWAYS)))

    async def _together(self, all_given: Sequence[Given]) -> Sequence[Sequence[Any]]:
        try:
            return await self._line.ask_together("EVALSHA", [(DIGEST, *each) for each in all_given])
        except NoScriptError:  # Redis does not know it yet, and will from now on
            return await self._line.ask_together("EVAL", [(SCRIPT, *each) for each in all_given])


def _of(client: str, budget: Budget, *given: int) -> Given:
    """What the script is given: one key, and its arguments."""
    key = NAMES + sha256(client.encode()).hexdigest()[:32]
    return (1, key, budget.capacity, budget.restore, *given)
