"""The web application over a database that is there, as the settings say."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette

from gateway import app
from gateway.settings import Settings
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores


def application(database: Database, settings: Settings | None = None, **parts: Any) -> Starlette:
    """Everything that users come to; `parts` are other arguments of `app.build`."""
    return app.build(
        settings or Settings(),
        views.unified(),
        MongoRepositories(database),
        MongoStores(database),
        **{"checks": {}, "page_config": dict, **parts},
    )
