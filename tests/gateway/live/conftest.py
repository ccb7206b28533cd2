"""The toy graph's subscriptions behind a real uvicorn, in the event loop that it runs in."""

import pytest
import pytest_asyncio
import uvloop

from tests.gateway.live.board import Board, application
from tests.gateway.serving import served


def pytest_asyncio_loop_factories():
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def board():
    return Board()


@pytest_asyncio.fixture(loop_scope="package")
async def address(board):
    async with served(application(board)) as address:
        yield address
