"""What channels post: verified, kept, acknowledged. Nothing of it is applied before that.

Card numbers are masked where people write: nothing of ours may keep one. Who is refused is not told
why: the wrong signature, none at all and an endpoint that does not exist get the same answer. Our
log has the reason.
"""

from __future__ import annotations

import logging
from asyncio import sleep
from collections.abc import Mapping, Sequence
from time import monotonic

from msgspec.structs import replace
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from domain.channels import inbox
from domain.channels.abilities import Ack, Hooks
from domain.channels.inbound import Delivery, Forged, Unreadable
from domain.channels.inbox import Kept
from domain.channels.numbered import Asked, EntryKey, Outcome, Verdict, outcome
from domain.channels.prose import without_cards
from domain.channels.standing import Heard
from domain.errors import Unavailable
from domain.ports import Stores
from domain.ports.channels import Line, Numbers
from domain.ports.receiving import Inbox
from domain.values import whole_milliseconds
from gateway import reading
from gateway.channels.presence import Hearing
from gateway.metrics import instruments
from gateway.upkeep import Bell

logger = logging.getLogger("kassa.webhooks")

NOT_TAKEN = "This delivery is not taken.\n"
NOT_NOW = "It cannot be kept now. Send it again.\n"
NOBODY = "(unknown)"
KEPT, AGAIN, REFUSED, NOT_KEPT = "kept", "again", "refused", "not_kept"
COUNTED = {AGAIN: Heard(repeated=1), REFUSED: Heard(refused=1)}
LONGEST_HEADER = 4_096
LONGEST_KEY = 200
LOOKS_EVERY_SECONDS = 0.05


class Webhooks:
    """The endpoint of each line that is connected; there are none before the gateway is ready."""

    def __init__(self, stores: Stores, kept: Inbox) -> None:
        self._stores, self._inbox = stores, kept
        self.lines: Mapping[str, Line] = {}
        self.hearing, self.bell = Hearing(), Bell()

    async def take(self, request: Request) -> Response:
        """Answer one delivery."""
        endpoint = str(request.path_params["endpoint"])
        response, outcome = await self._answered(endpoint, request)
        known = endpoint if endpoint in self.lines else NOBODY
        instruments.WEBHOOKS.labels(known, outcome).inc()
        if more := COUNTED.get(outcome):
            self.hearing.add(known, more)
        return response

    async def _answered(self, endpoint: str, request: Request) -> tuple[Response, str]:
        try:
            return await self._taken(endpoint, request)
        except reading.Refused as error:
            return PlainTextResponse(f"{error}\n", error.status, error.headers), REFUSED
        except Forged as error:
            logger.warning("%s: refused: %s", endpoint[:40], error)
            return PlainTextResponse(NOT_TAKEN, 401), REFUSED
        except Unavailable as error:
            logger.warning("%s: not kept: %s", endpoint[:40], error.message)
            return PlainTextResponse(NOT_NOW, 503, {"Retry-After": "1"}), NOT_KEPT
        except ClientDisconnect:
            return Response(status_code=400), REFUSED

    async def _taken(self, endpoint: str, request: Request) -> tuple[Response, str]:
        line = self.lines.get(endpoint)
        if line is None or line.adapter.capabilities.hooks is Hooks.NONE:
            raise Forged("There is no such endpoint.")
        body = await reading.body(request.headers, request.receive)
        came = Delivery(
            endpoint=endpoint,
            headers=_headers(line, request),
            body=body,
            received_at=whole_milliseconds(await self._stores.now()),
        )
        key, can = _key(line, came), line.adapter.capabilities
        delivery = replace(came, body=without_cards(body, can.prose))
        kept = inbox.kept(delivery, key)
        if isinstance(line.adapter, Numbers):
            return await self._numbered(line, line.adapter, delivery, kept)
        is_new = await self._inbox.keep(kept)
        self._heard(delivery, is_new=is_new)
        return _response(can.ack), KEPT if is_new else AGAIN

    async def _numbered(
        self, line: Line, adapter: Numbers, delivery: Delivery, kept: Kept
    ) -> tuple[Response, str]:
        """Devices that number what they send hear what became of it, if it is soon enough."""
        try:
            asked = adapter.asked(delivery)
        except Unreadable as error:
            await self._inbox.keep(kept)
            return _response(adapter.unreadable(str(error))), REFUSED
        is_new = bool(asked.entries) and await self._inbox.keep(kept)
        self._heard(delivery, is_new=is_new)
        outcomes = await self._outcomes(line.account.account, asked)
        logs = [
            await self._stores.logbook.log(line.account.account, each) for each in asked.devices
        ]
        return _response(adapter.told(outcomes, logs)), KEPT if is_new else AGAIN

    async def _outcomes(self, account: str, asked: Asked) -> Sequence[Outcome]:
        until = monotonic() + asked.seconds
        while True:
            rows = await self._stores.logbook.find(account, list(asked.entries))
            found = {EntryKey(row.device, row.sequence): row for row in rows}
            told = [outcome(key, asked.entries[key], found.get(key)) for key in asked.entries]
            if monotonic() > until or all(each.verdict is not Verdict.WAITING for each in told):
                return told
            await sleep(LOOKS_EVERY_SECONDS)

    def _heard(self, delivery: Delivery, *, is_new: bool) -> None:
        if is_new:
            self.bell.ring()
            self.hearing.add(delivery.endpoint, Heard(taken=1, last_at=delivery.received_at))


def _response(ack: Ack) -> Response:
    return Response(ack.body, ack.status, media_type=ack.content_type)


def _headers(line: Line, request: Request) -> Mapping[str, str]:
    """Those that count; one that comes twice, or has no end, is as good as none."""
    wanted = line.adapter.capabilities.headers
    given = {name: request.headers.getlist(name) for name in wanted}
    return {
        name: values[0]
        for name, values in given.items()
        if len(values) == 1 and len(values[0]) <= LONGEST_HEADER
    }


def _key(line: Line, delivery: Delivery) -> str:
    """What recognises a delivery of the channel's; what cannot be read is kept all the same."""
    try:
        return line.adapter.verify(delivery, line.secrets, delivery.received_at)[:LONGEST_KEY]
    except Unreadable:
        return delivery.digest
