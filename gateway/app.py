"""The web application: which path leads where."""

from __future__ import annotations

from asyncio import gather
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from domain.errors import KassaError
from domain.ports import Repositories, Stores
from domain.ports.following import Following
from gateway import auth, explaining, logs, pages, registering
from gateway.answering import Graph
from gateway.contexts import contexts
from gateway.edge import Edge
from gateway.execution.engine import Engine
from gateway.graphql import GraphQLEndpoint
from gateway.limits.accounts import Accounts
from gateway.live.hub import Hub, Parts
from gateway.live.sockets import Sockets
from gateway.settings import Settings
from gateway.trusted import OUTSIDE, Library
from gateway.wiring import WIRING
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
    following: Following | None = None,
    accounts: Accounts | None = None,
    lifespan: Lifespan | None = None,
) -> Starlette:
    """Put the routes together.

    `checks` name the dependencies that `/readyz` asks after. Without `following` there are no
    subscriptions, without `accounts` nobody counts what clients cost.
    """
    graph = _graph(settings, view, repositories, stores, accounts)
    hub = Hub(Parts(graph, following, repositories)) if following else None
    graph.streams = hub
    page = pages.page if settings.is_development else None
    routes: list[BaseRoute] = [
        Route("/graphql", GraphQLEndpoint(graph, page=page)),
        WebSocketRoute("/graphql", Sockets(graph, settings.origins)),
        Route("/livez", _alive),
        Route("/readyz", _ready(checks)),
        *(pages.routes(page_config) if settings.is_development else ()),
    ]
    edge = Middleware(Edge, origins=settings.origins, hosts=settings.hosts)
    return Starlette(routes=routes, lifespan=_living(lifespan, hub), middleware=[edge])


def _living(lifespan: Lifespan | None, hub: Hub | None) -> Lifespan:
    """While the application lives, its subscribers are told."""

    @asynccontextmanager
    async def living(application: Starlette) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            if lifespan:
                await stack.enter_async_context(lifespan(application))
            if hub:
                await stack.enter_async_context(hub.running())
            yield

    return living


def _graph(
    settings: Settings,
    view: View,
    repositories: Repositories,
    stores: Stores,
    accounts: Accounts | None,
) -> Graph:
    return Graph(
        Engine(view.core, WIRING, suggests=settings.is_development),
        who=auth.viewer if settings.is_development else auth.visitor,
        context=contexts(view, repositories, stores, settings.country),
        explain=explaining.shown if settings.is_development else None,
        accounts=accounts,
        library=Library(
            registering.read(settings.documents), OUTSIDE if settings.binds_visitors else ()
        ),
        hides_schema=not settings.is_development,
        report=logs.report,
    )


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
