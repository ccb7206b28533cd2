"""Who subscribes, goes away in the midst of it, and comes back with the cursor, anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from gateway.embedded.server import HOST
from tests.chaos.checker.run import Run
from tests.chaos.history import Heard, History, Told
from tests.chaos.shelves import Shelves
from tests.chaos.wire import TOKEN

EVENTS = 1, 150
"""So many messages one stays for."""

AWAY_SECONDS = 0.05, 0.4
OPENS_WITHIN_SECONDS = 3.0
SILENCE_SECONDS = 6.0
"""Then the gateway may be gone, and another one is asked."""

CAUGHT_UP_WITHIN_SECONDS = 30.0
STOCK, ORDER = "stock", "order"
SHARE_OF_ORDERS = 5
"""One in so many listens for an order."""

ENTRIES = "kind cursor entries { aggregate seq }"
QUERIES: Mapping[str, str] = {
    STOCK: f"""subscription ($things: [String!], $after: Cursor) {{
      told: stockChanged(skus: $things, after: $after) {{
        {ENTRIES} conflated levels {{ id version }} }} }}""",
    ORDER: f"""subscription ($things: [ID!], $after: Cursor) {{
      told: orderUpdated(orders: $things, after: $after) {{ {ENTRIES} }} }}""",
}


class Wish(Struct, frozen=True):
    """What to listen for."""

    kind: str
    things: Sequence[str]


class Listener:
    """One of them; what it hears over a connection is a line of the history."""

    def __init__(
        self, name: str, wish: Wish, ports: Sequence[int], history: History, seed: int
    ) -> None:
        self.wish = wish
        self._name = name
        self._ports = ports
        self._history = history
        self._random = Random(f"{seed} {name}")
        self._after: str | None = None
        self._known: dict[str, int] = {}
        self._last: tuple[str, int] | None = None
        self._stays = False
        self._patience: asyncio.Timeout | None = None
        self.is_in = False

    def stay(self) -> None:
        """Do not go away any more, however long nothing is told."""
        self._stays = True
        if self._patience:
            self._patience.reschedule(None)

    async def listen(self) -> None:
        """Until it is cancelled."""
        while True:
            with suppress(OSError, TimeoutError, WebSocketException):
                await self._connected(self._random.randrange(len(self._ports)))
            await asyncio.sleep(self._random.uniform(*AWAY_SECONDS))

    def has_heard(self, run: Run) -> bool:
        """Does it know what the whole journal says in the end?"""
        if self.wish.kind == ORDER:
            journal = run.journal_of(self.wish.things)
            return not journal or self._last == journal[-1]
        levels = [level for level in run.levels if level.place[0] in self.wish.things]
        return all(self._known.get(level.id, -1) >= level.version for level in levels)

    async def _connected(self, gateway: int) -> None:
        told: list[Told] = []
        error: str | None = None
        with_cursor = self._after is not None
        try:
            async with connect(
                f"ws://{HOST}:{self._ports[gateway]}/graphql",
                subprotocols=[Subprotocol("graphql-transport-ws")],
                open_timeout=OPENS_WITHIN_SECONDS,
                close_timeout=0.1,
                max_size=None,
            ) as socket:
                error = await self._heard(socket, told)
                if self._random.random() < 0.5:
                    socket.transport.abort()
        finally:
            self.is_in = False
            if told or error:
                kind, things = self.wish.kind, self.wish.things
                self._history.add(
                    Heard(
                        listener=self._name,
                        gateway=gateway,
                        kind=kind,
                        things=things,
                        with_cursor=with_cursor,
                        told=told,
                        error=error,
                    )
                )

    async def _heard(self, socket: ClientConnection, told: list[Told]) -> str | None:
        """Stay for a while; the code of the error with which it ended before."""
        variables = {"things": self.wish.things, "after": self._after}
        payload = {"query": QUERIES[self.wish.kind], "variables": variables}
        hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {TOKEN}"}}
        await socket.send(json.dumps(hello))
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        stays_for = self._random.randint(*EVENTS)
        while self._stays or len(told) < stays_for:
            message = await self._next(socket)
            match message["type"]:
                case "next":
                    self.is_in = True
                    told.append(self._noted(message["payload"]["data"]["told"]))
                case "error":
                    return message["payload"][0].get("extensions", {}).get("code", "NO_CODE")
                case _:
                    pass
        return None

    async def _next(self, socket: ClientConnection) -> Any:
        try:
            async with asyncio.timeout(None if self._stays else SILENCE_SECONDS) as self._patience:
                return json.loads(await socket.recv())
        finally:
            self._patience = None

    def _noted(self, event: Mapping[str, Any]) -> Told:
        versions = {level["id"]: level["version"] for level in event.get("levels", ())}
        entries = [(entry["aggregate"], entry["seq"]) for entry in event["entries"]]
        self._after = event["cursor"]
        self._known |= versions
        self._last = entries[-1] if entries else self._last
        return Told(event["kind"], entries, versions, event.get("conflated", 0))


def listeners(
    count: int, shelves: Shelves, ports: Sequence[int], history: History, seed: int
) -> Sequence[Listener]:
    """Most listen for all the skus, some for one of them, some for an order."""
    found: list[Listener] = []
    for n in range(count):
        if n % SHARE_OF_ORDERS == 1 and shelves.orders:
            wish = Wish(ORDER, [shelves.orders[0].id])
        elif n % SHARE_OF_ORDERS == 2:
            wish = Wish(STOCK, [shelves.skus[n % len(shelves.skus)]])
        else:
            wish = Wish(STOCK, shelves.skus)
        found.append(Listener(f"listener {n}", wish, ports, history, seed))
    return found


async def settled(everybody: Sequence[Listener]) -> None:
    """Have all come in, and stay."""
    for each in everybody:
        each.stay()
    await _all(everybody, lambda each: each.is_in)


async def caught_up(everybody: Sequence[Listener], run: Run) -> None:
    """Give all the time that they need to hear the last change; who never does, the checker names.

    `run` has what was read after the last wish.
    """
    await _all(everybody, lambda each: each.has_heard(run))


async def _all(everybody: Sequence[Listener], true: Callable[[Listener], bool]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CAUGHT_UP_WITHIN_SECONDS):
            while not all(map(true, everybody)):  # noqa: ASYNC110  # gateways set no event of ours
                await asyncio.sleep(0.1)
