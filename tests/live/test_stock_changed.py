"""`stockChanged`: how things are, then every change, exactly and in order."""

from __future__ import annotations

import asyncio

import pytest

from domain.viewer import Role, Viewer
from gateway.execution.engine import Engine
from gateway.live import hub, mailbox
from gateway.live.feeds import stock
from tests.trading import MUG, PLATE, more, mugs, place

STOCK = """subscription ($skus: [String!], $locations: [ID!], $after: Cursor) {
  stockChanged(skus: $skus, locations: $locations, after: $after) {
    kind cursor at conflated
    levels { id version onHand committed reserved unavailable free }
    entries { id seq type aggregate }
  }
}"""


async def test_it_begins_with_how_things_are(ears):
    listener = await ears.open(STOCK, skus=[MUG])

    event = await listener.next()

    assert event["kind"] == "SNAPSHOT"
    assert [level["free"] for level in event["levels"]] == [10, 4, 100]
    assert (event["entries"], event["conflated"]) == ([], 0)


async def test_each_change_is_told_as_it_was(stall, ears):
    listener = await ears.open(STOCK, skus=[MUG])
    await listener.next()
    for _ in range(3):
        await stall.do("reserveStock", lines=[mugs(1)])

    events = [await listener.next() for _ in range(3)]

    assert [event["kind"] for event in events] == ["CHANGE"] * 3
    assert [event["levels"][0]["free"] for event in events] == [9, 8, 7]
    versions = [event["levels"][0]["version"] for event in events]
    assert versions == [event["entries"][0]["seq"] for event in events]


async def test_who_comes_back_is_told_what_was_missed_and_no_more(stall, ears):
    first = await ears.open(STOCK, skus=[MUG])
    cursor = (await first.next())["cursor"]
    first.stream.close()
    for _ in range(3):
        await stall.do("reserveStock", lines=[mugs(1)])
    await stall.told()

    again = await ears.open(STOCK, skus=[MUG], after=cursor)
    missed = [await again.next() for _ in range(3)]
    await stall.do("reserveStock", lines=[mugs(1)])
    last = await again.next()

    assert [event["levels"][0]["free"] for event in (*missed, last)] == [9, 8, 7, 6]
    assert {event["kind"] for event in (*missed, last)} == {"CHANGE"}


async def test_who_missed_nothing_hears_that_it_is_listened_to(ears):
    first = await ears.open(STOCK, skus=[MUG])
    cursor = (await first.next())["cursor"]

    again = await ears.open(STOCK, skus=[MUG], after=cursor)

    event = await again.next(beats=True)
    assert (event["kind"], event["cursor"], event["levels"]) == ("HEARTBEAT", cursor, [])


async def test_a_cursor_beside_the_document_does_as_well(stall, ears):
    first = await ears.open(STOCK, skus=[MUG])
    cursor = (await first.next())["cursor"]
    await stall.do("reserveStock", lines=[mugs(1)])
    await first.next()

    again, _ = await ears.ask(STOCK, after=cursor, skus=[MUG])

    assert (await again.next())["levels"][0]["free"] == 9


async def test_a_cursor_is_of_one_stream_and_one_viewer(ears):
    cursor = (await (await ears.open(STOCK, skus=[MUG])).next())["cursor"]

    tries = [
        await ears.refused(STOCK, skus=[PLATE], after=cursor),
        await ears.refused(STOCK, skus=[MUG], locations=[place(0)], after=cursor),
        await ears.refused(STOCK, Viewer(Role.SUPPORT), skus=[MUG], after=cursor),
        await ears.refused(STOCK, skus=[MUG], after=""),
        await ears.refused(STOCK, skus=[MUG], after="é" * 32),
        await ears.refused(STOCK, skus=[MUG], after=f"{cursor}="),
    ]

    assert {code for code, _ in tries} == {"BAD_USER_INPUT"}


async def test_who_was_away_for_too_long_is_told_of_a_gap(stall, ears, monkeypatch):
    monkeypatch.setattr(hub, "MOST_REPLAYED", 2)
    first = await ears.open(STOCK, skus=[MUG])
    cursor = (await first.next())["cursor"]
    for _ in range(3):
        await stall.do("reserveStock", lines=[mugs(1)])
        await first.next()

    again = await ears.open(STOCK, skus=[MUG], after=cursor)

    gap, snapshot = await again.next(), await again.next()
    assert (gap["kind"], gap["levels"]) == ("GAP", [])
    assert (snapshot["kind"], snapshot["levels"][0]["free"]) == ("SNAPSHOT", 7)


