"""Sending a log to Kassa: signed, in batches, as often as it takes."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from time import time

import httpx2
import msgspec
from msgspec import Struct

from domain.errors import BadInput, Unavailable
from gateway.tilling.log import Log, Written

MOST = 100
WAITING = "WAITING"
ASKS = 5
SECONDS = 15.0
CLOCKS_DIFFER = 60


class Place(Struct, frozen=True):
    """Where a till posts to, and with what it signs."""

    url: str
    secret: str


class Outcome(Struct, frozen=True):
    """What became of an entry."""

    device: str
    sequence: int
    outcome: str
    why: str | None = None


class Answer(Struct, frozen=True):
    """What Kassa says to a batch."""

    entries: tuple[Outcome, ...] = ()


def headers(secret: str, body: bytes, seconds: int) -> dict[str, str]:
    """Signed as Standard Webhooks say."""
    name = f"msg_{secrets.token_hex(12)}"
    signed = f"{name}.{seconds}.".encode() + body
    digest = hmac.new(b64decode(secret.removeprefix("whsec_")), signed, sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }


def batch(device: str, entries: Sequence[Written], now: datetime) -> bytes:
    """The body for these entries."""
    told = [{**each.message, "device": device, "sequence": each.sequence} for each in entries]
    return msgspec.json.encode({"sent_at": now.isoformat(), "wait": 3, "entries": told})


def sync(log: Log, place: Place) -> int:
    """Send all that Kassa has not, and ask what became of the rest; gives how many were sent.

    Raises:
        Unavailable: nobody answers; what was not sent stays in the log.
        BadInput: Kassa does not take what is sent.
    """
    count = 0
    with httpx2.Client(timeout=SECONDS) as http:
        while unsent := log.unsent(MOST):
            _post(http, log, place, unsent)
            count += len(unsent)
        for _ in range(ASKS):
            if not (unjudged := log.unjudged(MOST)):
                break
            _post(http, log, place, unjudged)
    return count


def _post(http: httpx2.Client, log: Log, place: Place, entries: Sequence[Written]) -> None:
    body = batch(log.device, entries, datetime.now(UTC))
    reply = _sent(http, place, body, int(time()))
    if reply.status_code == HTTPStatus.UNAUTHORIZED and (theirs := _clock(reply)):
        reply = _sent(http, place, body, theirs)
    if reply.status_code != HTTPStatus.OK:
        raise BadInput(f"{place.url} answers {reply.status_code}: {reply.text.strip()[:300]}")
    try:
        answer = msgspec.json.decode(reply.content, type=Answer)
    except msgspec.DecodeError as error:
        raise BadInput(f"{place.url} is no Kassa: {error}.") from error
    judged = {each.sequence: each for each in answer.entries}
    for each in entries:
        found = judged.get(each.sequence)
        is_judged = found and found.outcome != WAITING
        log.told(each.sequence, found.outcome if found and is_judged else None, found and found.why)


def _sent(http: httpx2.Client, place: Place, body: bytes, seconds: int) -> httpx2.Response:
    try:
        reply = http.post(place.url, content=body, headers=headers(place.secret, body, seconds))
    except (httpx2.TransportError, httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise Unavailable(f"Nobody answers at {place.url}. It stays in the log.") from error
    if reply.status_code in {429, 503}:
        raise Unavailable(f"{place.url} cannot take it now. It stays in the log.")
    return reply


def _clock(reply: httpx2.Response) -> int | None:
    """Their time, where ours may be wrong."""
    try:
        theirs = int(parsedate_to_datetime(reply.headers.get("date", "")).timestamp())
    except ValueError:
        return None
    return theirs if abs(theirs - time()) > CLOCKS_DIFFER else None
