"""Acknowledged ⊆ present ⊆ attempted, for money: each cent has one operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.chaos.checker.run import Operation, Run

Cents = Counter[tuple[str, int]]
"""How often a payment's id and an amount belong together."""

Side = tuple[str, int]
"""A kind of account, and what it was debited with; less than zero, what it was credited with."""

ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "CAPTURE": ("clearing", "receivable"),
    "REFUND": ("refunds", "clearing"),
}
"""What is debited and what is credited."""


def payments_are_those_recorded(run: Run) -> Iterator[str]:
    """Each acknowledged payment is there, and its order knows it; there are no others."""
    recorded = {each.made("payment") for each in run.done("recordPayment")}
    before = _of_orders(run, "before")
    after = _of_orders(run, "after")
    if lost := sorted((recorded | before) - after):
        yield f"Payments were acknowledged and are not there: {lost}."
    strangers, unsure = sorted(after - before - recorded), len(run.open("recordPayment"))
    if len(strangers) > unsure:
        yield f"Payments are there that nobody recorded: {strangers}; {unsure} wishes are open."


def one_reference_is_one_operation(run: Run) -> Iterator[str]:
    """Whoever reports the same, at once or later, is told of the same payment and its operation."""
    for what in ("recordPayment", "recordRefund"):
        payment_by_ref: dict[str, str] = {}
        for each in run.done(what):
            ref, payment = each.input("providerRef"), each.made("payment")
            if (other := payment_by_ref.setdefault(ref, payment)) != payment:
                yield f"{each}: {ref} is of {payment} and of {other}."
    for payment in run.values("after", "payment"):
        refs = Counter(each["providerRef"] for each in payment["operations"])
        for ref in (ref for ref, times in refs.items() if times > 1):
            yield f"{payment['id']}: there are {refs[ref]} operations that are {ref}."


def operations_are_those_recorded(run: Run) -> Iterator[str]:
    """Each payment's operations are the acknowledged captures and refunds, each of them once.

    What anybody knows to have succeeded has, whoever knows less and when.
    """
    for what, kind in (("recordPayment", "CAPTURE"), ("recordRefund", "REFUND")):
        sure = Cents({each.input("providerRef"): _cents(each) for each in run.done(what)}.values())
        unsure = {each.input("providerRef"): _amount(each) for each in run.open(what)}
        possible = Counter(unsure.values())
        seen = Cents(
            (payment["id"], operation["amount"]["minor"])
            for payment in run.values("after", "payment")
            for operation in payment["operations"]
            if (operation["kind"], operation["phase"]) == (kind, "SUCCEEDED")
        )
        for (payment, minor), times in (sure - seen).items():
            yield f"{payment}: a {kind} of {minor} was acknowledged, {times} too few are there."
        for (payment, minor), times in (seen - sure).items():
            if times > possible[minor]:
                yield f"{payment}: a {kind} of {minor} is there {times} times too often."


def sums_are_those_of_the_operations(run: Run) -> Iterator[str]:
    """A payment stands where its acknowledged operations put it; no more goes back than came."""
    for payment in run.values("after", "payment"):
        captured, returned = _sum(payment, "CAPTURE"), _sum(payment, "REFUND")
        told = payment["captured"]["minor"]
        back = payment["refunded"]["minor"] + payment["refundPending"]["minor"]
        if (told, back) != (captured, returned):
            wanted = f"by its operations {captured} and {returned}"
            yield f"{payment['id']}: {told} came and {back} went back; {wanted}."
        if back > told:
            yield f"{payment['id']}: {back} went back of {told}."


def every_cent_is_posted_once(run: Run) -> Iterator[str]:
    """The ledger has what each operation moved, on both of its sides, and nothing else."""
    for payment in run.values("after", "payment"):
        wanted = Counter[Side]()
        for operation in payment["operations"]:
            minor = operation["amount"]["minor"]
            debit, credit = ACCOUNTS[operation["kind"]]
            wanted.update([(debit, minor), (credit, -minor)])
        posted = Counter(_side(line) for line in payment["clearing"])
        if posted != wanted:
            missing, odd = dict(wanted - posted), dict(posted - wanted)
            yield f"{payment['id']}: not posted are {missing}, and nobody moved {odd}."


def _side(line: Mapping[str, Any]) -> Side:
    minor = line["debit"]["minor"] if line["debit"] else -line["credit"]["minor"]
    return line["account"].partition(":")[0], minor


def _sum(payment: Mapping[str, Any], kind: str) -> int:
    return sum(each["amount"]["minor"] for each in payment["operations"] if each["kind"] == kind)


def _of_orders(run: Run, when: str) -> set[str]:
    orders = run.values(when, "order")
    return {payment["id"] for order in orders for payment in order["payments"]}


def _cents(each: Operation) -> tuple[str, int]:
    return each.made("payment"), _amount(each)


def _amount(each: Operation) -> int:
    if each.wish.kind == "recordPayment":
        return each.input("tender")["amount"]["minor"]
    return each.input("amount")["minor"]
