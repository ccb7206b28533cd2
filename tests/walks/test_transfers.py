"""Units travel between locations."""

from __future__ import annotations

import pytest

from tests.trading import CLERKS, NO_QUESTION, PLATE, SUPPORT, moved, mugs, place


async def _sent(stall, quantity=4, **given):
    return (await stall.do("transferStock", **moved(quantity, **given)))["transfer"]["id"]


async def test_units_on_their_way_are_gone_here_and_incoming_there(stall):
    done = await stall.do("transferStock", **moved(4))

    assert done["transfer"]["state"] == "IN_TRANSIT"
    assert (done["transfer"]["quantity"], done["transfer"]["received"]) == (4, 0)
    numbers = [(each["onHand"], each["free"], each["incoming"]) for each in done["levels"]]
    assert numbers == [(6, 6, 0), (4, 4, 4)]
    told = await stall.told()
    assert [each["type"] for each in told] == ["StockSent", "StockAnnounced"]
    assert all(done["transfer"]["id"] in each["about"] for each in told)


@pytest.mark.parametrize(("came", "units"), [(None, 4), (3, 3), (0, 0)])
async def test_units_that_arrive_are_free_and_the_rest_is_written_off(stall, came, units):
    sent = await _sent(stall)

    done = await stall.do("receiveTransfer", transfer=sent, received=came)

    assert (done["transfer"]["state"], done["transfer"]["received"]) == ("RECEIVED", units)
    (level,) = done["levels"]
    assert (level["onHand"], level["free"], level["incoming"]) == (4 + units, 4 + units, 0)
    text = "query ($id: ID!) { node(id: $id) { ... on Transfer { state received version } } }"
    node = (await stall.kassa.ask(text, SUPPORT, id=sent))["node"]
    assert node == {"state": "RECEIVED", "received": units, "version": 2}


async def test_a_transfer_arrives_once(stall):
    sent = await _sent(stall)
    await stall.do("receiveTransfer", transfer=sent)

    (refusal,) = await stall.refused("receiveTransfer", transfer=sent)

    assert (refusal["code"], refusal["fromState"]) == ("ILLEGAL_TRANSITION", "RECEIVED")


async def test_no_more_arrive_than_were_sent(stall):
    sent = await _sent(stall)

    for came in (5, -1, 2**31 - 1):
        (refusal,) = await stall.refused("receiveTransfer", transfer=sent, received=came)
        assert (refusal["code"], refusal["path"]) == ("INVALID", ["received"])
    for came in (1.5, 2**31, "1"):
        assert await stall.error("receiveTransfer", transfer=sent, received=came) in NO_QUESTION


async def test_another_store_knows_of_no_such_transfer(stall):
    sent = await _sent(stall)

    for token in (CLERKS[0], CLERKS[2]):
        (refusal,) = await stall.refused("receiveTransfer", token=token, transfer=sent)
        assert (refusal["code"], refusal["path"]) == ("NOT_FOUND", ["transfer"])
    done = await stall.do("receiveTransfer", token=CLERKS[1], transfer=sent)
    assert done["transfer"]["received"] == 4


async def test_only_the_store_that_has_units_sends_them(stall):
    assert await stall.error("transferStock", token=CLERKS[1], **moved()) == "FORBIDDEN"

    done = await stall.do("transferStock", token=CLERKS[0], **moved())

    assert done["userErrors"] == []


async def test_promised_units_stay(stall):
    await stall.reserved(mugs(7))

    (refusal,) = await stall.refused("transferStock", **moved(4))

    assert (refusal["code"], refusal["asked"], refusal["sellable"]) == ("INSUFFICIENT_STOCK", 4, 3)


async def test_wrong_transfers_are_refused(stall):
    tries = [
        (moved(0), "INVALID", ["quantity"]),
        (moved(-1), "INVALID", ["quantity"]),
        (moved(1, 0, 0), "INVALID", ["target"]),
        (moved(1, sku="no such"), "NOT_FOUND", None),
        (moved(1, target=9), "NOT_FOUND", None),
        (moved(1, source=9), "NOT_FOUND", None),
        (moved(1, sku=PLATE), "NOT_FOUND", None),
        (moved(2**31 - 1), "INSUFFICIENT_STOCK", None),
    ]

    for given, code, path in tries:
        (refusal,) = await stall.refused("transferStock", **given)
        assert (refusal["code"], refusal["path"]) == (code, path)
    for quantity in (1.5, 2**31, "1", None):
        assert await stall.error("transferStock", **moved(quantity)) in NO_QUESTION
    for key in ("trf_01ARZ3NDEKTSV4RRFFQ69G5FAV", "$free", ""):
        (refusal,) = await stall.refused("receiveTransfer", transfer=key)
        assert refusal["code"] == "NOT_FOUND"


async def test_units_go_where_none_were_before(stall):
    done = await stall.do("adjustStock", changes=[{**_plates(3), "reason": "delivery"}])
    assert done["userErrors"] == []

    sent = await _sent(stall, 2, sku=PLATE)
    done = await stall.do("receiveTransfer", transfer=sent)

    assert done["levels"][0]["free"] == 2


def _plates(delta):
    return {"sku": PLATE, "location": place(0), "delta": delta}
