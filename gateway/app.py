"""The web application: which path leads where."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from domain.errors import KassaError
from domain.ports import Repositories, Stores
from gateway import auth, explaining, logs, pages
from gateway.execution.engine import Engine
from gateway.graphql import PLAN, GraphQLEndpoint
from gateway.settings import Settings
from gateway.wiring import WIRING
from resolvers.context import Context
from schema.views import View

Check = Callable[[], Awaitable[None]]
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]
PageConfig = Mapping[str, object]


def build(
    settings: Settings,
    view: View,
    repositories: Repositories,
    stores: Stores,
    *,
    checks: Mapping[str, Check],
    page_config: Callable[[], PageConfig],
    lifespan: Lifespan | None = None,
) -> Starlette:
    """Put the routes together. `checks` name the dependencies that `/readyz` asks after."""
    who = auth.viewer if settings.is_development else auth.visitor
    explain = explaining.shown if settings.is_development else None

    async def context(request: Request) -> Context:
        is_watched = explain and PLAN in request.headers
        return Context(
            who(request.headers.get("authorization")),
            explaining.Watched(repositories) if is_watched else repositories,
            stores,
            served=view.served,
            now=datetime.now(UTC),
            country=settings.country,
            audit=logs.audit,
        )

    page = pages.page if settings.is_development else None
    graphql = GraphQLEndpoint(
        Engine(view.core, WIRING), context=context, page=page, explain=explain, report=logs.report
    )
    routes: list[BaseRoute] = [
        Route("/graphql", graphql),
        Route("/livez", _alive),
        Route("/readyz", _ready(checks)),
        *(pages.routes(page_config) if settings.is_development else ()),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _alive(_: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("alive\n")


def _ready(checks: Mapping[str, Check]) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_: Request) -> Response:
        """Everything that is needed answers; else, which does not and why."""
        answers = await gather(*(check() for check in checks.values()), return_exceptions=True)
        missing = {
            name: _why(answer)
            for name, answer in zip(checks, answers, strict=True)
            if isinstance(answer, BaseException)
        }
        return JSONResponse(
            {"ready": not missing, "missing": missing}, status_code=503 if missing else 200
        )

    return ready


def _why(error: BaseException) -> str:
    """What anybody may read of a failed check: it may know addresses and passwords."""
    return error.message if isinstance(error, KassaError) else "The check itself failed."
