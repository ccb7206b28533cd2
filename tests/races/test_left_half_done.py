"""What one gateway leaves half done another finishes, or undoes, whatever the moment.

Every mutation is stopped at every call that it makes of its stores.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import msgspec
import pytest

from adapters import stripe
from adapters.http import HttpTransport, client
from commands import running
from commands.all import COMMANDS
from commands.channels import payments as telling
from commands.channels.payments import Teller
from commands.running import Call
from domain import values
from domain.channels.abilities import Thing
from domain.channels.accounts import Account, Secret
from domain.errors import Unavailable
from domain.ids import ChannelId, Kind
from domain.ports.channels import Line
from domain.requests import Answer, Request
from domain.viewer import SYSTEM
from storage.mongo.claims import CLAIMS
from storage.mongo.links import LINKS
from tests.channels import penny
from tests.channels.test_told_payments import ACCOUNT
from tests.gateway.serving import served
from tests.making import an_incident, new_id, opened
from tests.peers.penny import Penny
from tests.peers.stripes import KEY, Stripe
from tests.races.books import check_books
from tests.races.checking import check_journal
from tests.races.interrupting import Crash, Interrupting, crashing, sleeping
from tests.trading import (
    LONG_AGO,
    MUG,
    ORDERS,
    Trading,
    money,
    moved,
    mugs,
    place,
    shelve,
    tender,
)

MOST_CALLS = 20
HAPPENINGS = count(1)
LINKING = Account(
    name="stripe",
    channel_id=ChannelId(new_id(Kind.CHANNEL, 0)),
    account="acct_shop",
    base_url="https://api.stripe.example",
    key=Secret(KEY),
    options={"success_url": "https://shop.example/thanks", "calls_per_second": 100},
)


async def _arguments(stall, mutation):
    """What a mutation is asked, and all that has to be there for it."""
    here, there = (
        {"sku": MUG, "location_id": place(0)},
        {"sku": MUG, "location_id": place(1)},
    )
    match mutation:
        case "adjustStock":
            given = {"changes": [{**each, "delta": 3, "reason": "x"} for each in (here, there)]}
        case "countStock":
            given = {
                "counts": [{**each, "counted": 3, "seen_version": 1} for each in (here, there)]
            }
        case "transferStock":
            ends = {"source_id": place(0), "target_id": place(1)}
            given = {"sku": MUG, **ends, "quantity": 4}
        case "receiveTransfer":
            sent = await stall.do("transferStock", **moved(4))
            given = {"transfer_id": sent["transfer"]["id"], "received": 3}
        case "reserveStock":
            given = {"lines": [{**here, "quantity": 3}, {**there, "quantity": 2}]}
        case "recordPayment":
            asked = tender()
            given = {
                "order_id": asked["order"],
                "channel_id": asked["channel"],
                "tender": asked["tender"],
                "provider_ref": "cap",
                "source_event": "evt",
            }
        case "recordRefund":
            paid = await stall.do("recordPayment", **tender())
            given = {"payment_id": paid["payment"]["id"], "amount": money(30_00)}
        case ("capturePayment" | "cancelPayment" | "refundPayment") | (
            "createPaymentLink" | "cancelPaymentLink"
        ):
            given = await _of_providers(stall, mutation)
        case "resolveIncident":
            happened = an_incident(next(HAPPENINGS))
            await opened(stall.database, happened)
            given = {"incident_id": happened.id, "resolution": "seen"}
        case _:
            held = await stall.reserved(mugs(3), mugs(2, at=1))
            given = {"reservation": held, "minutes": 60, "order": ORDERS[0]}
    return msgspec.convert(given, COMMANDS[mutation].takes)


async def _of_providers(stall, mutation):
    """What Penny is to do with a payment, or Stripe, who knows of no other, with a link."""
    stall.providers.bank.start_afresh()
    if mutation == "createPaymentLink":
        return {"order_id": ORDERS[0], "amount": money(30_00)}
    if mutation == "cancelPaymentLink":
        return {"link_id": await _linked(stall)}
    kind = "take" if mutation == "refundPayment" else "promise"
    given = {"payment_id": await _paid(stall, kind), "reason": "too small"}
    return given | {"amount": money(30_00, "EUR")}


@pytest.fixture
async def stall(stall) -> AsyncIterator[Trading]:
    """The shop, with an account at Penny, and one at Stripe, who makes links to pay by."""
    peer, bank = Penny(), Stripe()
    async with (
        peer.open() as url,
        served(bank.application) as bank_url,
        client(allows_loopback=True) as http,
    ):
        adapter = penny.adapter(ACCOUNT, HttpTransport(http, url))
        linking = stripe.adapter(LINKING, HttpTransport(http, bank_url))
        stall.providers.lines = {
            "penny-nl": Line(account=ACCOUNT, adapter=adapter),
            "stripe": Line(account=LINKING, adapter=linking),
        }
        stall.providers.peer, stall.providers.bank = peer, bank
        yield stall


async def _linked(stall):
    """A link that can be paid."""
    create = COMMANDS["createPaymentLink"]
    asked = msgspec.convert({"order_id": ORDERS[0], "amount": money(30_00)}, create.takes)
    made = await running.run(stall.stores, create, SYSTEM, f"link {next(HAPPENINGS)}", asked)
    return made.value.id


async def _paid(stall, kind):
    """A payment through Penny of which 100.00 are promised, or taken; she knows of no other."""
    peer, name = stall.providers.peer, f"pp_{next(HAPPENINGS)}"
    peer.keys.clear()
    peer.payments.clear()
    peer.begin(name, 100_00)
    if kind == "take":
        peer.move(name, "take", 100_00)
    adapter = stall.providers.lines["penny-nl"].adapter
    [found] = await adapter.fetch_many(Thing.PAYMENT, [name])
    by = Teller("penny", ACCOUNT, "penny-nl:ev")
    return (await telling.tell(stall.stores, by, found.news.told)).id


async def _claimed(stores, mutation, arguments):
    raw = msgspec.msgpack.encode(arguments)
    is_open = COMMANDS[mutation].is_open(arguments)
    request = Request(mutation, SYSTEM, values.actor(SYSTEM), "key", raw, is_open)
    return Call(await stores.claims.claim(request), request)


async def _carry_out(stores, mutation, call, arguments) -> Answer:
    return await running._carried_out(stores, COMMANDS[mutation], call, arguments)


async def _age(stall):
    """Let the leases of all claims be over."""
    await stall.database.change_all(CLAIMS.name, {}, {"$set": {"claimed_at": LONG_AGO}})


async def _outcome(stall):
    """What can be seen from outside: numbers, holds, money, also Penny's, pages, and the tale."""
    told = await stall.told()
    levels = [await stall.level(n) for n in range(3)]
    names = ("on_hand", "committed", "reserved", "free", "incoming")
    numbers = [tuple(level[name] for name in names) for level in levels]
    rows = await stall.database.find("reservations", {})
    transfers = await stall.database.find("transfers", {})
    kinds = {entry["type"] for entry in told} - {"ReservationPinned"}
    links = await stall.database.find(LINKS.name, {})
    states = (
        [row["state"] for row in rows],
        [transfer["state"] for transfer in transfers],
        [link["life"] for link in links],
        [page["status"] for page in stall.providers.bank.sessions.values()],
    )
    paid = [*stall.providers.peer.payments.values()][-1:]
    moved = [move["type"] for each in paid for move in each["movements"]]
    return numbers, *states, kinds, moved, await check_books(stall)


