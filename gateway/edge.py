"""What holds for every HTTP request before it is looked at: its host, its origin, its headers.

Source: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS,
https://www.rfc-editor.org/rfc/rfc9110#section-7.2 and https://w3c.github.io/webappsec-fetch-metadata.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import current

ANSWERED = "kassa.answered"
"""The ASGI extension by which the server learns that the work is done."""

HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
PREFLIGHT_HEADERS = frozenset(
    {
        b"apollo-require-preflight",
        b"authorization",
        b"graphql-require-preflight",
        b"x-apollo-operation-name",
    }
)
"""A browser sends none of them across origins without asking first."""

SAME_SITE = frozenset({b"same-origin", b"none"})
ALLOWED_METHODS = "GET, HEAD, POST"
ALLOWED_HEADERS = (
    "Accept, Apollo-Require-Preflight, Authorization, Content-Type, GraphQL-Require-Preflight, "
    "Last-Event-ID, X-Apollo-Operation-Name"
)
EXPOSED_HEADERS = "ETag, RateLimit, RateLimit-Policy, Retry-After"
PREFLIGHT_SECONDS = "600"

SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""Of what is no page; a page has its own, which are wider."""

_RAW = {name.lower().encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
VARY = b"vary"

Headers = Sequence[tuple[bytes, bytes]]


class Edge:
    """The outermost ASGI app. Without `hosts`, any that is well-formed will do."""

    def __init__(
        self, app: ASGIApp, *, origins: Collection[str] = (), hosts: Collection[str] = ()
    ) -> None:
        self._app = app
        self._origins = frozenset(each.encode() for each in origins)
        self._hosts = frozenset(each.lower().encode() for each in hosts)
        self._added = {**_RAW, **({VARY: b"Origin"} if origins else {})}
        self._usual = tuple(self._added.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what may not be here; let the rest through, with what browsers must know."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers: Headers = scope["headers"]
        current.begin(headers)
        if not self._is_here(headers):
            await _refuse(scope, receive, send, 400, "BAD_REQUEST", WRONG_HOST)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin, method = self._allowed(scope["headers"]), scope["method"]
        added = (*{**self._added, **_shared(origin)}.items(),) if origin else self._usual
        telling = _telling(send, added, scope.get("extensions", {}).get(ANSWERED))
        if origin and method == "OPTIONS":
            await _preflight(telling)
        elif method != "POST" and not origin and _is_of_another_site(dict(scope["headers"])):
            await _refuse(scope, receive, telling, 403, "CSRF", ASK_FIRST)
        else:
            await self._app(scope, receive, telling)

    def _allowed(self, headers: Headers) -> bytes | None:
        """The origin of a page, where such may ask."""
        if not self._origins:
            return None
        origin = dict(headers).get(b"origin")
        return origin if origin in self._origins else None

    def _is_here(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        named = [value for name, value in headers if name == b"host"]
        if len(named) != 1:
            return not named and not self._hosts  # HTTP/1.0 need not say
        host = named[0].lower()
        if HOST.fullmatch(host) is None:
            return False
        return not self._hosts or host in self._hosts or host.rpartition(b":")[0] in self._hosts


def _is_of_another_site(given: Mapping[bytes, bytes]) -> bool:
    """Does a page of another site make a browser ask this, without the browser asking first?"""
    site = given.get(b"sec-fetch-site")
    if site is None or site in SAME_SITE or given.get(b"sec-fetch-mode") == b"navigate":
        return False
    return not PREFLIGHT_HEADERS & given.keys()


def _shared(origin: bytes) -> Mapping[bytes, bytes]:
    return {
        b"access-control-allow-origin": origin,
        b"access-control-expose-headers": EXPOSED_HEADERS.encode(),
        b"cross-origin-resource-policy": b"cross-origin",
    }


def _telling(send: Send, added: Headers, answered: Callable[[], None] | None) -> Send:
    def telling(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            if answered:
                answered()
            headers: Headers = message["headers"]
            there = {name for name, _ in headers}
            more = [each for each in added if each[0] not in there or each[0] == VARY]
            message["headers"] = [*headers, *more]
        return send(message)

    return telling


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", ALLOWED_METHODS.encode()),
        (b"access-control-allow-headers", ALLOWED_HEADERS.encode()),
        (b"access-control-max-age", PREFLIGHT_SECONDS.encode()),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: int, code: str, message: str
) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})
        return
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


WRONG_HOST = "There is nothing under this host."
ASK_FIRST = "A page of another site must send the header GraphQL-Require-Preflight, or use POST."
