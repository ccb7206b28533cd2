"""GraphQL over HTTP: a request in, one JSON response out.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from domain.errors import KassaError, Unauthenticated
from gateway import reading
from gateway.execution.engine import Engine, Outcome
from gateway.execution.errors import METHOD_NOT_ALLOWED, ErrorDisplay, Public, code_of
from gateway.execution.watching import Watch
from gateway.negotiating import negotiated
from gateway.reading import JSON, Refused

GRAPHQL_RESPONSE = "application/graphql-response+json"
HTML = "text/html"
PLAN = "kassa-plan"
"""The request header that asks for `extensions.plan`."""

logger = logging.getLogger(__name__)


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
        media = negotiated(request.headers, self._offers(request))
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
        reading.check_method(request.method)
        if media is None:
            raise Refused(406, "NOT_ACCEPTABLE", f"Accept {GRAPHQL_RESPONSE} or {JSON}.")
        if self._page and media == HTML:
            return _varying(self._page(request))
        asked = await reading.asked(request)
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