async def _expected(stall, mutation):
    """What becomes of a request that nothing disturbs, and in how many calls."""
    await shelve(stall.database)
    arguments = await _arguments(stall, mutation)
    stores = crashing(stall.stores)
    call = await _claimed(stall.stores, mutation, arguments)
    answer = await _carry_out(stores, mutation, call, arguments)
    assert not answer.refusals
    return await _outcome(stall), stores.calls


def _afresh(stall):
    """The same shop, as another gateway that knows nothing of what was before."""
    found = type(stall)(stall.databases, stall.gateways)
    found.providers = stall.providers
    return found


@pytest.mark.parametrize("mutation", COMMANDS)
async def test_another_gateway_finishes_what_a_crash_interrupted(stall, mutation):
    expected, calls = await _expected(stall, mutation)
    assert 1 <= calls <= MOST_CALLS

    for at in range(calls):
        stall = _afresh(stall)
        await shelve(stall.database)
        arguments = await _arguments(stall, mutation)
        call = await _claimed(stall.stores, mutation, arguments)
        with pytest.raises(Crash):
            await _carry_out(crashing(stall.stores, at), mutation, call, arguments)
        await _age(stall)

        other = stall.stores_of(1)
        left = len(await stall.database.find(CLAIMS.name, {"open": True}))
        finished = [await running.resume(other, COMMANDS, 10) for _ in range(2)]

        assert finished == [left, 0], at
        assert not left or await _outcome(stall) == expected, at
        again = await running.run(other, COMMANDS[mutation], SYSTEM, "key", arguments)
        assert again.replayed == bool(left)
        assert not again.refusals
        assert await _outcome(stall) == expected, at
        await check_journal(stall)


