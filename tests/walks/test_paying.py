"""Money that is taken and given back elsewhere is written down here: once, and never too much."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ids import Kind
from domain.viewer import Role
from gateway import auth
from storage.mongo.ledger import POSTINGS
from storage.mongo.payments import PAYMENTS
from tests.making import new_id
from tests.trading import SUMS, Trading, money, tender

ORDER = new_id(Kind.ORDER, 0)
CHANNEL = new_id(Kind.CHANNEL, 0)
CLERK = auth.token(Role.CLERK, new_id(Kind.LOCATION, 0))
PARTNER = auth.token(Role.PARTNER, CHANNEL)
STRANGER = auth.token(Role.PARTNER, new_id(Kind.CHANNEL, 9))


STORY = """query ($id: ID!) { node(id: $id) { ... on Order { paymentStatus
  journal { edges { node { type summary changes { path before after } } } } } } }"""


TAKER = """query ($id: ID!) { node(id: $id) { ... on Payment {
  operations { requestedBy { kind id label device } } } } }"""


CASH = tender(kind="CASH", provider="till")


def sums(payment: dict[str, Any]) -> dict[str, int]:
    return {name: payment[name]["minor"] for name in SUMS if payment[name]["minor"]}


async def paid(shelf: Trading, minor: int = 100_00) -> str:
    """The id of a payment in cash."""
    given = tender(minor, "CASH", provider="till")
    return (await shelf.do("recordPayment", **given))["payment"]["id"]


async def counts(shelf: Trading) -> tuple[int, int]:
    """How many payments and postings there are."""
    count = shelf.database.count
    return await count(PAYMENTS.name, {}, cap=100), await count(POSTINGS.name, {}, cap=100)


async def test_cash_at_a_till_is_taken(shelf: Trading):
    done = await shelf.do("recordPayment", token=CLERK, **CASH)

    assert done["userErrors"] == []
    assert done["payment"]["state"] == "CAPTURED"
    assert done["payment"]["order"] == {"id": ORDER}
    assert sums(done["payment"]) == {
        "authorised": 100_00,
        "captured": 100_00,
        "refundable": 100_00,
    }
    entry = (await shelf.told())[-1]
    assert (entry["type"], entry["seq"]) == ("PaymentCaptured", 1)


async def test_who_took_the_money_is_not_told_to_partners(shelf: Trading):
    done = await shelf.do("recordPayment", token=CLERK, **CASH)
    asked = {"id": done["payment"]["id"]}

    known = (await shelf.kassa.ask(TAKER, auth.token(Role.SUPPORT), **asked))["node"]
    hidden = (await shelf.kassa.ask(TAKER, PARTNER, **asked))["node"]

    [taker] = [each["requestedBy"] for each in known["operations"]]
    assert (taker["id"], taker["label"]) == (new_id(Kind.LOCATION, 0), "clerk")
    for each in hidden["operations"]:
        assert each["requestedBy"] == {**taker, "id": "•••", "label": None, "device": None}


async def test_a_sale_is_paid_by_what_its_till_has_taken(shelf: Trading):
    await shelf.do("recordPayment", **CASH)

    await shelf.told()

    order = (await shelf.kassa.ask(STORY, CLERK, id=ORDER))["node"]
    assert order["paymentStatus"] == "PAID"
    [entry] = [edge["node"] for edge in order["journal"]["edges"]]
    assert entry["summary"] == "Money was taken."
    assert {"path": "captured", "before": "0", "after": "10000"} in entry["changes"]


async def test_a_terminal_promises_first_and_takes_later(shelf: Trading):
    promised = await shelf.do(
        "recordPayment", operation="AUTHORISE", providerRef="auth", **tender(presence="PRESENT")
    )
    taken = await shelf.do(
        "recordPayment",
        payment=promised["payment"]["id"],
        providerRef="cap",
        originalRef="auth",
        amount=money(60_00),
    )

    assert promised["payment"]["state"] == "AUTHORISED"
    assert sums(promised["payment"]) == {"authorised": 100_00}
    assert taken["payment"]["state"] == "PARTLY_CAPTURED"
    assert sums(taken["payment"]) == {
        "authorised": 100_00,
        "captured": 60_00,
        "refundable": 60_00,
    }


async def test_no_more_is_taken_than_was_promised(shelf: Trading):
    done = await shelf.do("recordPayment", operation="AUTHORISE", **tender(50_00))

    refused = await shelf.do("recordPayment", payment=done["payment"]["id"], amount=money(50_01))

    [error] = refused["userErrors"]
    assert error["__typename"] == "AmountExceedsAuthorised"
    assert (error["wanted"]["minor"], error["authorised"]["minor"]) == (50_01, 50_00)
    assert refused["payment"] is None


async def test_a_capture_that_is_reported_twice_counts_once(shelf: Trading):
    given = {**tender(), "providerRef": "cap"}
    answered = await shelf.do("recordPayment", phase="UNKNOWN", **given)
    hooked = await shelf.do("recordPayment", sourceEvent="evt_1", **given)
    again = await shelf.do("recordPayment", sourceEvent="evt_1", **given)
    other = await shelf.do("recordPayment", sourceEvent="evt_2", **given)

    assert answered["payment"]["state"] == "PENDING"
    assert hooked["payment"]["id"] == answered["payment"]["id"] == other["payment"]["id"]
    assert again["payment"]["version"] == hooked["payment"]["version"] == 2
    [operation] = other["payment"]["operations"]
    assert (operation["phase"], operation["sourceEvents"]) == ("SUCCEEDED", ["evt_1", "evt_2"])
    assert sums(other["payment"])["captured"] == 100_00
    assert await counts(shelf) == (1, 1)


async def test_news_that_come_late_change_nothing(shelf: Trading):
    given = {**tender(), "providerRef": "cap"}
    done = await shelf.do("recordPayment", **given)

    late = [
        await shelf.do("recordPayment", phase=phase, **given)
        for phase in ("REQUESTED", "UNKNOWN", "FAILED")
    ]

    assert [each["userErrors"] for each in late] == [[], [], []]
    assert {each["payment"]["version"] for each in late} == {done["payment"]["version"]}


async def test_a_failed_attempt_leaves_the_other_alone(shelf: Trading):
    first = await shelf.do(
        "recordPayment", providerRef="one", phase="FAILED", declineCode="no_funds", **tender()
    )
    then = await shelf.do("recordPayment", payment=first["payment"]["id"], providerRef="two")
    late = await shelf.do(
        "recordPayment", payment=first["payment"]["id"], providerRef="one", phase="FAILED"
    )

    assert first["payment"]["state"] == "DECLINED"
    assert then["payment"]["state"] == late["payment"]["state"] == "CAPTURED"
    assert [each["phase"] for each in late["payment"]["operations"]] == ["FAILED", "SUCCEEDED"]


async def test_what_a_provider_reports_is_true_in_any_order(shelf: Trading):
    given = tender()
    await shelf.do(
        "recordPayment",
        operation="REFUND",
        amount=money(30_00),
        providerRef="re",
        originalRef="cap",
        sourceEvent="evt_2",
        **given,
    )
    await shelf.do("recordPayment", providerRef="auth", operation="AUTHORISE", **given)
    done = await shelf.do(
        "recordPayment", providerRef="cap", sourceEvent="evt_1", originalRef="re", **given
    )

    assert done["userErrors"] == []
    assert sums(done["payment"])["refundable"] == 70_00
    assert done["payment"]["state"] == "PARTLY_REFUNDED"


async def test_money_goes_back_in_parts_and_never_too_much(shelf: Trading):
    payment = await paid(shelf)

    part = await shelf.do("recordRefund", payment=payment, amount=money(40_00), reason="Too hot")
    rest = await shelf.do("recordRefund", payment=payment, amount=money(60_00))
    more = await shelf.do("recordRefund", payment=payment, amount=money(1))

    assert part["refund"]["reason"] == "Too hot"
    assert part["refund"]["amount"]["minor"] == 40_00
    assert part["payment"]["state"] == "PARTLY_REFUNDED"
    assert rest["payment"]["state"] == "REFUNDED"
    [error] = more["userErrors"]
    assert error["__typename"] == "AmountExceedsRefundable"
    assert error["code"] == "AMOUNT_EXCEEDS_REFUNDABLE"
    assert (error["wanted"], error["refundable"]) == (money(1), {"minor": 0})
    assert (more["payment"], more["refund"]) == (None, None)


async def test_what_is_on_its_way_back_cannot_be_given_back_again(shelf: Trading):
    payment = await paid(shelf)
    asked = await shelf.do("recordRefund", payment=payment, amount=money(80_00), phase="REQUESTED")
    refused = await shelf.do("recordRefund", payment=payment, amount=money(30_00))
    operation = asked["payment"]["operations"][-1]["id"]

    failed = await shelf.do(
        "recordPayment",
        payment=payment,
        operation="REFUND",
        operationId=operation,
        phase="FAILED",
        declineCode="account_closed",
    )
    then = await shelf.do("recordRefund", payment=payment, amount=money(30_00))

    assert sums(asked["payment"])["refundPending"] == 80_00
    assert refused["userErrors"][0]["refundable"] == {"minor": 20_00}
    assert sums(failed["payment"])["refundable"] == 100_00
    assert sums(then["payment"])["refunded"] == 30_00


async def test_another_currency_is_no_refund(shelf: Trading):
    payment = await paid(shelf)

    done = await shelf.do("recordRefund", payment=payment, amount=money(1, "EUR"))

    [error] = done["userErrors"]
    assert error["__typename"] == "CurrencyMismatch"
    assert (error["code"], error["expectedCurrency"], error["givenCurrency"]) == (
        "CURRENCY_MISMATCH",
        "SEK",
        "EUR",
    )


async def test_an_order_is_paid_in_its_own_currency(shelf: Trading):
    done = await shelf.do("recordPayment", **tender(amount=money(1, "NOK")))

    assert [each["__typename"] for each in done["userErrors"]] == ["CurrencyMismatch"]
    assert await counts(shelf) == (0, 0)


async def test_a_copy_gets_the_answer_that_was_given(shelf: Trading):
    given = {**CASH, "idempotencyKey": "once"}
    done = await shelf.do("recordPayment", **given)

    again = await shelf.do("recordPayment", **given)
    other = await shelf.do("recordPayment", **tender(1), idempotencyKey="once")

    assert again == {**done, "replayed": True}
    assert [each["code"] for each in other["userErrors"]] == ["IDEMPOTENCY_MISMATCH"]
    assert await counts(shelf) == (1, 1)


async def test_a_copy_after_its_answer_was_forgotten_moves_nothing(shelf: Trading):
    given = {**CASH, "idempotencyKey": "once"}
    done = await shelf.do("recordPayment", **given)
    for name in ("claims", "answers"):
        await shelf.database.delete(name, {})

    again = await shelf.do("recordPayment", **given)

    assert again == done
    assert await counts(shelf) == (1, 1)


@pytest.mark.parametrize("minor", [-1, 0, 1.5, 2**53, "1", True, None])
@pytest.mark.parametrize("mutation", ["recordPayment", "recordRefund"])
async def test_what_is_no_amount_is_refused(shelf: Trading, minor: Any, mutation: str):
    payment = await paid(shelf)
    before = await counts(shelf)
    given = {
        "recordPayment": tender(amount=money(minor)),
        "recordRefund": {"payment": payment, "amount": money(minor)},
    }[mutation]

    said = await shelf.said(mutation, **given)

    assert said in ({"INVALID"}, {"BAD_USER_INPUT"}), said
    assert await counts(shelf) == before


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, None),
        ({"order": ORDER}, None),
        ({**CASH, "payment": "pay_x"}, None),
        ({"tender": CASH["tender"]}, None),
        (tender(provider="Adyen:x"), ["tender", "provider"]),
        (tender(merchantAccount=""), ["tender", "merchantAccount"]),
        ({**tender(amount=money(1, "sek")), "order": None}, ["tender", "amount", "currency"]),
        ({**CASH, "providerRef": "a\x00b"}, ["providerRef"]),
        ({**CASH, "sourceEvent": "x" * 256}, ["sourceEvent"]),
        ({**CASH, "occurredAt": "2999-01-01T00:00:00Z"}, ["occurredAt"]),
    ],
)
async def test_what_cannot_be_recorded_says_why(shelf: Trading, given: Any, path: list[str] | None):
    done = await shelf.do("recordPayment", **given)

    [error] = done["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", path)
    assert await counts(shelf) == (0, 0)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"payment": new_id(Kind.PAYMENT, 9)}, ["payment"]),
        ({**CASH, "channel": new_id(Kind.CHANNEL, 9)}, ["channel"]),
        ({**CASH, "order": new_id(Kind.ORDER, 9)}, ["order"]),
        ({**CASH, "order": None, "channel": "\x00"}, ["channel"]),
    ],
)
async def test_what_is_not_there_is_not_found(shelf: Trading, given: Any, path: list[str]):
    done = await shelf.do("recordPayment", **given)

    [error] = done["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", path)


async def test_what_is_out_of_reach_reads_as_if_it_were_not_there(shelf: Trading):
    payment = await paid(shelf)
    unknown = new_id(Kind.PAYMENT, 9)

    for mutation, given in (("recordPayment", {}), ("recordRefund", {"amount": money(1)})):
        hidden = await shelf.do(mutation, token=STRANGER, payment=payment, **given)
        missing = await shelf.do(mutation, token=STRANGER, payment=unknown, **given)
        said = str(hidden["userErrors"]).replace(payment, unknown)
        assert said == str(missing["userErrors"])
        assert hidden["userErrors"][0]["code"] == "NOT_FOUND"


async def test_a_partner_writes_down_what_its_own_channels_took(shelf: Trading):
    done = await shelf.do("recordPayment", token=PARTNER, **tender())
    refused = await shelf.do("recordPayment", token=STRANGER, **tender())

    assert done["userErrors"] == []
    assert [each["path"] for each in refused["userErrors"]] == [["channel"]]


@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.SHOPPER, Role.SUPPORT])
async def test_who_takes_no_money_may_not_say_so(shelf: Trading, role: Role):
    subject = new_id(Kind.CUSTOMER, 0) if role is Role.SHOPPER else None
    token = None if role is Role.ANONYMOUS else auth.token(role, subject)

    assert await shelf.said("recordPayment", token=token, **CASH) == {"FORBIDDEN"}
    assert await counts(shelf) == (0, 0)


async def test_who_asks_may_not_call_it_a_fact(shelf: Trading):
    """Only what a provider's own event tells through us is recorded against the rules."""
    payment = await paid(shelf)
    given = {
        "payment": payment,
        "operation": "REFUND",
        "amount": money(100_01),
        "sourceEvent": "evt",
    }

    asked = await shelf.do("recordPayment", token=PARTNER, **given)
    fact = await shelf.do("recordPayment", **given)

    assert [each["__typename"] for each in asked["userErrors"]] == ["AmountExceedsRefundable"]
    assert fact["userErrors"] == []
    assert sums(fact["payment"])["refundable"] == -1


