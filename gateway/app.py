"""The web application: which path leads where."""

from __future__ import annotations

from asyncio import gather
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from domain.errors import KassaError
from domain.ports import Repositories, Stores
from domain.ports.following import Following
from gateway import explaining, logs, pages, registering, upkeep
from gateway.answering import Graph
from gateway.contexts import contexts
from gateway.edge import Edge
from gateway.execution.engine import Engine
from gateway.graphql import GraphQLEndpoint
from gateway.identity.door import Door
from gateway.limits.accounts import Accounts
from gateway.live.hub import Branch, Hub, Parts
from gateway.live.sockets import Sockets
from gateway.settings import Settings
from gateway.trusted import OUTSIDE, Library
from gateway.webhooks import Webhooks
from gateway.wiring import WIRING
from schema import views
from schema.contracts import Contract
from schema.views import View

LOOK_EVERY_SECONDS = 1.0

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
    door: Door | None = None,
    following: Following | None = None,
    accounts: Accounts | None = None,
    webhooks: Webhooks | None = None,
    lifespan: Lifespan | None = None,
) -> Starlette:
    """Put the routes together.

    `checks` name the dependencies that `/readyz` asks after. Without a `door` there are no
    credentials but those for development, without `following` no subscriptions, without
    `accounts` nobody counts what clients cost, and without `webhooks` channels post in vain.
    """
    door = door or Door(is_development=settings.is_development)
    graph, *parts = (
        _graph(settings, each, repositories, stores, door, accounts)
        for each in (view, *_contracts(settings).values())
    )
    hub = Hub(Parts(graph, following, repositories)) if following else None
    graph.streams = hub
    for part in parts:
        part.streams = Branch(hub, part) if hub else None
    page = pages.page if settings.is_development else None
    routes: list[BaseRoute] = [
        Route("/graphql", GraphQLEndpoint(graph, page=page, origins=settings.origins)),
        WebSocketRoute("/graphql", Sockets(graph, settings.origins)),
        *_apart(_contracts(settings), parts, settings.origins),
        *([Route("/webhooks/{endpoint}", webhooks.take, methods=["POST"])] if webhooks else ()),
        Route("/livez", _alive),
        Route("/readyz", _ready(checks)),
        *(pages.routes(page_config) if settings.is_development else ()),
    ]
    edge = Middleware(Edge, origins=settings.origins, hosts=settings.hosts)
    living = _living(lifespan, hub, door, [graph, *parts])
    return Starlette(routes=routes, lifespan=living, middleware=[edge])


def _living(
    lifespan: Lifespan | None, hub: Hub | None, door: Door, graphs: Sequence[Graph]
) -> Lifespan:
    """While the application lives, its subscribers are told."""

    @asynccontextmanager
    async def living(application: Starlette) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(door.close)
            if lifespan:
                await stack.enter_async_context(lifespan(application))
            await stack.enter_async_context(upkeep.running(_watches(door, graphs)))
            if hub:
                await stack.enter_async_context(hub.running())
            yield

    return living


def _watches(door: Door, graphs: Sequence[Graph]) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What sees to it that whoever may no longer ask is no longer told."""
    vigils = {f"vigil {n}": graph.vigil.turn for n, graph in enumerate(graphs)}
    jobs = {"credentials": door.turn, **vigils}
    return {name: (job, LOOK_EVERY_SECONDS) for name, job in jobs.items()}


def _apart(
    names: Iterable[str], graphs: Sequence[Graph], origins: Collection[str]
) -> Iterator[BaseRoute]:
    """The routes of parts of the graph, which have no page."""
    for name, graph in zip(names, graphs, strict=True):
        yield Route(f"/{name}/graphql", GraphQLEndpoint(graph, origins=origins))
        yield WebSocketRoute(f"/{name}/graphql", Sockets(graph, origins))


def _contracts(settings: Settings) -> Mapping[Contract, View]:
    """What audiences are served apart; a subgraph alone serves routers, and nobody else."""
    return {} if settings.subgraph else {each: views.contract(each) for each in Contract}


def _graph(
    settings: Settings,
    view: View,
    repositories: Repositories,
    stores: Stores,
    door: Door,
    accounts: Accounts | None,
) -> Graph:
    return Graph(
        Engine(view.core, WIRING, suggests=settings.is_development),
        who=door.who,
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
