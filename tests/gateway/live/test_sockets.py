"""What a client may do over one WebSocket."""

import pytest

from tests.gateway.live.board import TICKS, application, dialled, happens, talking
from tests.gateway.serving import served

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_what_happens_is_told_until_it_ends(address, board):
    async with talking(address, "dev.support") as talk:
        await talk.ask("a", TICKS, of="tills")
        heard = await board.subscriber()

        heard.say("one")
        heard.say("two é")
        heard.end()

        said = [await talk.hear() for _ in range(3)]
        assert said == [
            {"id": "a", "type": "next", "payload": {"data": {"ticks": "one"}}},
            {"id": "a", "type": "next", "payload": {"data": {"ticks": "two é"}}},
            {"id": "a", "type": "complete"},
        ]
        assert heard.wanted.variables == {"of": "tills"}
        assert heard.wanted.viewer.role == "support"
        assert heard.left.is_set()


@pytest.mark.parametrize("size", [0, 30, 70, 125, 126, 65_400, 65_535, 70_000, 900_000])
async def test_a_message_of_any_size_arrives(address, board, size):
    async with talking(address) as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()

        heard.say("x" * size)

        assert (await talk.hear())["payload"]["data"]["ticks"] == "x" * size


async def test_queries_and_mutations_are_answered(address):
    async with talking(address, "dev.finance") as talk:
        await talk.ask("q", "{ me }")
        assert await talk.hear() == {
            "id": "q",
            "type": "next",
            "payload": {"data": {"me": "finance"}},
        }
        assert await talk.hear() == {"id": "q", "type": "complete"}

        await talk.ask("q", "mutation { rename }")
        assert (await talk.hear())["payload"] == {"data": {"rename": "done"}}


async def test_an_operation_does_not_wait_for_another(address, board):
    async with talking(address) as talk:
        await talk.ask("slow", "{ held }")
        await talk.ask("quick", "{ me }")
        assert [(await talk.hear())["id"] for _ in range(2)] == ["quick", "quick"]

        board.held.set()

        assert (await talk.hear())["payload"] == {"data": {"held": "let go"}}


async def test_who_completes_a_query_gets_no_answer(address, board):
    async with talking(address) as talk:
        await talk.ask("a", "{ held }")
        await happens(board.begun)
        await talk.tell("complete", id="a")
        await happens(board.cancelled)

        await talk.ask("a", "{ me }")

        assert (await talk.hear())["payload"] == {"data": {"me": "anonymous"}}


async def test_who_completes_a_subscription_has_left_it(address, board):
    async with talking(address) as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()

        await talk.tell("complete", id="a")
        await talk.tell("complete", id="a")
        await talk.tell("complete", id="never")

        await happens(heard.left)
        heard.say("to nobody")
        await talk.tell("ping")
        assert await talk.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "of", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        (TICKS, "refused", "FORBIDDEN"),
        (TICKS, "broken", "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_a_refused_operation_is_an_error_of_its_own(address, board, query, of, code):
    async with talking(address) as talk:
        await talk.ask("a", query, of=of)
        said = await talk.hear()

        assert (said["id"], said["type"]) == ("a", "error")
        assert [error["extensions"]["code"] for error in said["payload"]] == [code]
        assert "password" not in str(said)
        assert len(board.reported) == (of == "broken")
        await talk.ask("a", "{ me }")
        assert (await talk.hear())["payload"] == {"data": {"me": "anonymous"}}


async def test_an_error_of_a_field_is_a_result(address, board):
    async with talking(address) as talk:
        await talk.ask("a", "{ broken }")
        said = await talk.hear()

        assert said["type"] == "next"
        assert said["payload"]["data"] is None
        assert said["payload"]["errors"][0]["path"] == ["broken"]
        assert len(board.reported) == 1


async def test_a_subscription_may_end_in_errors(address, board):
    async with talking(address) as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()
        heard.say("last")
        heard.end({"message": "You are too slow."})

        assert (await talk.hear())["type"] == "next"
        assert await talk.hear() == {
            "id": "a",
            "type": "error",
            "payload": [{"message": "You are too slow."}],
        }


async def test_without_streams_a_subscription_is_an_error(board):
    async with served(application(board, is_live=False)) as address, talking(address) as talk:
        await talk.ask("a", TICKS)

        said = await talk.hear()
        assert said["payload"][0]["extensions"]["code"] == "SUBSCRIPTION_NOT_SUPPORTED"


async def test_twenty_operations_are_enough_for_a_socket(address):
    async with talking(address) as talk:
        for number in range(21):
            await talk.ask(str(number), TICKS)
        said = await talk.hear()
        assert (said["id"], said["type"]) == ("20", "error")
        assert said["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"

        await talk.tell("complete", id="0")
        await talk.ask("20", "{ me }")

        assert (await talk.hear())["payload"] == {"data": {"me": "anonymous"}}


# Who may ask


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_the_token_may_come_with_the_first_message(address, name):
    async with dialled(address) as talk:
        await talk.tell("connection_init", payload={name: "Bearer dev.support"})
        assert await talk.hear() == {"type": "connection_ack"}
        await talk.ask("a", "{ me }")
        assert (await talk.hear())["payload"] == {"data": {"me": "support"}}


async def test_the_token_may_come_as_a_header(address):
    async with talking(address, additional_headers={"authorization": "Bearer dev.support"}) as talk:
        await talk.ask("a", "{ me }")
        assert (await talk.hear())["payload"] == {"data": {"me": "support"}}


async def test_a_bad_token_closes_the_socket(address):
    async with dialled(address) as talk:
        await talk.tell("connection_init", payload={"authorization": "Bearer x"})

        code, reason = await talk.closed()
        assert code == 4401
        assert "development token" in reason
