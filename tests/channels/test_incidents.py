"""Incidents are opened once, seen by those who may, told live, and resolved by name."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from domain.incidents import IncidentKind
from domain.viewer import Role, Viewer
from gateway import auth
from storage.mongo.incidents import INCIDENTS
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX
from tests.channels.paying import AT, event, movement, payment
from tests.live.conftest import Listening, hub_of
from tests.making import an_incident, opened
from tests.trading import CLERKS, FINANCE, PARTNER, SHOPPERS, SUPPORT, SYSTEM

LIST = """query ($open: Boolean, $kinds: [IncidentKind!]) {
  incidents(first: 10, open: $open, kinds: $kinds) { edges { node {
    id kind subject detail channel { code } openedBy { kind id } closedAt resolution } } } }
"""
RESOLVE = """mutation ($input: ResolveIncidentInput!) { resolveIncident(input: $input) {
  replayed userErrors { code path } incident { closedBy { kind } resolution } } }"""
OPENED = "subscription { incidentOpened { kind cursor incidents { subject } entries { type } } }"


async def listed(shop, token=SUPPORT, **given):
    data = await shop.kassa.ask(LIST, token, **{"open": True, **given})
    return [edge["node"] for edge in data["incidents"]["edges"]]


@pytest.fixture
async def told(desk, stall):
    """A shop in which one delivery was not understood."""
    await desk.deliver(event("ev_1", "payment.polished"))
    await desk.work()
    return stall


async def test_an_incident_is_seen_by_those_who_may(told):
    [found] = await listed(told)

    assert (found["kind"], found["channel"]["code"]) == ("UNKNOWN_WORD", "PENNY")
    assert found["openedBy"] == {"kind": "ADAPTER", "id": "penny-nl"}
    assert "polished" in found["detail"]
    assert len(await listed(told, FINANCE)) == len(await listed(told, SYSTEM)) == 1
    for token in (CLERKS[0], SHOPPERS[0], PARTNER, None):
        assert await listed(told, token) == []


async def test_the_same_is_told_once_and_anew_when_it_was_resolved(told, desk):
    await desk.deliver(event("ev_2", "payment.polished"))
    await desk.work()
    [found] = await listed(told)

    given = {"incident": found["id"], "resolution": "An update knows it.", "idempotencyKey": "k1"}
    done = (await told.kassa.ask(RESOLVE, SUPPORT, input=given))["resolveIncident"]
    again = (await told.kassa.ask(RESOLVE, SUPPORT, input=given))["resolveIncident"]
    await desk.deliver(event("ev_3", "payment.polished"))
    await desk.work()

    assert done["incident"] == {
        "closedBy": {"kind": "STAFF"},
        "resolution": "An update knows it.",
    }
    assert (done["replayed"], again["replayed"]) == (False, True)
    assert len(await listed(told)) == 1
    assert len(await listed(told, open=None)) == 2
    assert [each["id"] for each in await listed(told, open=False)] == [found["id"]]


async def test_whoever_may_not_resolve_is_refused(told):
    [found] = await listed(told)
    given = {"incident": found["id"], "resolution": "x", "idempotencyKey": "k1"}

    for token in (CLERKS[0], SHOPPERS[0], PARTNER):
        refusal = await told.kassa.refusal(RESOLVE, token, input=given)
        assert refusal["extensions"]["code"] == "FORBIDDEN"

    assert len(await listed(told)) == 1


@pytest.mark.parametrize("resolution", ["", "x" * 1_001, "a\nb"])
async def test_a_resolution_is_a_line(told, resolution):
    [found] = await listed(told)
    given = {"incident": found["id"], "resolution": resolution, "idempotencyKey": "k1"}

    done = (await told.kassa.ask(RESOLVE, SUPPORT, input=given))["resolveIncident"]

    assert done["userErrors"] == [{"code": "INVALID", "path": ["resolution"]}]
    assert len(await listed(told)) == 1


async def test_one_that_is_not_there_cannot_be_resolved(told):
    given = {"incident": an_incident(7).id, "resolution": "x", "idempotencyKey": "k1"}

    done = (await told.kassa.ask(RESOLVE, SUPPORT, input=given))["resolveIncident"]

    assert done["userErrors"][0]["code"] == "NOT_FOUND"


async def test_only_the_kinds_that_are_asked_for(told, desk):
    await desk.deliver(b"\xff")
    await desk.work()

    found = await listed(told, kinds=["NOT_APPLIED"])

    assert [each["kind"] for each in found] == ["NOT_APPLIED"]
    assert {each["kind"] for each in await listed(told)} == {"NOT_APPLIED", "UNKNOWN_WORD"}


@pytest.mark.parametrize(
    ("phases", "kinds"),
    [
        (("asked", "declined", "done"), []),
        (("declined", "done", "undone"), ["REFUND_FAILED"]),
        (("asked", "declined"), ["REFUND_FAILED"]),
    ],
)
async def test_a_refund_is_an_incident_for_how_it_ended_and_not_for_what_was_told_first(
    stall, desk, phases, kinds
):
    for n, order in enumerate(permutations(phases)):
        name = f"pp_{'_'.join(phases)}_{n}"
        taken = payment(name, 9_00, movement(f"{name}-t", "take", 9_00))
        await desk.deliver(event(f"{name}-e", "payment.changed", payment=taken))
        await desk.work()
        for phase in order:
            at = (AT + timedelta(minutes=phases.index(phase))).isoformat()
            back = movement(f"{name}-b", "give_back", 4_00, phase, of=f"{name}-t", at=at)
            moved = event(f"{name}-{phase}", "payment.moved", payment_id=name, movement=back)
            await desk.deliver(moved)
            await desk.work()

        found = await listed(stall)

        assert [each["kind"] for each in found] == kinds, order
        await stall.database.delete(INCIDENTS.name, {})


async def test_who_listens_is_told_when_one_is_opened(desk, stall):
    await opened(stall.database, an_incident(1, kind=IncidentKind.NOT_APPLIED))
    hub = hub_of(stall.database)
    ears = Listening(hub)
    async with hub.running():
        listener, stream = await ears.ask(OPENED, Viewer(Role.SUPPORT))
        first = await listener.next()
        await desk.deliver(event("ev_1", "payment.polished"))
        await desk.work()
        leader = Leader(stall.database, WITH_OUTBOX)
        while await leader.append():
            pass
        change = await listener.next()
        while change["kind"] != "CHANGE":
            change = await listener.next()
        stream.close()

    assert (first["kind"], len(first["incidents"])) == ("SNAPSHOT", 1)
    assert change["incidents"] == [{"subject": "penny-nl: type = payment.polished"}]
    assert change["entries"] == [{"type": "IncidentOpened"}]


async def test_each_step_stands_in_the_journal(told):
    [found] = await listed(told)
    given = {"incident": found["id"], "resolution": "seen", "idempotencyKey": "k1"}
    await told.kassa.ask(RESOLVE, auth.token(Role.SUPPORT), input=given)

    entries = [each for each in await told.told() if each["aggregate"] == found["id"]]

    assert [(each["seq"], each["type"]) for each in entries] == [
        (1, "IncidentOpened"),
        (2, "IncidentResolved"),
    ]
    assert await told.database.find(INCIDENTS.name, {"outbox": {"$ne": []}}) == []
