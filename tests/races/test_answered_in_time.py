"""An answer comes in time, whatever becomes of the request; and it does become something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import Any

import pytest
from msgspec.structs import replace

from commands import patience, running
from commands.stock.reservations import RESERVE, ReserveStock
from domain.errors import Unavailable
from domain.ports import Busy
from domain.stock import ReservationLine
from domain.viewer import SYSTEM
from gateway.embedded import Embedded
from storage.mongo.claims import CLAIMS
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores
from tests.races.interrupting import Interrupting
from tests.trading import (
    LONG_AGO,
    MUG,
    Trading,
    gateway,
    more,
    mugs,
    place,
    tender,
    text_of,
)
from tests.trading import SYSTEM as SYSTEM_TOKEN

ARGUMENTS = ReserveStock((ReservationLine(MUG, place(0), 1),))
KEY = "a-key"


async def ask(stores: Any, command: Any = RESERVE) -> Any:
    return await running.run(stores, command, SYSTEM, KEY, ARGUMENTS)


async def never(*_: object, **__: object) -> Any:
    await asyncio.Event().wait()


async def silent(*_: object, **__: object) -> Any:
    raise Unavailable("The database does not answer in time.")


class Replacing(Interrupting):
    """Stores that do something else where claims are asked one thing."""

    def __init__(self, stores: MongoStores, name: str, call: Callable[..., Any]) -> None:
        super().__init__(stores, at=10**6, stop=never)
        setattr(self.claims, name, call)


async def test_what_takes_too_long_goes_on_and_its_answer_is_kept(stall: Trading, monkeypatch):
    monkeypatch.setattr(running, "ANSWER_WITHIN_SECONDS", 0.1)
    awake = asyncio.Event()

    async def slowly(*given: Any) -> Any:
        await awake.wait()
        return await RESERVE.act(*given)

    told = await ask(stall.stores, replace(RESERVE, act=slowly))
    awake.set()
    done = await ask(stall.stores)

    assert [each.reason for each in told.refusals] == ["IN_PROGRESS"]
    assert (bool(done.value), done.replayed) == (True, True)
    assert await stall.numbers() == (9, 1, 0)


async def test_who_goes_away_does_not_stop_it(stall: Trading):
    begun, awake = asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> Any:
        begun.set()
        await awake.wait()
        return await RESERVE.act(*given)

    asked = asyncio.create_task(ask(stall.stores, replace(RESERVE, act=slowly)))
    await begun.wait()
    asked.cancel()
    awake.set()

    assert (await ask(stall.stores)).replayed
    assert await stall.numbers() == (9, 1, 0)


async def test_what_breaks_when_nobody_waits_any_more_is_logged(caplog):
    async def breaks() -> None:
        await asyncio.sleep(0.01)
        raise LookupError

    with pytest.raises(patience.NotYet):
        await patience.within(0.001, breaks())
    await asyncio.sleep(0.05)

    assert [each.exc_info[0] for each in caplog.records] == [LookupError]


async def test_a_claim_that_cannot_be_let_go_keeps_nobody_waiting(stall: Trading, monkeypatch):
    monkeypatch.setattr(running, "LETTING_GO_SECONDS", 0.05)

    with pytest.raises(Unavailable):
        await ask(Replacing(stall.stores, "let_go", never), replace(RESERVE, act=silent))


async def test_an_answer_that_cannot_be_kept_is_found_out_at_once(stall: Trading):
    with pytest.raises(Unavailable):
        await ask(Replacing(stall.stores, "settle", silent))

    assert (await ask(stall.stores)).value
    assert await stall.numbers() == (9, 1, 0)


async def test_a_copy_counts_the_time_that_looking_takes(stall: Trading, monkeypatch):
    monkeypatch.setattr(running, "WAIT_SECONDS", 0.2)
    looks: list[float] = []

    async def look(*_: object) -> Busy:
        looks.append(monotonic())
        await asyncio.sleep(0.15)
        return Busy.IN_PROGRESS

    told = await ask(Replacing(stall.stores, "claim", look))

    assert [each.reason for each in told.refusals] == ["IN_PROGRESS"]
    assert len(looks) == 2


@pytest.fixture
async def lonely(stall: Trading, servers: Embedded) -> AsyncIterator[Database]:
    """The shop's database, as a primary has it that has lost its majority.

    Two members of one must acknowledge what is written: it is there, and nobody knows.
    """
    found = Database(servers.mongodb_url or "", stall.database.name, w=2)
    yield found
    await found.close()


ASKED = {
    "adjustStock": {"changes": [more(3)]},
    "reserveStock": {"lines": [mugs(1)]},
    "recordPayment": tender(),
}


@pytest.mark.parametrize("mutation", ASKED)
async def test_what_no_majority_acknowledged_is_unavailable_and_the_same_key_finds_out(
    stall: Trading, lonely: Database, mutation: str
):
    given = {"idempotencyKey": KEY, **ASKED[mutation]}
    async with gateway(lonely) as alone:
        answer = await alone.post(text_of(mutation), SYSTEM_TOKEN, input=given)
    await stall.database.change_all(CLAIMS.name, {}, {"$set": {"claimed_at": LONG_AGO}})

    done = await stall.do(mutation, **given)
    again = await stall.do(mutation, **given)

    assert {each["extensions"]["code"] for each in answer["errors"]} == {"UNAVAILABLE"}
    assert (done["userErrors"], again["replayed"]) == ([], True)
    assert len(await stall.told()) == 1


async def test_a_claim_of_which_nobody_heard_is_let_go(stall: Trading, lonely: Database):
    stores = MongoStores(lonely)
    with pytest.raises(Unavailable):
        await ask(stores)

    with pytest.raises(Unavailable):  # it is let go, and not even that is acknowledged
        await stores.claims.abandoned(1)
    done = await ask(stall.stores)

    assert done.value
    assert await stall.numbers() == (9, 1, 0)
