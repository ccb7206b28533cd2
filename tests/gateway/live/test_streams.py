"""Subscriptions as HTTP responses: Server-Sent Events and multipart."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest

from gateway.live import streaming
from tests.gateway.live.board import TICKS, application, happens
from tests.gateway.serving import served

pytestmark = pytest.mark.asyncio(loop_scope="package")

SSE = "text/event-stream"
MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
APOLLO = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


class Reading:
    """A response that goes on."""

    def __init__(self, response: httpx2.Response) -> None:
        self.headers = response.headers
        self.status = response.status_code
        self._chunks = response.aiter_raw()
        self._text = ""

    async def until(self, end: str) -> str:
        """What comes next, up to and with `end`."""
        async with asyncio.timeout(10):
            while end not in self._text:
                self._text += (await anext(self._chunks)).decode()
        read, _, rest = self._text.partition(end)
        self._text = rest
        return read + end

    async def rest(self) -> str:
        async with asyncio.timeout(10):
            async for chunk in self._chunks:
                self._text += chunk.decode()
        return self._text


@asynccontextmanager
async def streaming_from(address, query=TICKS, *, accept=SSE, method="POST", headers=None, **given):
    body = {"query": query, **given}
    sent = {"params": body} if method == "GET" else {"json": body}
    async with (
        httpx2.AsyncClient(timeout=10) as client,
        client.stream(
            method, f"{address}/graphql", headers={"accept": accept, **(headers or {})}, **sent
        ) as response,
    ):
        yield Reading(response)


async def posted(address, query, accept, method="POST"):
    async with httpx2.AsyncClient(timeout=10) as client:
        sent = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
        return await client.request(
            method, f"{address}/graphql", headers={"accept": accept}, **sent
        )


# Server-Sent Events


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_events_have_the_cursor_as_their_id(address, board, method):
    async with streaming_from(address, method=method) as body:
        heard = await board.subscriber()

        heard.say("one", "c1")
        heard.say("two")
        heard.end()

        assert body.status == 200
        assert body.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert body.headers["cache-control"] == "no-store"
        assert body.headers["x-accel-buffering"] == "no"
        assert await body.rest() == (
            'id: c1\nevent: next\ndata: {"data":{"ticks":"one"}}\n\n'
            'event: next\ndata: {"data":{"ticks":"two"}}\n\n'
            "event: complete\ndata:\n\n"
        )
        await happens(heard.left)


async def test_the_last_event_id_is_where_to_go_on(address, board):
    async with streaming_from(address, headers={"last-event-id": "c7"}):
        assert (await board.subscriber()).wanted.after == "c7"


async def test_an_event_is_sent_at_once(address, board):
    async with streaming_from(address) as body:
        heard = await board.subscriber()
        for text in ("one", "two"):
            heard.say(text)

            assert text in await body.until("\n\n")


async def test_silence_is_broken_by_a_comment(address, board, monkeypatch):
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.05)
    async with streaming_from(address) as body:
        heard = await board.subscriber()

        assert await body.until("\n\n") == ":\n\n"
        assert await body.until("\n\n") == ":\n\n"
        heard.say("one")
        assert "one" in await body.until("\n\n")


async def test_errors_are_the_last_event_but_one(address, board):
    async with streaming_from(address) as body:
        heard = await board.subscriber()

        heard.end({"message": "Too slow."})

        assert await body.rest() == (
            'event: next\ndata: {"errors":[{"message":"Too slow."}]}\n\nevent: complete\ndata:\n\n'
        )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { ticks(of: 1) }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_request_error_is_an_event(address, query, code):
    async with streaming_from(address, query) as body:
        text = await body.rest()

        assert body.status == 200
        assert text.startswith('event: next\ndata: {"errors":[')
        assert code in text
        assert text.endswith("\n\nevent: complete\ndata:\n\n")


async def test_a_refused_subscription_is_an_event(address):
    async with streaming_from(address, variables={"of": "refused"}) as body:
        assert '"FORBIDDEN"' in await body.rest()


async def test_a_fault_is_masked(address, board):
    async with streaming_from(address, variables={"of": "broken"}) as body:
        text = await body.rest()

        assert body.status == 500
        assert "password" not in text
        assert len(board.reported) == 1


async def test_a_query_may_be_asked_for_as_events(address):
    for query, data in (
        ("{ me }", '{"me":"anonymous"}'),
        ("mutation { rename }", '{"rename":"done"}'),
    ):
        response = await posted(address, query, SSE)

        assert response.text == (
            f'event: next\ndata: {{"data":{data}}}\n\nevent: complete\ndata:\n\n'
        )
        assert response.headers["content-length"]


async def test_no_mutation_by_get(address):
    response = await posted(address, "mutation { rename }", SSE, "GET")

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_bad_token_is_no_stream(address):
    async with streaming_from(address, headers={"authorization": "Bearer x"}) as body:
        assert body.status == 401
        assert body.headers["content-type"].startswith("application/json")


# Who asks for what


@pytest.mark.parametrize("accept", [URQL, APOLLO, f"{SSE}, application/json;q=0.1"])
async def test_a_query_is_answered_in_one_piece_where_that_will_do(address, accept):
    response = await posted(address, "{ me }", accept)

    assert response.headers["content-type"].startswith("application/")
    assert response.json() == {"data": {"me": "anonymous"}}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (URQL, "text/event-stream; charset=utf-8"),
        ("text/event-stream, multipart/mixed", "text/event-stream; charset=utf-8"),
        (APOLLO, MULTIPART),
        ('multipart/mixed; boundary="-"; subscriptionSpec="1.0", text/event-stream', MULTIPART),
        (
            "multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream",
            "text/event-stream; charset=utf-8",
        ),
    ],
)
async def test_a_subscription_is_a_stream_where_one_is_accepted(address, board, accept, media):
    async with streaming_from(address, accept=accept) as body:
        assert body.headers["content-type"] == media
        (await board.subscriber()).end()
        await body.rest()


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, multipart/mixed"])
async def test_a_subscription_is_refused_where_no_stream_is_accepted(address, accept):
    response = await posted(address, TICKS, accept)

    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "SUBSCRIPTION_NOT_SUPPORTED"}
    assert SSE in error["message"]
    assert "graphql-transport-ws" in error["message"]


async def test_without_streams_there_are_no_subscriptions(board):
    async with served(application(board, is_live=False)) as address:
        for accept in ("application/json", SSE):
            response = await posted(address, TICKS, accept)

            assert "SUBSCRIPTION_NOT_SUPPORTED" in response.text


async def test_head_opens_nothing(address, board):
    async with httpx2.AsyncClient(timeout=10) as client:
        response = await client.head(
            f"{address}/graphql", params={"query": TICKS}, headers={"accept": SSE}
        )

    assert response.status_code == 200
    assert board.heard.empty()


# Multipart


async def test_each_part_is_followed_by_the_boundary_that_ends_it(address, board):
    async with streaming_from(address, accept=APOLLO) as body:
        heard = await board.subscriber()
        assert await body.until("graphql") == "\r\n--graphql"

        heard.say("one", "c1")
        assert await body.until("--graphql") == (
            '\r\ncontent-type: application/json\r\n\r\n{"payload":{"data":{"ticks":"one"}}}'
            "\r\n--graphql"
        )
        heard.end()

        assert await body.rest() == "--\r\n"


async def test_silence_is_broken_by_an_empty_part(address, board, monkeypatch):
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.05)
    async with streaming_from(address, accept=APOLLO) as body:
        await board.subscriber()

        assert (await body.until("{}")).endswith("\r\n\r\n{}")


async def test_a_fatal_part_ends_it(address, board):
    async with streaming_from(address, accept=APOLLO) as body:
        (await board.subscriber()).end({"message": "Too slow."})

        assert '{"payload":null,"errors":[{"message":"Too slow."}]}\r\n--graphql--\r\n' in (
            await body.rest()
        )


async def test_a_request_error_is_a_part(address):
    async with streaming_from(address, accept=APOLLO, variables={"of": "refused"}) as body:
        text = await body.rest()

        assert '{"payload":{"errors":[{"message":"Not yours."' in text
        assert text.endswith("\r\n--graphql--\r\n")
