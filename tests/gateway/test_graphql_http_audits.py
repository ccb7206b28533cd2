"""The 61 audits of graphql-http, an independent reading of GraphQL over HTTP."""

import asyncio
import contextlib
import json
import socket

import pytest
import uvicorn
from graphql import build_schema

from gateway.execution.engine import Engine
from gateway.graphql import GraphQLEndpoint
from tests import node


@pytest.fixture
def app():
    """The app that is audited."""

    async def context(_request):
        return None

    schema = build_schema("type Query { a: Int } type Mutation { b: Int }")
    return GraphQLEndpoint(Engine(schema), context=context)


@pytest.fixture
async def url(app):
    """Where a real uvicorn serves the app."""
    async with _served(app) as port:
        yield f"http://127.0.0.1:{port}/graphql"


async def test_every_audit_is_ok(url):
    audits = json.loads(await node.run("audits.mjs", url))

    wrong = [
        f"{audit['id']} {audit['name']}: {audit['status']}, {audit.get('reason')}"
        for audit in audits
        if audit["status"] != "ok"
    ]
    assert not wrong, "\n".join(wrong)
    assert len(audits) == 61


@contextlib.asynccontextmanager
async def _served(app):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, ws="none", lifespan="off", log_level="warning")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await serving
