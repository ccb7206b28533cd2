"""A toy graph over HTTP, in process."""

import httpx2
import pytest

from gateway.execution.engine import Engine
from tests.gateway.toy import endpoint, toy


@pytest.fixture(scope="module")
def engine():
    return Engine(toy())


@pytest.fixture
def reported():
    return []


@pytest.fixture
def serve(engine, reported):
    """Makes a client for an endpoint over the toy schema."""

    def client(**options):
        app = endpoint(engine, report=lambda *pair: reported.append(pair), **options)
        transport = httpx2.ASGITransport(app=app)
        return httpx2.AsyncClient(transport=transport, base_url="http://kassa/graphql")

    return client


@pytest.fixture
def client(serve):
    return serve()
