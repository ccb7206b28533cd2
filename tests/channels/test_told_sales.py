"""What channels tell of orders, customers, products and stock ends in one state."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from commands.channels import telling
from commands.channels.payments import Awaited, Teller
from domain.channels.accounts import Account
from domain.channels.goods import Cause, NotTaken
from domain.channels.told import (
    CustomerTold,
    IdentityTold,
    LineTold,
    OperationTold,
    OrderTold,
    PaymentTold,
    ProductTold,
    StockTold,
)
from domain.customers import EvidenceStrength, IdentityKind
from domain.ids import ChannelId, Kind, Sku
from domain.money import Currency, Money
from domain.orders import OrderState
from domain.payments import OperationKind, OperationPhase, TenderKind
from domain.refusals import Refused
from storage.mongo.catalog import PRODUCTS
from storage.mongo.customers import CUSTOMERS
from storage.mongo.integrity import Checker
from storage.mongo.orders import ORDERS
from storage.mongo.payments import PAYMENTS
from storage.mongo.stock import LEVELS
from tests.channels.landed import clear, journal_of, state_of, story_of
from tests.making import new_id
from tests.trading import MUG, Trading

EUR = Currency("EUR")
AT = datetime(2026, 3, 1, 11, tzinfo=UTC)
SHOP = Account(
    name="web-nl",
    channel_id=ChannelId(new_id(Kind.CHANNEL, 7)),
    account="shop.example.com",
    locations={"place-1": "L1", "place-9": "L9"},
)
BANK = Account(name="bank", channel_id=ChannelId(new_id(Kind.CHANNEL, 8)), account="acct_1")
BY_SHOP = Teller("shop", SHOP, "web-nl:ev")
BY_BANK = Teller("bank", BANK, "bank:ev")


def after(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


def mail(value: str, strength: EvidenceStrength = EvidenceStrength.STRONG) -> IdentityTold:
    return IdentityTold(kind=IdentityKind.EMAIL, value=value, strength=strength)


def phone(value: str) -> IdentityTold:
    return IdentityTold(kind=IdentityKind.PHONE, value=value, strength=EvidenceStrength.STRONG)


def someone(ref: str, *identities: IdentityTold, **given: Any) -> CustomerTold:
    fields = {"as_of": AT, "display_name": "Ada", **given}
    return CustomerTold(ref=ref, identities=identities, **fields)


def a_sale(**given: Any) -> OrderTold:
    """Two mugs and postage for 25.00, tax inside."""
    fields: dict[str, Any] = {
        "ref": "9001",
        "number": "#1001",
        "state": OrderState.CONFIRMED,
        "raw_status": "paid",
        "placed_at": AT,
        "as_of": AT,
        "currency": EUR,
        "lines": (a_line(),),
        "delivery_minor": 5_00,
        "total_minor": 25_00,
        "customer": someone("c1", mail("Ada@example.com")),
        "location": "place-1",
    }
    return OrderTold(**{**fields, **given})


def a_line(**given: Any) -> LineTold:
    fields: dict[str, Any] = {
        "ref": "l1",
        "sku": Sku(MUG),
        "name": "Mug",
        "ordered": 2,
        "unit_minor": 10_00,
        "total_minor": 20_00,
        "tax_minor": 3_47,
    }
    return LineTold(**{**fields, **given})


def taken(ref: str, minor: int, **given: Any) -> OperationTold:
    fields: dict[str, Any] = {
        "ref": ref,
        "kind": OperationKind.CAPTURE,
        "phase": OperationPhase.SUCCEEDED,
        "amount": Money(minor, EUR),
        "at": AT,
        "raw_status": "done",
    }
    return OperationTold(**{**fields, **given})


def a_payment(ref: str, *operations: OperationTold, **given: Any) -> PaymentTold:
    fields: dict[str, Any] = {
        "amount": Money(25_00, EUR),
        "tender": TenderKind.CARD,
        "created_at": AT,
        "as_of": AT,
    }
    return PaymentTold(ref=ref, operations=operations, **{**fields, **given})


def a_count(units: int, minutes: int = 0, sku: str = MUG, place: str = "place-1") -> StockTold:
    return StockTold(sku=Sku(sku), location=place, on_hand=units, as_of=after(minutes))


NEW = ProductTold(sku=Sku("LID"), name="Lid", as_of=AT, price=Money(3_00, EUR))

NEWS = [
    (BY_SHOP, a_sale()),
    (BY_SHOP, a_sale(as_of=after(1), raw_status="fulfilled", lines=(a_line(handed_over=2),))),
    (BY_SHOP, a_sale(as_of=after(1), lines=(a_line(handed_over=1),))),
    (
        BY_SHOP,
        a_sale(
            as_of=after(2),
            location=None,
            lines=(a_line(handed_over=2, returned=1),),
            paid_by=("bank:ch_1",),
            payments=(a_payment("t1", taken("t1", 5_00), tender=TenderKind.GIFT_CARD),),
        ),
    ),
    (BY_SHOP, someone("c1", mail("ada@example.com"), mail("a@b.example"))),
    (BY_SHOP, someone("c1", mail("ada@example.org"), as_of=after(3), display_name="Ada L.")),
    (BY_SHOP, someone("c1", mail("ada@example.org"), as_of=after(3), display_name="Ada K.")),
    (BY_BANK, a_payment("pi_1", taken("ch_1", 25_00))),
    (
        BY_BANK,
        a_payment("pi_1", taken("re_1", 2_00, kind=OperationKind.REFUND, original_ref="ch_1")),
    ),
    (BY_BANK, a_payment("pi_2", taken("ch_2", 1_00), order="shop:order:9001")),
    (BY_SHOP, NEW),
    (BY_SHOP, replace(NEW, name="Lid, blue", as_of=after(1))),
    (BY_SHOP, replace(NEW, name="Lid, red", as_of=after(1))),
    (BY_SHOP, a_count(5, sku="LID")),
    (BY_SHOP, a_count(9, 1, sku="LID")),
    (BY_SHOP, a_count(7, 1, sku="LID")),
]


async def tell(shop: Trading, *news: tuple[Teller, Any]) -> None:
    """Tell all of it; what comes too early waits."""
    waiting = list(news)
    while waiting:
        by, told = waiting.pop(0)
        try:
            await telling.tell(shop.stores, by, told)
        except Awaited:
            waiting.append((by, told))


@pytest.fixture
async def emptied(stall: Trading) -> Trading:
    """The small shop, and nothing else."""
    await clear(stall.database)
    return stall


@pytest.mark.parametrize("seed", range(8))
async def test_order_and_repetition_do_not_matter(shelf, emptied, seed):
    await tell(shelf, *NEWS)
    dice = random.Random(seed)
    shuffled = [each for each in NEWS for _ in range(dice.randint(1, 4))]
    dice.shuffle(shuffled)

    await tell(emptied, *shuffled)

    assert await state_of(emptied) == await state_of(shelf)
    assert await story_of(emptied) == await story_of(shelf)


async def test_the_second_time_nothing_is_written(shelf):
    await tell(shelf, *NEWS)
    before = [await state_of(shelf), await journal_of(shelf)]

    await tell(shelf, *NEWS)

    assert [await state_of(shelf), await journal_of(shelf)] == before


async def test_what_must_always_be_true_is(emptied):
    await tell(emptied, *NEWS)
    await journal_of(emptied)

    # The mugs and the first orders of this shop have no beginning in its journal.
    checks = await Checker(emptied.database, most=50).all(lambda *_: None)
    broken = {key for each in checks for key in each.ids}
    first = {new_id(kind, n) for kind in (Kind.STOCK_LEVEL, Kind.ORDER) for n in range(3)}
    assert broken - first == set()
    assert {each.name for each in checks if each.checked} >= {"S1", "P1", "P2", "P4", "E1"}


async def test_it_is_what_was_told_last(shelf):
    await tell(shelf, *NEWS)

    [order] = await shelf.database.find(ORDERS.name, {"number": "#1001"})
    [person] = await shelf.database.find(CUSTOMERS.name, {})
    [product] = await shelf.database.find(PRODUCTS.name, {"sku": "LID"})
    [level] = await shelf.database.find(LEVELS.name, {"sku": "LID"})
    [line] = order["lines"]
    assert (line["handed_over"], line["returned"], order["location_ids"]) == (2, 1, [])
    assert order["totals"]["grand"]["gross_minor"] == 25_00
    assert order["customer_id"] == person["_id"]
    assert person["display_name"] in {"Ada K.", "Ada L."}
    assert {each["value"] for each in person["identities"]} == {"c1", "ada@example.org"}
    assert product["name"].startswith("Lid, ")
    assert (level["on_hand"], level["authority"]["system"]) == (7, "web-nl")


async def test_an_order_has_what_others_took_for_it_once(shelf):
    await tell(shelf, *NEWS)

    [order] = await shelf.database.find(ORDERS.name, {"number": "#1001"})
    paid = await shelf.database.find(PAYMENTS.name, {}, sort=[("minor", 1)])
    assert {each["order_id"] for each in paid} == {order["_id"]}
    assert {each["customer_id"] for each in paid} == {order["customer_id"]}
    assert sorted(each["provider"] for each in paid) == ["bank", "bank", "shop"]


async def test_the_journal_names_the_channel(shelf):
    await tell(shelf, NEWS[0])

    entries = [each for each in await journal_of(shelf) if each["cause"] == "web-nl:ev"]
    assert {each["type"] for each in entries} == {"OrderRecorded", "CustomerRecorded"}
    assert {each["actor"]["id"] for each in entries} == {"web-nl"}


async def people_of(shop: Trading, *news: tuple[Teller, CustomerTold]) -> list[set[str]]:
    """The accounts of each person there is then."""
    await tell(shop, *news)
    rows = await shop.database.find(CUSTOMERS.name, {})
    return [{each["ref"] for each in row["accounts"]} for row in rows]


ADA = (BY_SHOP, someone("c1", mail("ada@example.com"), phone("+31612345678")))
CLAIMED = EvidenceStrength.WEAK


@pytest.mark.parametrize(
    ("came", "is_known"),
    [
        (someone("cus_1", mail("ADA@example.com")), True),
        (someone("cus_1", phone("+31 6 12345678")), True),
        (someone("cus_1", phone("+31612345678"), mail("bo@example.com")), False),
        (someone("cus_1", mail("ada@example.com", CLAIMED)), False),
        (someone("cus_1"), False),
    ],
)
async def test_who_is_recognised(shelf, came, is_known):
    found = await people_of(shelf, ADA, (BY_BANK, came))

    assert sorted(map(sorted, found)) == ([["c1", "cus_1"]] if is_known else [["c1"], ["cus_1"]])


async def test_two_accounts_of_one_channel_are_two_people(shelf):
    twin = (BY_SHOP, someone("c2", mail("ada@example.com")))

    assert sorted(map(sorted, await people_of(shelf, ADA, twin))) == [["c1"], ["c2"]]


async def test_somebody_who_might_be_two_people_is_neither(shelf):
    bo = (BY_SHOP, someone("c2", mail("bo@example.com")))
    both = (BY_BANK, someone("cus_1", mail("ada@example.com"), mail("bo@example.com")))

    assert len(await people_of(shelf, ADA, bo, both)) == 3


async def test_a_claimed_address_takes_nobody_over(shelf):
    claimed = (BY_BANK, someone("cus_1", mail("ada@example.com", CLAIMED)))

    assert len(await people_of(shelf, claimed, ADA)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"total_minor": 25_01},
        {"lines": ()},
        {"lines": (a_line(ordered=0),)},
        {"lines": (a_line(cancelled=1, handed_over=2),)},
        {"lines": (a_line(returned=1),)},
        {"lines": (a_line(), a_line())},
        {"lines": (a_line(tax_minor=21_00),)},
        {"currency": Currency("XXX1")},
        {"discounts_minor": -1, "total_minor": 25_01},
    ],
)
async def test_an_order_that_cannot_be_is_refused_and_leaves_no_trace(shelf, wrong):
    before = await state_of(shelf)

    with pytest.raises(Refused):
        await telling.tell(shelf.stores, BY_SHOP, a_sale(**wrong))

    assert await state_of(shelf) == before


async def test_two_shops_that_count_alike_have_two_orders(shelf):
    other = Teller("shop", replace(SHOP, name="web-be", channel_id=BANK.channel_id), "web-be:ev")

    await tell(shelf, (BY_SHOP, a_sale()), (other, a_sale(ref="9002", customer=None)))

    rows = await shelf.database.find(ORDERS.name, {"number": {"$regex": "^#1001"}})
    assert sorted(row["number"] for row in rows) == ["#1001", "#1001 (9002)"]


async def test_a_product_from_elsewhere_stays_as_it_is(shelf):
    before = await shelf.database.find(PRODUCTS.name, {})

    await tell(shelf, (BY_SHOP, replace(NEW, sku=Sku(MUG), name="A mug, but not ours")))

    assert await shelf.database.find(PRODUCTS.name, {}) == before


async def test_who_does_not_own_a_number_does_not_change_it(shelf):
    before = await shelf.picture()

    answer = await telling.tell(shelf.stores, BY_SHOP, a_count(5))

    assert isinstance(answer, NotTaken)
    assert answer.cause is Cause.OTHER_OWNER
    assert answer.level
    assert "kassa" in answer.why
    assert await shelf.picture() == before


async def test_a_place_that_nobody_configured_is_told(shelf):
    for place in ("place-2", "place-9"):
        answer = await telling.tell(shelf.stores, BY_SHOP, a_count(5, place=place))
        assert isinstance(answer, NotTaken)
        assert answer.cause is Cause.NO_LOCATION


async def test_fewer_units_than_are_promised_are_told(shelf):
    await tell(shelf, (BY_SHOP, NEW), (BY_SHOP, a_count(5, sku="LID")))
    promised = {"$set": {"free": 2, "committed": 3}}
    await shelf.database.change(LEVELS.name, {"sku": "LID"}, promised)

    answer = await telling.tell(shelf.stores, BY_SHOP, a_count(2, 1, sku="LID"))
    assert isinstance(answer, NotTaken)
    assert answer.cause is Cause.PROMISED

    await tell(shelf, (BY_SHOP, a_count(4, 2, sku="LID")))
    [level] = await shelf.database.find(LEVELS.name, {"sku": "LID"})
    assert (level["on_hand"], level["free"], level["committed"]) == (4, 1, 3)
