"""GraphQL over HTTP: a request in, one JSON response out.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from domain.errors import KassaError, Unauthenticated
from gateway.execution.engine import Engine, Outcome
from gateway.execution.errors import METHOD_NOT_ALLOWED, ErrorDisplay, Public, code_of
from gateway.execution.watching import Watch

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
HTML = "text/html"
PLAN = "kassa-plan"
"""The request header that asks for `extensions.plan`."""

MAX_BODY_BYTES = 2**20
TOO_LARGE = f"The body is larger than {MAX_BODY_BYTES} bytes."
MAX_JSON_DEPTH = 32
MAX_PARAMETERS = 32
QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")

logger = logging.getLogger(__name__)


class Refused(Exception):
    """The request never reaches the engine; its answer is one error."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.shown = {"message": message, "extensions": {"code": code}}


class Asked(NamedTuple):
    """The parameters of a GraphQL request."""

    query: str
    operation_name: str | None
    variables: dict[str, object] | None


def public(error: Exception) -> Public | None:
    """What a client may read of an exception: refusals, and nothing else."""
    return Public(error.message, {"code": error.code}) if isinstance(error, KassaError) else None


def log(error: Exception, error_id: str) -> None:
    """Report a masked error with its traceback."""
    logger.error("masked error %s", error_id, exc_info=error)


class GraphQLEndpoint:
    """The ASGI app that answers GraphQL requests.

    `context` builds what resolvers see, and refuses who may not ask: `Unauthenticated` becomes
    a 401, any other `KassaError` a 403. `page` answers browsers; without it there is none.
    `explain` makes `extensions.plan`, for requests that have the header `Kassa-Plan`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        context: Callable[[Request], Awaitable[object]],
        page: Callable[[Request], Response] | None = None,
        explain: Callable[[Watch], object] | None = None,
        report: Callable[[Exception, str], None] = log,
    ) -> None:
        self._engine = engine
        self._context = context
        self._page = page
        self._explain = explain
        self._display = ErrorDisplay(public, report)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; whatever happens, with JSON (or the page)."""
        request = Request(scope, receive)
        media = _negotiated(request.headers, self._offers(request))
        try:
            response = await self._answer(request, media)
        except ClientDisconnect:
            return
        except Refused as refused:
            response = _json({"errors": [refused.shown]}, media, refused.status, refused.headers)
        except Exception as error:
            response = _json({"errors": [self._display.masked(error)]}, media, 500)
        await response(scope, receive, send)

    def _offers(self, request: Request) -> Sequence[str]:
        """What may be answered; the first is for clients who do not mind."""
        browsing = self._page and request.method in {"GET", "HEAD"}
        return (JSON, GRAPHQL_RESPONSE, HTML) if browsing else (JSON, GRAPHQL_RESPONSE)

    async def _answer(self, request: Request, media: str | None) -> Response:
        _check_method(request.method)
        if media is None:
            raise Refused(406, "NOT_ACCEPTABLE", f"Accept {GRAPHQL_RESPONSE} or {JSON}.")
        if self._page and media == HTML:
            return _varying(self._page(request))
        asked = await _asked(request)
        watch = Watch() if self._explain and PLAN in request.headers else None
        outcome = await self._engine.execute(
            asked.query,
            variables=asked.variables,
            operation_name=asked.operation_name,
            context=await self._admitted(request),
            allow_mutation=request.method == "POST",
            watch=watch,
        )
        return self._shown(outcome, media, watch)

    async def _admitted(self, request: Request) -> object:
        try:
            return await self._context(request)
        except Unauthenticated as error:
            bearer = {"WWW-Authenticate": "Bearer"}
            raise Refused(401, error.code, error.message, bearer) from error
        except KassaError as error:
            raise Refused(403, error.code, error.message) from error

    def _shown(self, outcome: Outcome, media: str, watch: Watch | None) -> Response:
        errors = [self._display.shown(error) for error in outcome.errors]
        if outcome.executed:
            shown = {"errors": errors} if errors else {}
            plan = {"extensions": {"plan": self._explain(watch)}} if self._explain and watch else {}
            return _json({**shown, "data": outcome.data, **plan}, media)
        if code_of(outcome.errors[0]) == METHOD_NOT_ALLOWED:
            return _json({"errors": errors}, media, 405, {"Allow": "POST"})
        # With application/json a client tells the two kinds apart by `data`, not by the status.
        return _json({"errors": errors}, media, 400 if media == GRAPHQL_RESPONSE else 200)


