"""The clients that front ends are written with, against our transports."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager

import pytest
import uvicorn

from domain.errors import Unavailable
from gateway import auth
from gateway.identity.admission import Admission
from gateway.serving import configured
from tests import node
from tests.gateway.live.board import application
from tests.gateway.serving import served

pytestmark = pytest.mark.asyncio(loop_scope="package")

CLIENTS = ["graphql-ws", "graphql-sse", "apollo-multipart", "apollo-ws", "urql", "urql-ws"]

TICKS = "subscription { ticks }"
REFUSED = 'subscription { ticks(of: "refused") }'


async def heard_by(client, address, *operations):
    out = await node.run("subscriptions.mjs", client, f"{address}/graphql", *operations)
    return [json.loads(line) for line in out.splitlines()]


def greet(heard):
    heard.say("one", "c1")
    heard.say("two é", "c2")
    heard.end()


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_asks_and_hears(address, board, client):
    board.greet = greet

    me, renamed, ticks = await heard_by(client, address, "{ me }", "mutation { rename }", TICKS)

    assert [result["data"] for result in me["results"]] == [{"me": "support"}]
    assert [result["data"] for result in renamed["results"]] == [{"rename": "done"}]
    assert [result["data"] for result in ticks["results"]] == [{"ticks": "one"}, {"ticks": "two é"}]
    assert "error" not in ticks
    assert (await board.subscriber()).wanted.viewer.role == "support"


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_learns_why_it_is_refused(address, client):
    (refused,) = await heard_by(client, address, REFUSED)

    assert "Not yours." in json.dumps(refused)


@asynccontextmanager
async def serving(board, listening):
    server = uvicorn.Server(configured(application(board), lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await running


@pytest.mark.parametrize("client", ["graphql-ws", "graphql-sse", "apollo-ws", "urql-ws"])
async def test_a_client_comes_back_when_the_server_restarts(board, client):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        async with serving(board, listening):
            hearing = asyncio.create_task(heard_by(client, f"http://127.0.0.1:{address[1]}", TICKS))
            (await board.subscriber()).say("one")
    with socket.create_server(address) as listening:
        async with serving(board, listening):
            again = await board.subscriber()
            again.say("two")
            again.end()
            (ticks,) = await hearing

    assert [result["data"]["ticks"] for result in ticks["results"]] == ["one", "two"]


@pytest.mark.parametrize("client", ["graphql-ws", "apollo-ws", "urql-ws"])
async def test_a_client_comes_again_until_somebody_knows_who_it_is(board, client):
    asked = []

    async def who(authorization):
        asked.append(authorization)
        if len(asked) < 3:
            raise Unavailable("Not now.")
        return Admission(auth.viewer(authorization))

    board.greet = greet
    async with served(application(board, who=who)) as address:
        (ticks,) = await heard_by(client, address, TICKS)

    assert [result["data"]["ticks"] for result in ticks["results"]] == ["one", "two é"]
    assert len(asked) == 3


async def test_apollo_over_http_is_told_that_the_server_restarts(board):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with serving(board, listening):
            hearing = asyncio.create_task(heard_by("apollo-multipart", address, TICKS))
            (await board.subscriber()).say("one")
        (ticks,) = await hearing

    assert "The server restarts; subscribe again." in json.dumps(ticks)
