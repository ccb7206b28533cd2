"""The web application: which path leads where."""

from __future__ import annotations

from asyncio import gather
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial, reduce
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from commands.channels.asking import Asking
from domain.errors import KassaError
from domain.ports import Repositories, Stores
from domain.ports.following import Following
from gateway import explaining, logs, manifest, pages, upkeep
from gateway.answering import Graph
from gateway.console import config as console
from gateway.console.config import Provider
from gateway.contexts import contexts
from gateway.edge import Edge
from gateway.execution.engine import Engine
from gateway.graphql import GraphQLEndpoint
from gateway.identity.door import Door
from gateway.limits.accounts import Accounts
from gateway.live.hub import Branch, Hub, Parts
from gateway.live.sockets import Sockets
from gateway.observing import NOBODY, Jobs, Layer, Observing
from gateway.seeing import Observer
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


def build(
    settings: Settings,
    view: View,
    repositories: Repositories,
    stores: Stores,
    *,
    checks: Mapping[str, Check],
    page_config: pages.Config,
    providers: Sequence[Provider] = (),
    door: Door | None = None,
    following: Following | None = None,
    accounts: Accounts | None = None,
    webhooks: Webhooks | None = None,
    asking: Asking | None = None,
    lifespan: Lifespan | None = None,
    observing: Observing = NOBODY,
) -> Starlette:
    """Put the routes together.

    `checks` name what `/readyz` asks after, `providers` sign staff in to the console. Without a
    `door` there are no credentials but those for development, without `following` no
    subscriptions, without `accounts` nobody counts what clients cost, without `webhooks`
    channels post in vain, and without `asking` none is asked.
    """
    door = door or Door(is_development=settings.is_development)
    library, observers = _library(settings), observing.operations
    shared = Shared(settings, repositories, stores, door, accounts, asking, library, observers)
    graph = shared.graph(view)
    parts = {name: shared.graph(views.contract(name)) for name in _contracts(settings)}
    graphs = [graph, *parts.values()]
    hub = _subscribed(graphs, Parts(graph, following, repositories)) if following else None
    routes: list[BaseRoute] = [
        *_graphs(graph, parts, settings),
        *([Route("/webhooks/{endpoint}", webhooks.take, methods=["POST"])] if webhooks else ()),
        *_probes(checks),
        *_pages(settings, page_config, providers),
    ]
    edge = partial(Edge, origins=settings.origins, hosts=settings.hosts)
    living = _living(lifespan, hub, door, graphs, observing.jobs(graphs, hub))
    return Application(routes, living, [edge, *observing.around])


class Application(Starlette):
    """Routes in layers, the outermost first.

    A graph is found by its path alone, and answers for all its faults.
    """

    def __init__(
        self, routes: Sequence[BaseRoute], lifespan: Lifespan, around: Sequence[Layer]
    ) -> None:
        super().__init__(routes=routes, lifespan=lifespan)
        self._around = around
        self._graphs = {
            route.path: route.endpoint
            for route in routes
            if isinstance(route, Route) and isinstance(route.endpoint, GraphQLEndpoint)
        }

    def build_middleware_stack(self) -> ASGIApp:
        others, graphs = super().build_middleware_stack(), self._graphs

        def directed(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            graph = graphs.get(scope["path"]) if scope["type"] == "http" else None
            if graph is None:
                return others(scope, receive, send)
            scope["endpoint"] = graph
            return graph(scope, receive, send)

        return reduce(lambda inner, layer: layer(inner), reversed(self._around), directed)


class Shared(NamedTuple):
    """What the whole graph and its contracts have in common."""

    settings: Settings
    repositories: Repositories
    stores: Stores
    door: Door
    accounts: Accounts | None
    asking: Asking | None
    library: Library
    observers: Sequence[Observer]

    def graph(self, view: View) -> Graph:
        settings = self.settings
        return Graph(
            Engine(view.core, WIRING, suggests=settings.is_development),
            who=self.door.who,
            context=contexts(
                view,
                self.repositories,
                self.stores,
                settings.country,
                asking=self.asking,
                seconds=settings.channel_seconds,
            ),
            explain=explaining.shown if settings.is_development else None,
            accounts=self.accounts,
            library=self.library,
            hides_schema=not settings.is_development,
            report=logs.report,
            observers=self.observers,
        )


def _library(settings: Settings) -> Library:
    """The registered documents, and whom they bind."""
    bound = OUTSIDE if settings.binds_visitors else ()
    return Library(manifest.texts(settings.documents), bound)


def _subscribed(graphs: Sequence[Graph], parts: Parts) -> Hub:
    """Subscriptions of all are told by one hub."""
    graph, *others = graphs
    graph.streams = hub = Hub(parts)
    for each in others:
        each.streams = Branch(hub, each)
    return hub


def _page(settings: Settings) -> Callable[[Request], Response] | None:
    """What a browser sees that looks at the graph's own address."""
    return pages.GRAPHIQL.index if settings.is_development else None


def _pages(
    settings: Settings, config: pages.Config, providers: Sequence[Provider]
) -> Iterator[BaseRoute]:
    """The console at the root; GraphiQL in development, and there where no console can be."""
    if settings.is_development:
        yield from pages.GRAPHIQL.routes(config)
    if settings.has_console:
        page = pages.CONSOLE.allowing(provider.origin for provider in providers)
        yield Route("/", page.index)
        yield from page.routes(lambda: console.shown(settings, config, providers))
    elif settings.is_development:
        yield Route("/", pages.GRAPHIQL.index)


def _living(
    lifespan: Lifespan | None,
    hub: Hub | None,
    door: Door,
    graphs: Sequence[Graph],
    jobs: Jobs,
) -> Lifespan:
    """While the application lives, its subscribers are told."""

    @asynccontextmanager
    async def living(application: Starlette) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(door.close)
            if lifespan:
                await stack.enter_async_context(lifespan(application))
            await stack.enter_async_context(upkeep.running({**_watches(door, graphs), **jobs}))
            if hub:
                await stack.enter_async_context(hub.running())
            yield

    return living


def _watches(door: Door, graphs: Sequence[Graph]) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What sees to it that whoever may no longer ask is no longer told."""
    vigils = {f"vigil {n}": graph.vigil.turn for n, graph in enumerate(graphs)}
    jobs = {"credentials": door.turn, **vigils}
    return {name: (job, LOOK_EVERY_SECONDS) for name, job in jobs.items()}


def _graphs(
    graph: Graph, parts: Mapping[Contract, Graph], settings: Settings
) -> Iterator[BaseRoute]:
    """The routes of the graph, and of its parts, which have no page."""
    yield Route("/graphql", GraphQLEndpoint(graph, page=_page(settings), origins=settings.origins))
    yield WebSocketRoute("/graphql", Sockets(graph, settings.origins))
    for name, part in parts.items():
        yield Route(f"/{name}/graphql", GraphQLEndpoint(part, origins=settings.origins))
        yield WebSocketRoute(f"/{name}/graphql", Sockets(part, settings.origins))


def _contracts(settings: Settings) -> Iterable[Contract]:
    """What audiences are served apart; a subgraph alone serves routers, and nobody else."""
    return () if settings.subgraph else Contract


def _probes(checks: Mapping[str, Check]) -> Iterator[BaseRoute]:
    """For who looks after the process: does it run, and may it be asked?"""
    yield Route("/livez", _alive)
    yield Route("/readyz", _ready(checks))


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
