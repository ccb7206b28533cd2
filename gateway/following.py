"""`kassa watch`: a subscriber in the terminal, that comes back with its cursor."""

from __future__ import annotations

from asyncio import sleep, timeout
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson
from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from domain.errors import BadInput, KassaError, Unavailable
from domain.live import EventKind
from gateway.execution.errors import INTERNAL_SERVER_ERROR
from gateway.live.closing import (
    BAD_REQUEST,
    FORBIDDEN,
    SUBPROTOCOL_NOT_ACCEPTABLE,
    UNAUTHORIZED,
)
from gateway.live.groups import TOO_SLOW
from gateway.live.sockets import SUBPROTOCOL

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds to rest before each try to come back; the last again and again."""
SILENCE_SECONDS = 40.0
"""Longer than two heartbeats: whoever says nothing for so long is gone."""
BACK = "[green]● back, and nothing was missed[/]"
FATAL = frozenset({BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, SUBPROTOCOL_NOT_ACCEPTABLE})
"""Closed with one of these, a socket would be closed again."""

PASSING = frozenset({Unavailable.code, TOO_SLOW, INTERNAL_SERVER_ERROR})
"""Errors that may be gone in a moment."""


class About(StrEnum):
    """What to watch."""

    STOCK = "stock"
    ORDERS = "orders"
    PAYMENTS = "payments"


class Watched(Struct, frozen=True):
    """A subscription, and how a thing that it tells of is written as a line."""

    query: str
    things: str
    line: Callable[[Mapping[str, Any]], str]


def _level(level: Mapping[str, Any]) -> str:
    """Such as `MUG-FJORD-MOSS at TMP  free 9 of 10 (1 reserved, 0 committed)`."""
    return (
        f"[bold]{escape(level['product']['sku'])}[/] at {escape(level['location']['code'])}  "
        f"free [bold]{level['free']}[/] of {level['onHand']} "
        f"({level['reserved']} reserved, {level['committed']} committed)"
    )


def _order(order: Mapping[str, Any]) -> str:
    total = order["totals"]["grand"]["gross"]
    return (
        f"[bold]{escape(order['number'])}[/]  {total['amount']} {total['currency']}  "
        f"{order['state']}, {order['paymentStatus']}, {order['fulfillmentStatus']}"
    )


def _payment(payment: Mapping[str, Any]) -> str:
    amount = payment["amount"]
    return (
        f"[bold]{payment['id']}[/]  {amount['amount']} {amount['currency']} by "
        f"{payment['tender']} ({escape(payment['provider'])})  {payment['state']}, captured "
        f"{payment['captured']['amount']}, refunded {payment['refunded']['amount']}"
    )


WATCHED: Mapping[About, Watched] = MappingProxyType(
    {
        About.STOCK: Watched(
            """subscription ($skus: [String!], $locations: [ID!], $after: Cursor) {
              told: stockChanged(skus: $skus, locations: $locations, after: $after) {
                kind cursor at conflated
                things: levels { onHand free reserved committed product { sku } location { code } }
                entries { summary } } }""",
            "levels",
            _level,
        ),
        About.ORDERS: Watched(
            """subscription ($orders: [ID!], $customer: ID, $location: ID, $after: Cursor) {
              told: orderUpdated(
                orders: $orders, customer: $customer, location: $location, after: $after
              ) {
                kind cursor at
                things: orders { number state paymentStatus fulfillmentStatus
                  totals { grand { gross { amount currency } } } }
                entries { summary } } }""",
            "orders",
            _order,
        ),
        About.PAYMENTS: Watched(
            """subscription (
                $payments: [ID!], $orders: [ID!], $customer: ID, $location: ID, $after: Cursor
              ) {
              told: paymentUpdated(
                payments: $payments, orders: $orders, customer: $customer, location: $location
                after: $after
              ) {
                kind cursor at
                things: payments { id tender provider state amount { amount currency }
                  captured { amount } refunded { amount } }
                entries { summary } } }""",
            "payments",
            _payment,
        ),
    }
)


class Wish(Struct, frozen=True):
    """What to watch, where, and as whom."""

    about: About
    variables: Mapping[str, object]
    url: str
    token: str
    after: str | None = None


def chosen(
    about: About,
    *,
    skus: Sequence[str] | None,
    location: str | None,
    orders: Sequence[str] | None,
    customer: str | None,
) -> Mapping[str, object]:
    """The variables of a subscription, of what the command line says."""
    if about is About.STOCK:
        given = {"skus": skus, "locations": [location] if location else None}
    else:
        given = {"orders": orders, "customer": customer, "location": location}
    return {name: value for name, value in given.items() if value}


async def watch(wish: Wish, out: Console) -> None:
    """Write a line for whatever happens, until it is interrupted.

    Raises:
        BadInput: it cannot be watched.
    """
    address, after, lost = _address(wish.url), wish.after, 0
    while True:
        try:
            async for event in _events(wish, address, after):
                if lost:
                    out.print("[green]● connected[/]" if after is None else BACK)
                after, lost = event["cursor"], 0
                _write(WATCHED[wish.about], event, out)
        except (Unavailable, TimeoutError, OSError, WebSocketException) as error:
            _check(error)
            if not lost:
                out.print(f"[yellow]○ not connected: {escape(_why(error))}[/]", soft_wrap=True)
            await sleep(PAUSES[min(lost, len(PAUSES) - 1)])
            lost += 1


async def _events(wish: Wish, address: str, after: str | None) -> AsyncIterator[Mapping[str, Any]]:
    async with connect(address, subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=None) as socket:
        await _send(socket, "connection_init", {"authorization": f"Bearer {wish.token}"})
        await _send(
            socket,
            "subscribe",
            {
                "query": WATCHED[wish.about].query,
                "variables": {**wish.variables, "after": after},
            },
            id="1",
        )
        while True:
            async with timeout(SILENCE_SECONDS):
                message = orjson.loads(await socket.recv())
            match message["type"]:
                case "next":
                    yield _told(message["payload"])
                case "error":
                    raise _refusal(message["payload"])
                case "complete":
                    raise Unavailable("the server ended the subscription")
                case "ping":
                    await _send(socket, "pong")
                case _:
                    pass


async def _send(
    socket: ClientConnection, type: str, payload: object = None, **others: object
) -> None:
    message = {"type": type, **others, **({} if payload is None else {"payload": payload})}
    await socket.send(orjson.dumps(message).decode())


def _told(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    data = payload.get("data")
    if not data or not data["told"]:
        raise _refusal(payload.get("errors") or [{"message": "an event could not be told"}])
    return data["told"]


def _refusal(errors: Sequence[Mapping[str, Any]]) -> KassaError:
    """What may be different in a moment is asked again, anything else is told."""
    extensions: Mapping[str, object] = errors[0].get("extensions") or {}
    code = extensions.get("code")
    return (Unavailable if code in PASSING else BadInput)(errors[0]["message"])


def _check(error: Exception) -> None:
    """Refuse to try again what will never be.

    Raises:
        BadInput: the token is no good, or this is no Kassa.
    """
    if isinstance(error, InvalidStatus):
        raise BadInput(f"There is no graph: HTTP {error.response.status_code}.") from error
    if isinstance(error, ConnectionClosed) and error.rcvd and error.rcvd.code in FATAL:
        raise BadInput(f"Refused: {error.rcvd.reason or error.rcvd.code}.") from error


def _why(error: Exception) -> str:
    return str(error) or "no answer in time"


def _address(url: str) -> str:
    """The address of the socket behind the address of a shop."""
    found = urlsplit(url)
    if found.scheme not in {"http", "https"} or not found.netloc:
        raise BadInput(f"{url!r} is not the address of a shop, such as http://127.0.0.1:8000.")
    secure = "s" if found.scheme == "https" else ""
    return f"ws{secure}://{found.netloc}{found.path.rstrip('/')}/graphql"


def _write(watched: Watched, event: Mapping[str, Any], out: Console) -> None:
    """A line for each thing: when, what, why, and how long ago."""
    kind = EventKind(event["kind"])
    at = datetime.fromisoformat(event["at"])
    age = max(0, round((datetime.now(UTC) - at).total_seconds() * 1000))
    if kind is EventKind.GAP:
        out.print("[yellow]○ away for too long: this is how things are now[/]")
    if kind is EventKind.SNAPSHOT and not event["things"]:
        out.print(f"[dim]{at:%H:%M:%S}  no {watched.things} yet; listening[/]")
    why = " ".join(entry["summary"] for entry in event["entries"])
    if event.get("conflated"):
        why = f"{event['conflated']} changes at once"
    for thing in event["things"]:
        mark = "[dim]=[/]" if kind is EventKind.SNAPSHOT else "[green]→[/]"
        tail = "" if kind is EventKind.SNAPSHOT else f"  [dim]{escape(why)} · {age} ms ago[/]"
        out.print(f"[dim]{at:%H:%M:%S}[/] {mark} {watched.line(thing)}{tail}", soft_wrap=True)