@pytest.mark.parametrize("mutation", COMMANDS)
async def test_a_gateway_that_wakes_too_late_does_no_harm(stall, mutation):
    expected, calls = await _expected(stall, mutation)

    for at in range(calls):
        stall = _afresh(stall)
        await shelve(stall.database)
        arguments = await _arguments(stall, mutation)
        call = await _claimed(stall.stores, mutation, arguments)
        slow, asleep, wake = sleeping(stall.stores, at)
        owner = asyncio.create_task(_carry_out(slow, mutation, call, arguments))
        await asleep.wait()
        await _age(stall)
        other = stall.stores_of(1)
        await running.resume(other, COMMANDS, 10)
        await running.run(other, COMMANDS[mutation], SYSTEM, "key", arguments)
        before = await stall.picture()
        told = await running.run(other, COMMANDS[mutation], SYSTEM, "key", arguments)

        wake.set()
        (woken,) = await asyncio.gather(owner, return_exceptions=True)

        assert await stall.picture() == before, at
        assert await _outcome(stall) == expected, at
        if not isinstance(woken, Unavailable):
            assert (woken.value, woken.refusals) == (told.value, told.refusals), at
        await check_journal(stall)


async def test_what_cannot_be_had_whole_any_more_is_undone(stall):
    for at in range(1, 4):
        stall = _afresh(stall)
        await shelve(stall.database)
        arguments = await _arguments(stall, "reserveStock")
        call = await _claimed(stall.stores, "reserveStock", arguments)
        only_first = _only(crashing(stall.stores, at), place(0))
        with pytest.raises(Crash):
            await _carry_out(only_first, "reserveStock", call, arguments)
        await stall.reserved(mugs(4, at=1))
        await _age(stall)

        await running.resume(stall.stores_of(1), COMMANDS, 10)

        again = await running.run(stall.stores, COMMANDS["reserveStock"], SYSTEM, "key", arguments)
        assert [each.sellable for each in again.refusals] == [0]
        assert await stall.numbers(0) == (10, 0, 0)
        assert await stall.numbers(1) == (0, 4, 0)
        await check_journal(stall)


def _only(stores: Interrupting, location: str) -> Interrupting:
    """Its process dies before it takes a step anywhere else."""
    step = stores.holds.step

    async def here(wanted):
        if wanted.line.location_id != location:
            raise Crash
        return await step(wanted)

    stores.holds.step = here
    return stores


async def test_an_answered_request_whose_claim_was_left_is_not_carried_out_again(stall):
    arguments = await _arguments(stall, "reserveStock")
    await stall.reserved(mugs(4, at=1))
    call = await _claimed(stall.stores, "reserveStock", arguments)
    claim = (await stall.database.find(CLAIMS.name, {}))[0]
    refused = await _carry_out(stall.stores, "reserveStock", call, arguments)
    await stall.database.replace(CLAIMS.name, claim)
    await _age(stall)
    await stall.do("adjustStock", changes=[{**_mug(1), "delta": 9, "reason": "more"}])
    before = await stall.picture()

    assert await running.resume(stall.stores, COMMANDS, 10) == 0

    assert refused.refusals
    assert await stall.picture() == before
    assert await stall.database.find(CLAIMS.name, {"open": True}) == []


def _mug(location):
    return {"sku": MUG, "location": place(location)}


async def test_a_lease_lasts_as_long_as_it_says_on_an_idle_server_too(stall):
    arguments = await _arguments(stall, "reserveStock")
    call = await _claimed(stall.stores, "reserveStock", arguments)
    await _age(stall)
    await stall.stores.claims.abandoned(1)

    (row,) = await stall.database.find(CLAIMS.name, {"_id": call.claim.id})

    assert abs(await stall.stores.now() - row["claimed_at"]) < timedelta(seconds=1)