async def test_a_reference_is_the_name_of_one_payment(shelf: Trading):
    given = {**tender(), "providerRef": "cap"}
    await shelf.do("recordPayment", **given)
    other = await shelf.do("recordPayment", **tender(), providerRef="cap-2")

    done = await shelf.do(
        "recordPayment", payment=other["payment"]["id"], providerRef="cap", operation="REFUND"
    )

    assert [each["path"] for each in done["userErrors"]] == [["providerRef"]]


async def test_goods_that_came_back_from_elsewhere_are_not_refunded(shelf: Trading):
    payment = await paid(shelf)

    done = await shelf.do(
        "recordRefund", payment=payment, amount=money(1), **{"return": new_id(Kind.RETURN, 0)}
    )

    assert [each["path"] for each in done["userErrors"]] == [["return"]]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.CLERK, Role.SUPPORT])
async def test_the_books_are_open_to_who_keeps_them(shelf: Trading, role: Role):
    payment = await paid(shelf)
    await shelf.do("recordRefund", payment=payment, amount=money(25_00))

    shown = await shelf.kassa.ask(
        "query ($id: ID!) { payment(id: $id) { clearing { account cause "
        "debit { minor } credit { minor } } } }",
        auth.token(role, new_id(Kind.LOCATION, 0) if role is Role.CLERK else None),
        id=payment,
    )

    lines = [
        (each["account"], (each["debit"] or each["credit"])["minor"], bool(each["debit"]))
        for each in shown["payment"]["clearing"]
    ]
    books = [
        ("clearing:till:till", 100_00, True),
        (f"receivable:{ORDER}", 100_00, False),
        (f"refunds:{ORDER}", 25_00, True),
        ("clearing:till:till", 25_00, False),
    ]
    assert lines == (books if role is Role.FINANCE else [])
