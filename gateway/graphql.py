"""GraphQL over HTTP: a request in, one JSON response out; or a stream, of a subscription.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import NamedTuple

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.errors import Forbidden, KassaError, Unauthenticated, Unavailable
from domain.viewer import ANONYMOUS, Viewer
from gateway import reading
from gateway.answering import Graph, is_subscription, refused
from gateway.answers import Answer
from gateway.execution.engine import Outcome
from gateway.execution.errors import METHOD_NOT_ALLOWED, SUBSCRIPTION_NOT_SUPPORTED, code_of
from gateway.execution.watching import Watch
from gateway.identity.admission import Admission
from gateway.limits.accounts import Account
from gateway.live import multipart, sse, streaming
from gateway.live.origins import is_own
from gateway.live.protocols import KNOWS
from gateway.live.sockets import SUBPROTOCOL
from gateway.live.streaming import Body, Format
from gateway.metrics import instruments
from gateway.negotiating import negotiated
from gateway.reading import JSON, Asked, Headers, Refused

GRAPHQL_RESPONSE = "application/graphql-response+json"
HTML = "text/html"

ALWAYS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        media: {
            "content-type": f"{media}; charset=utf-8",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "vary": "Accept",
        }
        for media in (JSON, GRAPHQL_RESPONSE)
    }
)

MOST_ACCEPTS, LONGEST_ACCEPT = 1_000, 200
"""So many values of `Accept` are remembered, and none that is longer."""

PLAN = "kassa-plan"
"""The request header that asks for `extensions.plan`."""

STREAMS_WANTED = (
    f"A subscription is answered by a stream: accept {sse.MEDIA}, or {multipart.CONTENT_TYPE}, or "
    f"open a WebSocket with the subprotocol {SUBPROTOCOL}."
)

OTHER_SITE = "Pages of another site may not subscribe here."


class Accepted(NamedTuple):
    """What may be answered: `media` in one piece, `stream` piece by piece; None if not at all."""

    media: str | None
    stream: Format | None


def accepts(accept: str, offers: tuple[str, ...]) -> Accepted:
    """What this header accepts of the offers: most clients send one of a few."""
    return (_remembered if len(accept) <= LONGEST_ACCEPT else _accepts)(accept, offers)


def _accepts(accept: str, offers: tuple[str, ...]) -> Accepted:
    return Accepted(negotiated(accept, offers), streaming.chosen(accept))


_remembered = lru_cache(MOST_ACCEPTS)(_accepts)


class GraphQLEndpoint:
    """The ASGI app that answers GraphQL requests.

    A viewer who is `Unauthenticated` becomes a 401, whom nobody can check now a 503, any other
    `KassaError` a 403. `page` answers browsers; without it there is none. A request that has the
    header `Kassa-Plan` is explained. Pages of other sites get no streams, but for those of
    `origins`.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        page: Callable[[Request], Response] | None = None,
        origins: Collection[str] = (),
    ) -> None:
        self._graph = graph
        self._page = page
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; whatever happens, with JSON (or a stream, or the page)."""
        headers = reading.headers_of(scope)
        accepted = accepts(headers.get("accept", ""), self._offers(scope["method"]))
        try:
            response = await self._answer(scope, headers, receive, accepted)
        except ClientDisconnect:
            return
        except Refused as refused:
            instruments.REFUSED.labels(refused.code).inc()
            errors, extra = [refused.shown], refused.headers
            response = _refused(errors, accepted.media, refused.status, extra)
        except Exception as error:
            response = _refused([self._graph.masked(error)], accepted.media, 500)
        await response(scope, receive, send)

    def _offers(self, method: str) -> tuple[str, ...]:
        """What may be answered; the first is for clients who do not mind."""
        browsing = self._page and method in {"GET", "HEAD"}
        return (JSON, GRAPHQL_RESPONSE, HTML) if browsing else (JSON, GRAPHQL_RESPONSE)

    async def _answer(
        self, scope: Scope, headers: Headers, receive: Receive, accepted: Accepted
    ) -> ASGIApp:
        method: str = scope["method"]
        reading.check_method(method)
        if accepted.media is None and accepted.stream is None:
            raise Refused(406, "NOT_ACCEPTABLE", f"Accept {GRAPHQL_RESPONSE} or {JSON}.")
        if self._page and accepted.media == HTML:
            return _varying(self._page(Request(scope, receive)))
        asked = await reading.asked(scope, headers, receive)
        admission = await self._admission(scope, headers)
        viewer, peer = admission.viewer, scope.get("client")
        watch = Watch() if self._graph.explains and PLAN in headers else None
        account = self._graph.account(viewer, peer[0] if peer else None)
        outcome = await self._graph.execute(
            asked, viewer, allow_mutation=method == "POST", watch=watch, account=account
        )
        if is_subscription(outcome) and self._graph.is_live:
            if accepted.stream is None or method == "HEAD":
                outcome = refused(STREAMS_WANTED, SUBSCRIPTION_NOT_SUPPORTED)
            else:
                return await self._subscribed(headers, asked, admission, accepted.stream, account)
        if outcome.kept and method != "POST" and accepted.media:
            content = self._graph.shown(outcome, watch)  # no cost: it would differ each time
            told = {**caching(outcome.kept, viewer), **_left(account, viewer)}
            return _unless_known(headers, content, accepted.media, told)
        return self._shown(outcome, accepted, watch, account)

    async def _admission(self, scope: Scope, headers: Headers) -> Admission:
        try:
            admission = await self._graph.who(authorization := headers.get("authorization"))
        except Unauthenticated as error:
            bearer = {"WWW-Authenticate": "Bearer"}
            raise Refused(401, error.code, error.message, bearer) from error
        except Unavailable as error:
            raise Refused(503, error.code, error.message, {"Retry-After": "5"}) from error
        except KassaError as error:
            raise Refused(403, error.code, error.message) from error
        if authorization and admission.viewer.is_staff:
            knows: Callable[[bytes], None] | None = scope.get("extensions", {}).get(KNOWS)
            if knows:
                knows(authorization.encode("latin-1"))
        return admission

    async def _subscribed(
        self,
        headers: Headers,
        asked: Asked,
        admission: Admission,
        form: Format,
        account: Account | None,
    ) -> ASGIApp:
        if not is_own(headers, self._origins):
            raise Refused(403, Forbidden.code, OTHER_SITE)
        body, after = Body(form), headers.get("last-event-id")
        opened = await self._graph.open(asked, admission.viewer, body.mailbox, after, account)
        if isinstance(opened, Outcome):
            return streaming.once(form, self._graph.shown(opened, account=account))
        body.stream = opened
        watch = self._graph.vigil.watch
        body.leave = watch(headers.get("authorization"), admission, body.turn_away)
        return body

    def _shown(
        self,
        outcome: Outcome,
        accepted: Accepted,
        watch: Watch | None,
        account: Account | None,
    ) -> ASGIApp:
        media, content = accepted.media, self._graph.shown(outcome, watch, account)
        told = account.headers() if account else None
        if account and account.limited is not None:
            return _json(content, media, 429, told)
        if not outcome.executed and code_of(outcome.errors[0]) == METHOD_NOT_ALLOWED:
            return _json(content, media, 405, {"Allow": "POST"})
        if media is None and accepted.stream:
            return streaming.once(accepted.stream, content)
        # With application/json a client tells the two kinds apart by `data`, not by the status.
        is_told_by_status = not outcome.executed and media == GRAPHQL_RESPONSE
        return _json(content, media, 400 if is_told_by_status else 200, told)


def caching(seconds: int, viewer: Viewer) -> Mapping[str, str]:
    """Who may keep an answer, and how long: one to somebody in particular is theirs alone."""
    scope = "public" if viewer == ANONYMOUS else "private"
    return {"Cache-Control": f"{scope}, max-age={seconds}", "Vary": "Authorization"}


def _left(account: Account | None, viewer: Viewer) -> Mapping[str, str]:
    """What the client may still spend, unless a shared cache would tell others of it."""
    return {} if account is None or viewer == ANONYMOUS else account.headers()


def _unless_known(headers: Headers, content: bytes, media: str, told: Headers) -> ASGIApp:
    """The response with its tag; without its body, where the client has just that."""
    tag = f'"{blake2b(content, digest_size=16).hexdigest()}"'
    whole = _json(content, media, 200, {**told, "ETag": tag})
    known = headers.get("if-none-match", "").split(",")
    if not {tag, "*"} & {each.strip().removeprefix("W/") for each in known}:
        return whole
    names = ("cache-control", "etag", "vary", "ratelimit", "ratelimit-policy")
    kept = {name: whole.headers[name] for name in names if name in whole.headers}
    return Response(status_code=304, headers=kept)


def _refused(
    errors: Sequence[object],
    media: str | None,
    status: int,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    return _json(orjson.dumps({"errors": errors}), media, status, headers)


def _json(
    content: bytes,
    media: str | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    found = dict(ALWAYS.get(media or JSON, ALWAYS[JSON]))
    for name, value in (headers or {}).items():
        key = name.lower()
        found[key] = f"{value}, {found[key]}" if key == "vary" else value
    return Answer(status, content, found)


def _varying(response: Response) -> Response:
    response.headers.add_vary_header("Accept")
    return response
