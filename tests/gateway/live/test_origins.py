"""A page of another site gets no socket and no stream, unless it is on the list."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.gateway.live.board import TICKS, application, dialled, talking
from tests.gateway.live.test_streams import APOLLO, SSE, streaming_from
from tests.gateway.serving import served

pytestmark = pytest.mark.asyncio(loop_scope="package")

SHOP = "https://shop.example"
OTHERS = [SHOP, "null", "http://127.0.0.1:1", ""]


@pytest.mark.parametrize("origin", OTHERS)
async def test_a_page_of_another_site_gets_no_socket(address, board, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with dialled(address, additional_headers={"origin": origin}):
            pass

    assert refused.value.response.status_code == 403
    assert board.heard.empty()


@pytest.mark.parametrize("accept", [SSE, APOLLO])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("origin", OTHERS)
async def test_a_page_of_another_site_gets_no_stream(address, board, origin, method, accept):
    asked = {"method": method, "accept": accept, "headers": {"origin": origin}}
    async with streaming_from(address, **asked) as body:
        assert body.status == 403
        assert '"FORBIDDEN"' in await body.rest()

    assert board.heard.empty()


async def test_a_page_from_here_gets_both(address, board):
    async with talking(address, origin=address):
        pass
    async with streaming_from(address, headers={"origin": address}) as body:
        assert body.status == 200
        (await board.subscriber()).end()


@pytest.mark.parametrize(
    ("origin", "is_served"),
    [(SHOP, True), (f"{SHOP}:444", False), ("http://shop.example", False), (f"{SHOP}.evil", False)],
)
async def test_only_what_is_on_the_list_is_let_in(board, origin, is_served):
    async with served(application(board, origins={SHOP})) as address:
        try:
            async with talking(address, origin=origin) as talk:
                await talk.ask("a", TICKS)
                await board.subscriber()
            was_served = True
        except InvalidStatus:
            was_served = False
        async with streaming_from(address, headers={"origin": origin}) as body:
            streamed = body.status == 200
            if streamed:
                (await board.subscriber()).end()

    assert (was_served, streamed) == (is_served, is_served)
