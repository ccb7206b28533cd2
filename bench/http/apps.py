"""Kassa's own graph behind HTTP with one viewer and no page: what the bare figures measure."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.routing import Route

from domain.viewer import Role, Viewer
from gateway import bootstrap, logs
from gateway.answering import Graph
from gateway.contexts import contexts
from gateway.execution.engine import Engine
from gateway.graphql import GraphQLEndpoint
from gateway.identity.admission import plainly
from gateway.wiring import WIRING
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores

CLERK = Viewer(Role.CLERK)
COUNTRY = "SE"


def kassa() -> Starlette:
    """As the product executes."""
    return _application(partial(Engine, wiring=WIRING))


def kassa_graphql_core() -> Starlette:
    """The same graph, executed by graphql-core."""
    return _application(Engine)


def _application(engine: Callable[[GraphQLSchema], Engine]) -> Starlette:
    logs.configure(for_people=True)
    view = views.unified()
    database = Database(os.environ["KASSA_MONGODB_URL"], os.environ["KASSA_MONGODB_DATABASE"])
    repositories, stores = MongoRepositories(database), MongoStores(database)
    graph = Graph(
        engine(view.core),
        who=plainly(lambda _: CLERK),
        context=contexts(view, repositories, stores, COUNTRY),
    )
    bootstrap.keep_what_is_there()
    return Starlette(routes=[Route("/graphql", GraphQLEndpoint(graph))])
