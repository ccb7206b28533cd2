"""What clients may spend, in Redis: token buckets that one script fills, draws from and refunds.

Losing them forgives debts, no more: a bucket that is not there is full.
"""

from __future__ import annotations

from hashlib import sha1, sha256
from typing import Any

from redis.exceptions import NoScriptError

from domain.budgets import Budget
from domain.ports.spending import Grant
from domain.ports.timing import Timed, untimed
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


class Buckets:
    """`Bank`. A client's name is kept as a hash: it may be a person's, or an address."""

    def __init__(self, url: str, timed: Timed = untimed) -> None:
        self._line = Line(url, timed)

    async def close(self) -> None:
        await self._line.close()

    async def draw(self, client: str, budget: Budget, least: int, wish: int) -> Grant:
        points, left = await self._run(client, budget, (least, wish, 0))
        return Grant(int(points), float(left))

    async def give_back(self, client: str, budget: Budget, points: int) -> None:
        await self._run(client, budget, (0, 0, points))

    async def present(self, gateway: str) -> int:
        seconds, _ = await self._line.ask("TIME")
        now = int(seconds)
        await self._line.ask("ZADD", GATEWAYS, now, gateway)
        await self._line.ask("ZREMRANGEBYSCORE", GATEWAYS, "-inf", now - AWAY_AFTER_SECONDS)
        return max(1, int(await self._line.ask("ZCARD", GATEWAYS)))

    async def _run(self, client: str, budget: Budget, given: tuple[int, int, int]) -> Any:
        key = NAMES + sha256(client.encode()).hexdigest()[:32]
        arguments = (1, key, budget.capacity, budget.restore, *given)
        try:
            return await self._line.ask("EVALSHA", DIGEST, *arguments)
        except NoScriptError:  # Redis does not know it yet, and will from now on
            return await self._line.ask("EVAL", SCRIPT, *arguments)
