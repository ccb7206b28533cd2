"""Calls to channels end in time and within bounds, whatever the channel does."""

from __future__ import annotations

import asyncio
import gzip
import socket
from contextlib import asynccontextmanager, suppress
from time import monotonic

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from adapters.http import MOST_BYTES, HttpTransport, client
from adapters.http.breaker import FAILURES, Breaker
from adapters.http.budget import Budget
from domain.channels import deadlines
from domain.channels.answers import Trouble
from domain.ports.channels import Call, CallFailed
from tests.gateway.serving import served

GET = Call(method="GET", path="/", is_repeatable=True)
POST = Call(method="POST", path="/", body=b"{}")


@asynccontextmanager
async def asking(answer, *, deadline: float = 10.0, allows_loopback: bool = True):
    """A transport to a server that answers like this, and what the server was asked."""
    asked: list[Request] = []

    async def endpoint(request: Request) -> Response:
        asked.append(request)
        found = answer(len(asked))
        return await found if asyncio.iscoroutine(found) else found

    app = Starlette(routes=[Route("/{path:path}", endpoint, methods=["GET", "POST"])])
    async with served(app) as url, client(allows_loopback=allows_loopback) as http:
        yield HttpTransport(http, url, deadline=deadline), asked


async def trouble(transport: HttpTransport, call: Call = GET) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        await transport.ask(call)
    return failed.value


async def test_an_answer_is_given_as_it_came():
    async with asking(lambda _: PlainTextResponse("hello", 404, {"x-left": "3"})) as (found, asked):
        reply = await found.ask(Call(method="GET", path="/a", query=[("b", "c d")]))

    assert (reply.status, reply.body, reply.headers["x-left"]) == (404, b"hello", "3")
    assert str(asked[0].url).endswith("/a?b=c+d")
    assert asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(("call", "times"), [(GET, 3), (POST, 1)])
async def test_only_what_may_be_repeated_is(call, times):
    async with asking(lambda _: Response(status_code=503)) as (found, asked):
        assert (await trouble(found, call)).trouble is Trouble.UNAVAILABLE
    assert len(asked) == times


async def test_the_second_try_may_succeed():
    def answer(n: int) -> Response:
        return Response(status_code=503) if n == 1 else PlainTextResponse("there")

    async with asking(answer) as (found, _):
        assert (await found.ask(GET)).body == b"there"


async def test_a_channel_that_hangs_costs_one_deadline():
    async def hang() -> Response:
        await asyncio.sleep(3600)
        return Response()

    async with asking(lambda _: hang(), deadline=0.3) as (found, asked):
        assert (await trouble(found)).trouble is Trouble.TIMEOUT
    assert len(asked) == 1


async def test_all_calls_of_a_request_share_its_deadline():
    async def hang() -> Response:
        await asyncio.sleep(3600)
        return Response()

    async with asking(lambda _: hang()) as (found, asked):
        with deadlines.within(0.3):
            before = monotonic()
            for _ in range(5):
                assert (await trouble(found)).trouble is Trouble.TIMEOUT
            took = monotonic() - before
    assert len(asked) == 1
    assert took < 10.0  # which each of them would take alone


async def test_a_slow_drip_is_cut_off():
    async def drip():
        while True:
            yield b"x"
            await asyncio.sleep(0.05)

    async with asking(lambda _: StreamingResponse(drip()), deadline=0.5) as (found, _):
        assert (await trouble(found)).trouble is Trouble.TIMEOUT


async def test_an_answer_without_end_is_cut_off():
    async def flood():
        while True:
            await asyncio.sleep(0)  # who has gone away is written to without a pause
            yield b"x" * 2**20

    async with asking(lambda _: StreamingResponse(flood())) as (found, _):
        failed = await trouble(found)
    assert failed.trouble is Trouble.BAD_DATA
    assert str(MOST_BYTES) in failed.why


async def test_a_bomb_is_not_opened():
    bomb = gzip.compress(b"0" * 2**28)
    answer = Response(bomb, headers={"content-encoding": "gzip"})
    async with asking(lambda _: answer) as (found, _):
        assert (await trouble(found)).trouble is Trouble.BAD_DATA


async def test_an_answer_of_too_many_values_is_not_read():
    body = b"[" + b"0," * 300_000 + b"0]"
    async with asking(lambda _: Response(body)) as (found, _):
        assert (await trouble(found)).trouble is Trouble.BAD_DATA


