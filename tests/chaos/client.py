"""A client that asks until it knows: at another gateway if need be, always with the same key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import count
from random import Random
from typing import Any

from tests.chaos import wire
from tests.chaos.history import Answered, Asked, History, Payload, Unanswered
from tests.chaos.mutations import DOCUMENTS
from tests.chaos.wire import NoAnswer

ANSWER_WITHIN_SECONDS = 6.0
"""Longer than a gateway waits for a primary, so that a live one is heard out."""
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = (0.05, 0.25)
ASK_AGAIN = "IN_PROGRESS"


Door = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Takes a mutation's name and input, and gives the whole answer, or raises `NoAnswer`."""


class GaveUp(Exception):
    """An operation that nobody answered in `PATIENCE_SECONDS`."""


class Client:
    """One of many; it has a gateway that it likes, and goes to the next one if that is silent."""

    def __init__(self, name: str, doors: Sequence[Door], history: History, seed: int) -> None:
        self.name = name
        self.signature = f"{seed}-{name}"
        self.random = Random(f"{seed} {name}")
        self._doors = doors
        self._history = history
        self._gateway = self.random.randrange(len(doors))
        self._keys = (f"chaos-{self.signature}-{n}" for n in count(1))

    async def wish(self, kind: str, *, times: int = 1, **input: Any) -> Payload:
        """Have a mutation done; its final answer.

        With `times` it asks again when it knows, elsewhere, as one does who lost the answer.

        Raises:
            GaveUp: there is no final answer.
        """
        key = next(self._keys)
        op = self._history.invoked(self.name, kind, key, input)
        asked = {**input, "idempotencyKey": key}
        payload = await self._insisted(op, kind, asked)
        for _ in range(times - 1):
            await self._insisted(op, kind, asked)
        return payload

    async def _insisted(self, op: int, kind: str, input: Mapping[str, Any]) -> Payload:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    gateway = self._gateway
                    self._gateway = (gateway + 1) % len(self._doors)
                    if payload := await self._asked(op, gateway, kind, input):
                        return payload
                    await asyncio.sleep(self.random.uniform(*PAUSE_SECONDS))
        except TimeoutError as error:
            raise GaveUp(f"Operation {op}, {kind}, of {self.name}") from error

    async def _asked(
        self, op: int, gateway: int, kind: str, input: Mapping[str, Any]
    ) -> Payload | None:
        """A final answer, if there is one; whatever happens is written down."""
        self._history.add(Asked(op=op, gateway=gateway))
        try:
            payload = final(kind, await self._doors[gateway](kind, input))
        except NoAnswer as none:
            self._history.add(Unanswered(op=op, gateway=gateway, why=str(none), code=none.code))
            return None
        self._history.add(Answered(op=op, gateway=gateway, payload=payload))
        return payload


def doors(ports: Sequence[int]) -> Sequence[Door]:
    """Gateways, over HTTP."""
    return [partial(_over_http, port) for port in ports]


async def _over_http(port: int, kind: str, input: Mapping[str, Any]) -> Mapping[str, Any]:
    return await wire.post(port, DOCUMENTS[kind], {"input": input}, ANSWER_WITHIN_SECONDS)


def final(kind: str, answer: Mapping[str, Any]) -> Payload:
    """The payload of a final answer.

    Raises:
        NoAnswer: it says to ask again, or what it should not.
    """
    if errors := answer.get("errors"):
        code = errors[0].get("extensions", {}).get("code", "")
        raise NoAnswer(errors[0]["message"], code or "NO_CODE")
    payload = answer["data"][kind]
    if any(error["code"] == ASK_AGAIN for error in payload["userErrors"]):
        raise NoAnswer(ASK_AGAIN, ASK_AGAIN)
    return payload
