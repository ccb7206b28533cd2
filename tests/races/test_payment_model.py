"""Whatever is reported in whatever order, payments are what a plain program makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.races.books import check_books
from tests.trading import PARTNER, Trading, money, shelve, tender

SETTINGS = settings(
    max_examples=10,
    stateful_step_count=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
RANK = {"REQUESTED": 0, "UNKNOWN": 1, "FAILED": 2, "SUCCEEDED": 3, "REVERSED": 4}
CLAIMS = {"REQUESTED", "UNKNOWN", "SUCCEEDED"}

amounts = st.integers(1, 150)
picks = st.integers(0, 99)
kinds = st.sampled_from(["AUTHORISE", "CAPTURE", "CANCEL", "REFUND", "CHARGEBACK"])
phases = st.sampled_from(list(RANK))
names = st.sampled_from(["a", "b", "c", None])


@dataclass
class Till:
    """One payment, in plain words: (kind, name) -> [phase, amount]."""

    owed: int
    operations: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def sum(self, kind: str, *phases: str, but: Any = None) -> int:
        wanted = phases or ("SUCCEEDED",)
        return sum(
            minor
            for key, (phase, minor) in self.operations.items()
            if key[0] == kind and phase in wanted and key != but
        )

    def left(self, kind: str, but: Any) -> int | None:
        """How much may be asked for; None: anything."""
        count = partial(self.sum, but=but)
        captured, disputed = count("CAPTURE"), count("CHARGEBACK")
        match kind:
            case "CAPTURE" | "CANCEL":
                promised = count("AUTHORISE") or self.owed
                return promised - count("CAPTURE", *CLAIMS) - count("CANCEL", *CLAIMS)
            case "REFUND":
                return captured - disputed - count("REFUND", *CLAIMS)
            case "CHARGEBACK":
                return captured - disputed
            case _:
                return None

    def report(self, kind: str, name: str, phase: str, minor: int) -> str | None:
        """What is refused, or None."""
        key = (kind, name)
        known = self.operations.get(key)
        if known and RANK[phase] < RANK[known[0]]:
            return None
        now = max((phase, minor), known, key=lambda it: it[1]) if same(known, phase) else None
        phase, minor = now or (phase, minor)
        if (phase, minor) == known:
            return None
        left = self.left(kind, key)
        had = known[1] if known and known[0] in CLAIMS else 0
        if phase in CLAIMS and left is not None and minor > max(left, had, 0):
            return "refused"
        self.operations[key] = (phase, minor)
        return None

    @property
    def sums(self) -> dict[str, int]:
        captured = self.sum("CAPTURE")
        return {
            "authorised": self.sum("AUTHORISE") or captured,
            "captured": captured,
            "cancelled": self.sum("CANCEL"),
            "refunded": self.sum("REFUND"),
            "refund_pending": self.sum("REFUND", "REQUESTED", "UNKNOWN"),
            "disputed": self.sum("CHARGEBACK"),
        }


def same(known: tuple[str, int] | None, phase: str) -> bool:
    return known is not None and known[0] == phase


class Tills(RuleBasedStateMachine):
    """Asks the graph and the model the same; a partner asks, so that the rules hold."""

    def __init__(self, stall: Trading, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.stall, self.loop = stall, loop
        self.tills: dict[str, Till] = {}
        self.asked: list[tuple[str, dict[str, Any], Any]] = []

    def wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @initialize()
    def open(self) -> None:
        self.wait(shelve(self.stall.database))
        self.stall = Trading(self.stall.databases, self.stall.gateways)

    def ask(self, mutation: str, **given: Any) -> Any:
        """Ask by three gateways in turn; the key is the number of the request."""
        n = len(self.asked)
        given = {"idempotencyKey": f"key-{n}", **given}
        answer = self.wait(self.stall.do(mutation, n % 3, PARTNER, **given))
        self.asked.append((mutation, given, answer))
        return answer

    @rule(owed=amounts, phase=phases)
    def pay(self, owed: int, phase: str) -> None:
        till = Till(owed)
        till.report("CAPTURE", "first", phase, owed)
        answer = self.ask("recordPayment", **tender(owed), phase=phase)
        assert not answer["userErrors"], answer
        self.tills[answer["payment"]["id"]] = till

    @precondition(lambda self: self.tills)
    @rule(pick=picks, kind=kinds, name=names, phase=phases, minor=amounts)
    def report(self, pick: int, kind: str, name: str | None, phase: str, minor: int) -> None:
        payment = list(self.tills)[pick % len(self.tills)]
        n = len(self.asked)
        expected = self.tills[payment].report(kind, name or f"{n}", phase, minor)
        given = {"providerRef": f"{name}-{payment}"} if name else {}
        answer = self.ask(
            "recordPayment",
            payment=payment,
            operation=kind,
            phase=phase,
            amount=money(minor),
            occurredAt="2026-01-01T00:00:00Z",
            **given,
        )
        assert bool(answer["userErrors"]) == bool(expected), (answer, expected)

    @precondition(lambda self: self.tills)
    @rule(pick=picks, minor=amounts, phase=st.sampled_from(["REQUESTED", "SUCCEEDED"]))
    def refund(self, pick: int, minor: int, phase: str) -> None:
        payment = list(self.tills)[pick % len(self.tills)]
        expected = self.tills[payment].report("REFUND", f"{len(self.asked)}", phase, minor)
        answer = self.ask("recordRefund", payment=payment, amount=money(minor), phase=phase)
        assert bool(answer["userErrors"]) == bool(expected), (answer, expected)

    @precondition(lambda self: self.tills)
    @rule(pick=picks, minors=st.lists(amounts, min_size=2, max_size=4))
    def refund_at_once(self, pick: int, minors: list[int]) -> None:
        """As many as fit succeed, in whatever order they were served."""
        payment = list(self.tills)[pick % len(self.tills)]
        till, n = self.tills[payment], len(self.asked)

        async def ask() -> list[Any]:
            asked = [
                {"idempotencyKey": f"key-{n + i}", "payment": payment, "amount": money(minor)}
                for i, minor in enumerate(minors)
            ]
            self.asked += [("recordRefund", given, None) for given in asked]
            work = [self.stall.do("recordRefund", i % 3, PARTNER, **g) for i, g in enumerate(asked)]
            return await asyncio.gather(*work)

        answers = self.wait(ask())
        for i, answer in enumerate(answers):
            self.asked[n + i] = (*self.asked[n + i][:2], answer)
            if not answer["userErrors"]:
                assert till.report("REFUND", f"{n + i}", "SUCCEEDED", minors[i]) is None
        left = till.left("REFUND", None)
        refused = [minors[i] for i, answer in enumerate(answers) if answer["userErrors"]]
        assert left is not None
        assert all(minor > left for minor in refused)

    @precondition(lambda self: self.asked)
    @rule(pick=picks)
    def repeat(self, pick: int) -> None:
        mutation, given, first = self.asked[pick % len(self.asked)]
        again = self.wait(self.stall.do(mutation, 1, PARTNER, **given))
        assert _plain(again) == _plain(first)

    @invariant()
    def it_is_what_the_model_says(self) -> None:
        found = self.wait(check_books(self.stall, may_break_rules=True))
        assert found == [self.tills[key].sums for key in sorted(self.tills)]


def _plain(answer: Any) -> bytes:
    return msgspec.json.encode({**answer, "replayed": None})


async def test_payments_are_what_a_plain_program_makes_of_them(stall: Trading):
    machine = partial(Tills, stall, asyncio.get_running_loop())

    await asyncio.to_thread(run_state_machine_as_test, machine, settings=SETTINGS)
