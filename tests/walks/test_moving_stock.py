"""Staff tell of units that came, went or were counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.trading import (
    CLERKS,
    FINANCE,
    MUG,
    NO_QUESTION,
    NOBODY,
    PARTNER,
    PLATE,
    SHOPPERS,
    SUPPORT,
    counted,
    more,
    mugs,
    place,
)

ADRIFT = [1.5, 2**31, "1", None]
NOT_STAFF = [NOBODY, SHOPPERS[0], PARTNER, SUPPORT, FINANCE]


async def test_units_come_and_go_with_reasons(stall):
    at = "2026-02-01T10:00:00Z"

    done = await stall.do("adjustStock", changes=[more(5), more(-2, at=1)], occurredAt=at)

    assert [(each["onHand"], each["free"]) for each in done["levels"]] == [(15, 15), (2, 2)]
    first, second = await stall.told()
    assert first["type"] == second["type"] == "StockAdjusted"
    assert first["changes"] == {
        "on_hand": [10, 15],
        "free": [10, 15],
        "reason": [None, "delivery"],
    }
    assert first["at"] == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert (await stall.level())["version"] == first["seq"] == 2


async def test_the_first_word_of_units_begins_a_level(stall):
    await stall.do("adjustStock", changes=[more(3, sku=PLATE)])
    done = await stall.do("countStock", counts=[counted(7, seen=0, at=1, sku=PLATE)])

    assert [(each["onHand"], each["version"]) for each in done["levels"]] == [(7, 2)]
    told = [(each["type"], each["seq"]) for each in await stall.told()]
    assert told == [
        ("StockOpened", 1),
        ("StockAdjusted", 2),
        ("StockOpened", 1),
        ("StockCounted", 2),
    ]


async def test_no_more_is_taken_than_is_free(stall):
    await stall.reserved(mugs(4))

    (refusal,) = await stall.refused("adjustStock", changes=[more(1, at=1), more(-7)])

    assert refusal["code"] == "INSUFFICIENT_STOCK"
    assert (refusal["asked"], refusal["sellable"]) == (7, 6)


async def test_changes_of_the_same_level_add_up_in_their_order(stall):
    done = await stall.do("adjustStock", changes=[more(-10), more(3), more(-3)])
    (refusal,) = await stall.refused("adjustStock", changes=[more(2), more(-3)])

    assert [each["free"] for each in done["levels"]] == [0, 3, 0]
    assert refusal["code"] == "INSUFFICIENT_STOCK"


@pytest.mark.parametrize("wrong", [{"sku": "no such"}, {"location": place(9)}])
async def test_a_product_or_location_that_is_not_there_is_not_found(stall, wrong):
    new = more(1, sku=PLATE)
    tries = [
        ("adjustStock", {"changes": [new, more(1, **wrong)]}),
        ("adjustStock", {"changes": [more(-1, **wrong)]}),
        ("countStock", {"counts": [counted(1, seen=0, **wrong)]}),
        ("countStock", {"counts": [counted(1, seen=1, **wrong)]}),
    ]

    for mutation, given in tries:
        (refusal,) = await stall.refused(mutation, **given)
        assert refusal["code"] == "NOT_FOUND"


async def test_a_refused_change_leaves_an_unknown_level_unknown(stall):
    (refusal,) = await stall.refused("adjustStock", changes=[more(-1, sku=PLATE)])

    assert (refusal["code"], refusal["sellable"]) == ("INSUFFICIENT_STOCK", 0)


async def test_wrong_changes_are_refused(stall):
    tries = [
        ([more(0)], ["changes", "0", "delta"]),
        ([more(1), more(1, reason="")], ["changes", "1", "reason"]),
        ([more(1, reason="x" * 201)], ["changes", "0", "reason"]),
        ([], ["changes"]),
        ([more(1)] * 101, ["changes"]),
        ([more(2**31 - 1)], None),
    ]

    for changes, path in tries:
        (refusal,) = await stall.refused("adjustStock", changes=changes)
        assert (refusal["code"], refusal["path"]) == ("INVALID", path)
    for delta in ADRIFT:
        assert await stall.error("adjustStock", changes=[more(delta)]) in NO_QUESTION


async def test_a_reason_is_only_ever_text(stall):
    await stall.do("adjustStock", changes=[more(1, reason="$free"), more(1, reason="$$ROOT")])

    told = [entry["changes"]["reason"][1] for entry in await stall.told()]
    assert told == ["$free", "$$ROOT"]


async def test_what_was_counted_counts(stall):
    await stall.reserved(mugs(4))

    done = await stall.do("countStock", counts=[counted(9, seen=2), counted(0, at=1)])

    assert [(each["onHand"], each["free"]) for each in done["levels"]] == [(9, 5), (0, 0)]
    assert await stall.numbers() == (5, 4, 0)


@pytest.mark.parametrize("seen", [0, 1, 3])
async def test_a_count_of_what_has_changed_since_is_refused(stall, seen):
    await stall.reserved()
    level = await stall.level()

    (refusal,) = await stall.refused("countStock", counts=[counted(9, at=1), counted(9, seen)])

    assert refusal["__typename"] == "VersionConflict"
    assert (refusal["expected"], refusal["actual"]) == (seen, 2)
    assert refusal["current"] == {"id": level["_id"]}


async def test_no_fewer_can_be_counted_than_are_promised(stall):
    await stall.reserved(mugs(4))

    (refusal,) = await stall.refused("countStock", counts=[counted(3, seen=2)])

    assert refusal["code"] == "INSUFFICIENT_STOCK"
    assert refusal["message"].startswith(f"3 of {MUG} were counted, but 4 are committed")


async def test_wrong_counts_are_refused(stall):
    tries = [
        ([counted(-1)], ["counts", "0", "counted"]),
        ([], ["counts"]),
        ([counted(1), counted(2)], ["counts"]),
    ]

    for counts, path in tries:
        (refusal,) = await stall.refused("countStock", counts=counts)
        assert (refusal["code"], refusal["path"]) == ("INVALID", path)
    for units in ADRIFT:
        assert await stall.error("countStock", counts=[counted(units)]) in NO_QUESTION


async def test_a_clerk_moves_stock_at_the_own_location_only(stall):
    tries = [
        ("adjustStock", {"changes": [more(1), more(1, at=1)]}),
        ("countStock", {"counts": [counted(1, at=1)]}),
    ]

    for mutation, given in tries:
        assert await stall.error(mutation, token=CLERKS[0], **given) == "FORBIDDEN"
    own = await stall.do("adjustStock", token=CLERKS[0], changes=[more(1)])
    assert own["levels"][0]["free"] == 11
    (entry,) = await stall.told()
    assert (entry["actor"]["kind"], entry["actor"]["id"]) == ("STAFF", place(0))


@pytest.mark.parametrize("token", NOT_STAFF)
async def test_who_may_not_move_stock_is_told_so_at_the_top(stall, token):
    tries = [
        ("adjustStock", {"changes": [more(1)]}),
        ("countStock", {"counts": [counted(1)]}),
        ("transferStock", {"sku": MUG, "source": place(0), "target": place(1), "quantity": 1}),
        ("receiveTransfer", {"transfer": "x"}),
    ]

    for mutation, given in tries:
        assert await stall.error(mutation, token=token, **given) == "FORBIDDEN"


async def test_a_device_is_named_in_the_story(stall):
    await stall.do("adjustStock", changes=[more(1)], device="$till-7")

    (entry,) = await stall.told()
    assert entry["actor"]["device"] == "$till-7"
