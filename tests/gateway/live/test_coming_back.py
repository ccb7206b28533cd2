"""`kassa serve` is ended with SIGTERM while clients listen; they come back and miss nothing."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gateway.live.streaming import FORMAT_BY_MEDIA
from tests.processes import WAIT_SECONDS, Serving, serving

SKU, LOCATION = "MUG-FJORD-MOSS", "loc_01JGFJJZ00RGRKCK36AA8N2JNB"
STOCK = f"""subscription ($after: Cursor) {{
  stockChanged(skus: ["{SKU}"], locations: ["{LOCATION}"], after: $after) {{
    kind cursor levels {{ version free }} }} }}"""
ADJUST = """mutation { adjustStock(input: { idempotencyKey: "%s", changes: [
  { sku: "MUG-FJORD-MOSS", location: "loc_01JGFJJZ00RGRKCK36AA8N2JNB", delta: 1, reason: "found" }
] }) { userErrors { code } levels { version } } }"""
SERVICE_RESTART = 1012
SSE = next(iter(FORMAT_BY_MEDIA))

Event = Mapping[str, Any]


class BySocket:
    """A client over WebSocket."""

    def __init__(self, stack: ExitStack, kassa: Serving, after: str | None = None) -> None:
        self._wire: ClientConnection = stack.enter_context(
            connect(
                kassa.url.replace("http", "ws") + "/graphql",
                subprotocols=[Subprotocol("graphql-transport-ws")],
            )
        )
        token = f"Bearer {kassa.token_by_role['system']}"
        self._say(type="connection_init", payload={"authorization": token})
        payload = {"query": STOCK, "variables": {"after": after}}
        self._say(type="subscribe", id="1", payload=payload)
        assert self._hear() == {"type": "connection_ack"}

    def next(self) -> Event:
        """What happened; until the journal has it, there may be a heartbeat first."""
        event = self._hear()["payload"]["data"]["stockChanged"]
        return self.next() if event["kind"] == "HEARTBEAT" else event

    def is_told_to_come_back(self) -> bool:
        with pytest.raises(ConnectionClosed) as closed:
            self._hear()
        return closed.value.rcvd is not None and closed.value.rcvd.code == SERVICE_RESTART

    def _say(self, **message: Any) -> None:
        self._wire.send(json.dumps(message))

    def _hear(self) -> Any:
        return json.loads(self._wire.recv(WAIT_SECONDS))


class ByEvents:
    """A client over Server-Sent Events, which says only what an `EventSource` would."""

    def __init__(self, stack: ExitStack, kassa: Serving, after: str | None = None) -> None:
        token = f"Bearer {kassa.token_by_role['system']}"
        headers = {"accept": SSE, "authorization": token}
        if after:
            headers["last-event-id"] = after
        client = stack.enter_context(httpx2.Client(timeout=WAIT_SECONDS))
        asked = client.stream(
            "GET", f"{kassa.url}/graphql", params={"query": STOCK}, headers=headers
        )
        self._lines: Iterator[str] = stack.enter_context(asked).iter_lines()

    def next(self) -> Event:
        fields: dict[str, str] = {}
        while line := next(self._lines):
            name, _, value = line.partition(": ")
            fields[name] = value
        event = json.loads(fields["data"])["data"]["stockChanged"]
        assert event["cursor"] == fields["id"]
        return self.next() if event["kind"] == "HEARTBEAT" else event

    def is_told_to_come_back(self) -> bool:
        """The body ends without `complete`: for an `EventSource` that is a cut."""
        return not [line for line in self._lines if line]


CLIENTS = BySocket, ByEvents


def change(kassa: Serving, key: str) -> int:
    """One more mug; the version of the level behind that."""
    done = kassa.ask(ADJUST % key, "system")["data"]["adjustStock"]
    assert not done["userErrors"]
    return done["levels"][0]["version"]


def versions(event: Event) -> list[int]:
    return [level["version"] for level in event["levels"]]


@pytest.mark.parametrize("workers", [1, 2])
def test_who_listens_is_told_to_come_back_and_misses_nothing(tmp_path, workers):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data, options = tmp_path / "data", ("--workers", str(workers))
    with serving(data, *options, port=port) as kassa, ExitStack() as stack:
        clients = [by(stack, kassa) for by in CLIENTS]
        shown = [client.next() for client in clients]
        first = change(kassa, "first")
        told = [client.next() for client in clients]

        assert kassa.end(signal.SIGTERM) == 0

        assert [client.is_told_to_come_back() for client in clients] == [True, True]

    with serving(data, *options, port=port) as kassa, ExitStack() as stack:
        missed = [change(kassa, key) for key in ("second", "third")]
        again = [by(stack, kassa, event["cursor"]) for by, event in zip(CLIENTS, told, strict=True)]
        heard = [[client.next() for _ in missed] for client in again]
        last = change(kassa, "last")
        then = [client.next() for client in again]

    assert [event["kind"] for event in shown] == ["SNAPSHOT"] * 2
    assert [versions(event) for event in told] == [[first]] * 2
    for events in heard:
        assert [event["kind"] for event in events] == ["CHANGE"] * 2
        assert [versions(event) for event in events] == [[version] for version in missed]
    assert [versions(event) for event in then] == [[last]] * 2
