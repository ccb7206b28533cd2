"""A request that comes again is told the same again, and nothing is done twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from commands import running
from commands.stock import reservations
from commands.stock.reservations import ReserveStock
from domain import values
from domain.requests import Request
from domain.stock import ReservationLine
from domain.viewer import SYSTEM
from storage.mongo.claims import ANSWERS, CLAIMS
from tests.trading import CLERKS, MUG, ORDERS, SHOPPERS, counted, more, moved, mugs, place

KEY = "a-key"
ALL = [
    "adjustStock",
    "countStock",
    "transferStock",
    "receiveTransfer",
    "reserveStock",
    "extendReservation",
    "releaseReservation",
    "commitReservation",
]


async def asked(stall, mutation):
    """What to ask with this mutation, and all that has to be there for it."""
    match mutation:
        case "adjustStock":
            return {"changes": [more(3), more(-2, at=1)]}
        case "countStock":
            return {"counts": [counted(7), counted(3, at=1)]}
        case "transferStock":
            return moved(4)
        case "receiveTransfer":
            sent = await stall.do("transferStock", **moved(4))
            return {"transfer": sent["transfer"]["id"], "received": 3}
        case "reserveStock":
            return {"lines": [mugs(3), mugs(2, at=1)]}
    held = {"reservation": await stall.reserved(mugs(3), mugs(2, at=1))}
    more_of_it = {"extendReservation": {"minutes": 60}, "commitReservation": {"order": ORDERS[0]}}
    return {**held, **more_of_it.get(mutation, {})}


async def _forget(stall):
    """Let more than a week go by."""
    for each in (CLAIMS, ANSWERS):
        await stall.database.delete(each.name, {})


def _same(answers):
    """The one answer that all are, whether told again or not."""
    kinds = {msgspec.json.encode({**each, "replayed": None}) for each in answers}
    assert len(kinds) == 1, kinds
    return kinds.pop()


@pytest.mark.parametrize("mutation", ALL)
async def test_who_asks_again_is_told_the_same_by_any_gateway(stall, mutation):
    given = {"idempotencyKey": KEY, **await asked(stall, mutation)}
    first = await stall.do(mutation, **given)
    before = await stall.picture()

    again = [await stall.do(mutation, gateway, **given) for gateway in range(3)]

    assert first["userErrors"] == []
    assert not first["replayed"]
    assert all(each["replayed"] for each in again)
    _same([first, *again])
    assert await stall.picture() == before
    assert await stall.database.find(CLAIMS.name, {"open": True}) == []


@pytest.mark.parametrize("mutation", ALL)
async def test_copies_at_once_have_one_effect(stall, mutation):
    given = {"idempotencyKey": KEY, **await asked(stall, mutation)}
    entries = len(await stall.told())

    answers = await asyncio.gather(*(stall.do(mutation, n % 3, **given) for n in range(9)))

    _same(answers)
    assert sum(not each["replayed"] for each in answers) <= 1
    told = (await stall.told())[entries:]
    kinds = {entry["type"] for entry in told}
    pins = 2 * ("ReservationPinned" in kinds)
    assert len(told) - pins == (1 if mutation == "receiveTransfer" else 2)


async def test_a_copy_waits_a_while_and_then_is_told_to_ask_again(stall, monkeypatch):
    monkeypatch.setattr(running, "WAIT_SECONDS", 0.1)
    arguments = ReserveStock((ReservationLine(MUG, place(0), 1),))
    raw = msgspec.msgpack.encode(arguments)
    request = Request("reserveStock", SYSTEM, values.actor(SYSTEM), KEY, raw)
    claim = await stall.stores.claims.claim(request)
    given = {"idempotencyKey": KEY, "lines": [mugs(1)]}

    (busy,) = await stall.refused("reserveStock", **given)
    (other,) = await stall.refused("reserveStock", **{**given, "minutes": 20})
    await stall.stores.claims.let_go(claim)
    done = await stall.do("reserveStock", **given)

    assert (busy["code"], busy["retryable"]) == ("IN_PROGRESS", True)
    assert other["code"] == "IDEMPOTENCY_MISMATCH"
    assert done["reservation"]["state"] == "ACTIVE"


async def test_a_copy_gets_the_answer_that_comes_while_it_waits(stall):
    raw = msgspec.msgpack.encode(ReserveStock((ReservationLine(MUG, place(0), 1),)))
    request = Request("reserveStock", SYSTEM, values.actor(SYSTEM), KEY, raw)
    stores = stall.stores
    claim = await stores.claims.claim(request)
    copy = asyncio.create_task(stall.do("reserveStock", idempotencyKey=KEY, lines=[mugs(1)]))
    await asyncio.sleep(0)
    call = running.Call(claim, request)
    arguments = msgspec.msgpack.decode(raw, type=ReserveStock)

    done = await running._carried_out(stores, reservations.RESERVE, call, arguments)

    assert (await copy)["reservation"]["id"] == done.value.id
    assert await stall.numbers() == (9, 1, 0)


@pytest.mark.parametrize("mutation", ALL)
async def test_a_key_with_other_arguments_does_nothing(stall, mutation):
    given = {"idempotencyKey": KEY, **await asked(stall, mutation)}
    other = {
        "adjustStock": {"changes": [more(3)]},
        "countStock": {"counts": [counted(8)]},
        "transferStock": {"quantity": 5},
        "receiveTransfer": {"received": 4},
        "reserveStock": {"lines": [mugs(2, at=1), mugs(3)]},
        "extendReservation": {"minutes": 61},
        "releaseReservation": {"reservation": "res_01ARZ3NDEKTSV4RRFFQ69G5FAV"},
        "commitReservation": {"order": ORDERS[1]},
    }
    await stall.do(mutation, **given)

    (refusal,) = await stall.refused(mutation, **{**given, **other[mutation]})

    assert (refusal["code"], refusal["path"]) == ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])


async def test_the_same_key_of_two_people_is_two_requests(stall):
    given = {"idempotencyKey": KEY, "lines": [mugs(1)]}

    done = [
        await stall.do("reserveStock", token=token, **given)
        for token in (*SHOPPERS, CLERKS[0], CLERKS[1])
    ]

    assert not any(each["replayed"] for each in done)
    assert len({each["reservation"]["id"] for each in done}) == 4
    mismatch = {**given, "lines": [mugs(2)]}
    mine = await stall.do("reserveStock", token=SHOPPERS[0], **mismatch)
    theirs = await stall.do("reserveStock", token=CLERKS[2], **mismatch)
    assert [each["userErrors"] == [] for each in (mine, theirs)] == [False, True]


async def test_the_same_key_for_another_mutation_is_another_request(stall):
    held = await stall.reserved(mugs(1), idempotencyKey=KEY)

    extended = await stall.do("extendReservation", idempotencyKey=KEY, reservation=held, minutes=60)
    released = await stall.do("releaseReservation", idempotencyKey=KEY, reservation=held)

    assert not extended["replayed"]
    assert released["reservation"]["state"] == "RELEASED"


async def test_a_refusal_is_told_again_even_when_it_would_not_be_one_any_more(stall):
    tries = [
        ("reserveStock", {"lines": [mugs(11)]}),
        ("adjustStock", {"changes": [more(-11)]}),
        ("countStock", {"counts": [counted(1, seen=7)]}),
        ("reserveStock", {"lines": [mugs(0)]}),
        ("extendReservation", {"reservation": "res_x", "minutes": 1}),
    ]
    asked = [(m, {"idempotencyKey": f"{KEY}-{n}", **g}) for n, (m, g) in enumerate(tries)]
    first = [await stall.do(mutation, **given) for mutation, given in asked]
    await stall.do("adjustStock", changes=[more(100)])

    again = [await stall.do(mutation, 1, **given) for mutation, given in asked]

    for one, other in zip(first, again, strict=True):
        assert one["userErrors"]
        assert other["replayed"]
        _same([one, other])


@pytest.mark.parametrize("key", ["", "x" * 256, "nyckel-å", "a\nb", "\x7f", "\u2028"])
async def test_a_key_is_some_printable_ascii(stall, key):
    (refusal,) = await stall.refused("reserveStock", idempotencyKey=key, lines=[mugs(1)])

    assert (refusal["code"], refusal["path"]) == ("INVALID", ["idempotencyKey"])
    assert await stall.database.find(ANSWERS.name, {}) == []


async def test_a_long_key_and_one_like_an_operator_are_keys_like_any_other(stall):
    for key in ("x" * 255, "$ne", "a.b", " "):
        first = await stall.reserved(idempotencyKey=key)
        assert await stall.reserved(idempotencyKey=key) == first


async def test_answers_are_kept_for_a_week_at_least(stall):
    found = await stall.database.command({"listIndexes": ANSWERS.name})

    ttl = [index for index in found["cursor"]["firstBatch"] if "expireAfterSeconds" in index]
    assert [index["key"] for index in ttl] == [{"settled_at": 1}]
    assert timedelta(seconds=ttl[0]["expireAfterSeconds"]) >= timedelta(days=7)


@pytest.mark.parametrize("mutation", [each for each in ALL if each != "extendReservation"])
async def test_after_its_answer_is_forgotten_a_request_still_has_no_second_effect(stall, mutation):
    given = {"idempotencyKey": KEY, **await asked(stall, mutation)}
    first = await stall.do(mutation, **given)
    before = await stall.picture()
    await _forget(stall)

    again = await stall.do(mutation, 1, **given)

    assert await stall.picture() == before
    if mutation == "receiveTransfer":
        assert [each["code"] for each in again["userErrors"]] == ["ILLEGAL_TRANSITION"]
    else:
        _same([first, again])


@pytest.mark.parametrize("end", ["releaseReservation", "commitReservation", None])
async def test_a_forgotten_reservation_that_has_ended_is_not_held_anew(stall, end):
    given = {"idempotencyKey": KEY, "lines": [mugs(3), mugs(2, at=1)]}
    held = await stall.reserved(*given["lines"], idempotencyKey=KEY)
    if end:
        await stall.do(end, reservation=held)
    else:
        await stall.runs_out(held)
        await stall.stores.holds.expire(10)
    numbers = [await stall.numbers(n) for n in range(2)]
    await _forget(stall)

    again = await stall.do("reserveStock", 1, **given)

    assert again["reservation"]["id"] == held
    assert [await stall.numbers(n) for n in range(2)] == numbers