def _json(
    body: Mapping[str, object],
    media: str | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    media = GRAPHQL_RESPONSE if media == GRAPHQL_RESPONSE else JSON
    always = {
        "Content-Type": f"{media}; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return _varying(Response(orjson.dumps(body), status, {**always, **(headers or {})}))


def _varying(response: Response) -> Response:
    response.headers.add_vary_header("Accept")
    return response


def _check_method(method: str) -> None:
    if method not in {"GET", "HEAD", "POST"}:
        raise Refused(405, METHOD_NOT_ALLOWED, "Use GET or POST.", {"Allow": "GET, HEAD, POST"})


def _negotiated(headers: Headers, offers: Sequence[str]) -> str | None:
    """The offer that the client likes best; None if it accepts none.

    Between equals: who is named, then who is named first, then the order of `offers`.
    """
    accepted = list(_accepted(",".join(headers.getlist("accept")) or "*/*"))
    ranked = [(_rank(offer, accepted), offer) for offer in offers]
    (quality, *_), best = max(ranked, key=lambda pair: pair[0])
    return best if quality > 0 else None


def _accepted(header: str) -> Iterator[tuple[str, float]]:
    for entry in header.lower().split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        weight = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        yield media, float(weight) if QVALUE.fullmatch(weight) else 0.0


def _rank(offer: str, accepted: Sequence[tuple[str, float]]) -> tuple[float, int, int]:
    """Its weight, how exactly it is named, and minus its place; the exactest range decides."""
    ranges = ("*/*", offer.split("/")[0] + "/*", offer)
    found = [
        (ranges.index(media), -place, quality)
        for place, (media, quality) in enumerate(accepted)
        if media in ranges
    ]
    exactness, place, quality = max(found, default=(0, 0, 0.0))
    return quality, exactness, place


async def _asked(request: Request) -> Asked:
    given = await _posted(request) if request.method == "POST" else _queried(request)
    query = given.get("query")
    if not isinstance(query, str):
        raise _bad("`query` must be given, as a string.")
    name = given.get("operationName")
    if not isinstance(name, str | None):
        raise _bad("`operationName` must be a string.")
    _object_or_null("extensions", given)
    return Asked(query, name, _object_or_null("variables", given))


def _object_or_null(name: str, given: Mapping[str, object]) -> dict[str, object] | None:
    value = given.get(name)
    if not isinstance(value, dict | None):
        raise _bad(f"`{name}` must be a JSON object.")
    return cast("dict[str, object] | None", value)


def _queried(request: Request) -> dict[str, object]:
    """The parameters of a GET; an empty one is as good as none."""
    raw = cast("bytes", request.scope["query_string"])
    try:
        pairs = parse_qsl(raw.decode(), errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise _bad("The query string cannot be read.") from error
    given: dict[str, object] = dict(pairs)
    for name in given.keys() & {"variables", "extensions"}:
        given[name] = _decoded(cast("str", given[name]), f"`{name}` is not valid JSON.")
    return given


async def _posted(request: Request) -> dict[str, object]:
    _check_headers(request.headers)
    raw = await _body(request)
    body = _decoded(raw, "The body is not valid JSON.") if raw.strip() else None
    if not isinstance(body, dict):
        raise _bad("The body must be a JSON object with a `query`.")
    return cast("dict[str, object]", body)


def _check_headers(headers: Headers) -> None:
    media, *parameters = headers.get("content-type", "").lower().replace(" ", "").split(";")
    charsets = {part.replace('"', "") for part in parameters if part.startswith("charset=")}
    if media != JSON or not charsets <= {"charset=utf-8"}:
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"Send the body as {JSON} in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body without compression.")


async def _body(request: Request) -> bytes:
    """At most `MAX_BODY_BYTES`: what Content-Length says may only refuse earlier."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 15 or int(declared) > MAX_BODY_BYTES):
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> Refused:
    # The rest of the body is never read, so the connection is of no more use.
    return Refused(413, "PAYLOAD_TOO_LARGE", TOO_LARGE, {"Connection": "close"})


def _decoded(raw: bytes | str, complaint: str) -> object:
    """Parsed JSON; orjson itself refuses lone surrogates, NaN and infinite numbers."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _bad(complaint) from error
    _check_extremes(value)
    return value


def _check_extremes(value: object) -> None:
    level = [value]
    for _ in range(MAX_JSON_DEPTH + 1):
        if not level:
            return
        if not all(_fits(item) for item in level):
            raise _bad("A number does not fit in 64 bits.")
        level = [child for item in level for child in _children(item)]
    raise _bad(f"The JSON is nested more than {MAX_JSON_DEPTH} levels deep.")


def _fits(item: object) -> bool:
    # orjson reads integers beyond 64 bits as floats, so floats are held to the same range.
    if isinstance(item, float):
        return abs(item) < 2**63
    return not isinstance(item, int) or -(2**63) <= item < 2**63


def _children(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else ()


def _bad(message: str) -> Refused:
    return Refused(400, "BAD_REQUEST", message)