async def test_a_slow_client_is_told_of_many_changes_at_once(stall, ears, monkeypatch):
    monkeypatch.setattr(mailbox, "MOST_MESSAGES", 2)
    slow, quick = await ears.open(STOCK, skus=[MUG]), await ears.open(STOCK, skus=[MUG])
    await slow.next()
    await quick.next()
    for n in range(6):
        await stall.do("reserveStock", lines=[mugs(1, n % 2)])
        await quick.next()

    events = [await slow.next() for _ in range(3)]

    assert [event["conflated"] for event in events] == [0, 0, 4]
    assert [level["free"] for level in events[-1]["levels"]] == [7, 1]
    await stall.do("reserveStock", lines=[mugs(1)])
    after = await slow.next()
    assert (after["conflated"], after["levels"][0]["free"]) == (0, 6)
    again = await ears.open(STOCK, skus=[MUG], after=events[-1]["cursor"])
    assert (await again.next())["entries"] == after["entries"]


async def test_a_snapshot_of_many_levels_comes_in_parts(ears, monkeypatch):
    monkeypatch.setattr(stock, "AT_ONCE", 2)
    listener = await ears.open(STOCK, skus=[MUG])

    parts = [await listener.next() for _ in range(2)]

    assert [len(part["levels"]) for part in parts] == [2, 1]
    assert {part["kind"] for part in parts} == {"SNAPSHOT"}
    again = await ears.open(STOCK, skus=[MUG], after=parts[0]["cursor"])
    anew = await again.next()
    assert (anew["kind"], anew["levels"]) == ("SNAPSHOT", parts[0]["levels"])


async def test_only_what_is_listened_for_is_told(stall, ears):
    here = await ears.open(STOCK, locations=[place(0)])
    there = await ears.open(STOCK, skus=[MUG], locations=[place(1)])
    assert [len((await each.next())["levels"]) for each in (here, there)] == [1, 1]

    await stall.do("reserveStock", lines=[mugs(1, 1)])
    await stall.do("reserveStock", lines=[mugs(1, 0)])

    assert (await here.next())["levels"][0]["free"] == 9
    assert (await there.next())["levels"][0]["free"] == 3


async def test_a_level_that_is_opened_is_told_of(stall, ears):
    listener = await ears.open(STOCK, skus=[PLATE])
    assert (await listener.next())["levels"] == []

    await stall.do("adjustStock", changes=[more(5, sku=PLATE)])

    assert [(await listener.next())["levels"][0]["free"] for _ in range(2)] == [0, 5]


async def test_who_asks_the_same_shares_each_answer(stall, ears, monkeypatch):
    listeners = [await ears.open(STOCK, skus=[MUG]) for _ in range(20)]
    for each in listeners:
        await each.next()
    executed = []
    event = Engine.event
    monkeypatch.setattr(Engine, "event", lambda *given: executed.append(given) or event(*given))

    await stall.do("reserveStock", lines=[mugs(1)])
    told = [await each.next() for each in listeners]

    assert len(executed) == 1
    assert all(each == told[0] for each in told)


async def test_when_nobody_listens_nothing_is_kept(ears):
    listeners = [await ears.open(STOCK, skus=[MUG]) for _ in range(3)]
    for each in listeners:
        await each.next()

    for each in listeners:
        each.stream.close()
        each.stream.close()

    assert not ears.hub._groups
    assert not ears.hub._by_key


async def test_who_leaves_before_being_let_in_costs_nothing(ears, monkeypatch):
    turns: list[int] = []
    wait = ears.hub._wait
    monkeypatch.setattr(ears.hub, "_wait", lambda: turns.append(1) or wait())
    listener = await ears.open(STOCK, skus=[MUG])
    listener.stream.close()
    await asyncio.sleep(0.1)
    turns.clear()

    await asyncio.sleep(1.5)

    assert 1 <= len(turns) <= 3
    assert not ears.hub._coming


async def test_when_it_is_quiet_a_heart_beats(ears, monkeypatch):
    monkeypatch.setattr(hub, "HEARTBEAT_SECONDS", 0.1)
    listener = await ears.open(STOCK, skus=[MUG])
    first = await listener.next()

    beat = await listener.next(beats=True)

    assert (beat["kind"], beat["cursor"]) == ("HEARTBEAT", first["cursor"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "at least one of"),
        ({"skus": []}, "at least one of"),
        ({"skus": ["S"] * 201}, "at most 200"),
        ({"locations": ["nonsense"]}, "is not an id"),
    ],
)
async def test_who_does_not_say_what_for_is_told_so(ears, given, said):
    code, message = await ears.refused(STOCK, **given)

    assert code == "BAD_USER_INPUT"
    assert said in message


@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.SHOPPER, Role.PARTNER])
async def test_only_staff_sees_levels(ears, role):
    code, _ = await ears.refused(STOCK, Viewer(role), skus=[MUG])

    assert code == "FORBIDDEN"