@asynccontextmanager
async def saying(lines):
    """A transport to a server that says these bytes, whatever it is asked."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            async for line in lines():
                writer.write(line)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, client(allows_loopback=True) as http:
        yield HttpTransport(http, f"http://127.0.0.1:{port}", deadline=0.5)


async def test_headers_without_end_are_not_read():
    sent = 0

    async def flood():
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            sent += 1
            yield b"x-%d: %s\r\n" % (sent, b"y" * 8_000)

    async with saying(flood) as found:
        assert (await trouble(found, POST)).trouble is Trouble.UNAVAILABLE
    assert sent < 2_000  # 16 MB, most of it in the buffers of two sockets


async def test_headers_that_drip_are_cut_off():
    async def drip():
        yield b"HTTP/1.1 200 OK\r\nx: "
        while True:
            yield b"y"
            await asyncio.sleep(0.05)

    async with saying(drip) as found:
        assert (await trouble(found, POST)).trouble is Trouble.TIMEOUT


@pytest.mark.parametrize("said", ["GZIP", "gzip, identity", "br", "x-unheard-of"])
async def test_no_kind_of_compression_is_taken(said):
    answer = Response(b"[]", headers={"content-encoding": said})
    async with asking(lambda _: answer) as (found, _):
        assert (await trouble(found)).trouble is Trouble.BAD_DATA


async def test_a_bomb_that_is_not_told_as_one_stays_as_small_as_it_came():
    bomb = gzip.compress(b"0" * 2**28)
    async with asking(lambda _: Response(bomb)) as (found, _):
        assert (await found.ask(GET)).body == bomb


async def test_nobody_sends_us_elsewhere():
    async with asking(lambda _: RedirectResponse("http://127.0.0.1:1/")) as (found, asked):
        assert (await trouble(found)).trouble is Trouble.BAD_DATA
    assert len(asked) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_not_taken_is_told_as_such(status):
    async with asking(lambda _: Response(status_code=status)) as (found, asked):
        assert (await trouble(found)).trouble is Trouble.AUTH
    assert len(asked) == 1


async def test_who_is_asked_too_often_is_left_alone():
    too_often = Response(status_code=429, headers={"retry-after": "60"})
    async with asking(lambda _: too_often) as (found, asked):
        assert (await trouble(found)).retry_after == 60
        later = await trouble(found)
    assert later.trouble is Trouble.RATE_LIMITED
    assert len(asked) == 1


async def test_what_a_channel_allows_is_kept():
    async with asking(lambda _: Response()) as (found, asked):
        found.allow(2, 0.0)
        await found.ask(GET)
        await found.ask(GET)
        assert (await trouble(found)).trouble is Trouble.RATE_LIMITED
    assert len(asked) == 2


async def test_who_fails_time_and_again_is_not_asked_for_a_while():
    async with asking(lambda _: Response(status_code=500)) as (found, asked):
        for _ in range(FAILURES + 3):
            await trouble(found, POST)
    assert len(asked) == FAILURES


async def test_a_name_that_leads_inside_is_not_called(monkeypatch):
    async def resolved(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved, raising=False)
    async with client(allows_loopback=True) as http:
        failed = await trouble(HttpTransport(http, "https://api.example.com"), POST)
    assert failed.trouble is Trouble.UNAVAILABLE


async def test_in_production_loopback_is_not_called():
    async with asking(lambda _: Response(), allows_loopback=False) as (found, asked):
        assert (await trouble(found, POST)).trouble is Trouble.UNAVAILABLE
    assert asked == []


async def test_what_is_cut_off_by_us_is_no_failure_of_theirs():
    came = asyncio.Semaphore(0)

    async def hang() -> Response:
        came.release()
        await asyncio.sleep(3600)
        return Response()

    async with asking(lambda n: hang() if n <= FAILURES + 1 else Response()) as (found, _):
        for _ in range(FAILURES + 1):
            waiting = asyncio.ensure_future(found.ask(POST))
            await came.acquire()
            waiting.cancel()
            await asyncio.wait([waiting])
        assert (await found.ask(POST)).status == 200


def test_a_breaker_lets_one_try_and_opens_for_longer():
    now = [0.0]
    found = Breaker(lambda: now[0])
    for _ in range(FAILURES):
        assert found.closed_for() == 0
        found.failed()
    assert found.closed_for() == 1.0
    now[0] = 1.0
    assert found.closed_for() == 0
    assert found.closed_for() > 0  # one tries already
    found.failed()
    now[0] = 2.5
    assert found.closed_for() > 0
    now[0] = 3.0
    assert found.closed_for() == 0
    found.succeeded()
    assert [found.closed_for() for _ in range(3)] == [0, 0, 0]


def test_a_budget_fills_up_by_itself():
    now = [0.0]
    found = Budget(lambda: now[0])
    assert found.take() == 0
    found.allow(1, 2.0)
    assert (found.take(), found.take()) == (0, 0.5)
    now[0] = 0.5
    assert found.take() == 0


def test_each_who_waits_is_told_a_turn_of_their_own():
    now = [0.0]
    found = Budget(lambda: now[0])
    found.allow(1, 10.0)
    waits = [found.take() for _ in range(6)]
    assert waits == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])

    for wait in waits[1:]:
        now[0] = wait
        assert found.take() == 0


def test_who_gives_up_makes_nobody_wait_longer():
    now = [0.0]
    found = Budget(lambda: now[0])
    found.allow(0, 10.0)
    waits = [found.take() for _ in range(1_000)]

    assert max(waits) < 2.2
    now[0] = 1.0
    assert [found.take() for _ in range(10)] == [0] * 10


def test_the_client_keeps_to_itself():
    found = client(allows_loopback=False)
    assert isinstance(found, httpx2.AsyncClient)
    assert (found.follow_redirects, found.trust_env) == (False, False)
