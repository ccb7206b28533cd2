"""Whatever is asked in whatever order, stock is what a plain program makes of it.

Hypothesis asks, by three gateways in turn; after each step S1 to S4 must hold, and the journal
played from its beginning must give what stands in the database.
"""

from __future__ import annotations

import asyncio
from copy import deepcopy
from functools import partial
from typing import Any

import msgspec
import pytest
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

from storage.mongo.stock.far import MOST_NEAR
from tests.races.checking import check_journal
from tests.races.model import Model
from tests.trading import ORDERS, Trading, counted, more, moved, mugs, shelve, trading

SETTINGS = settings(
    max_examples=12,
    stateful_step_count=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)

places = st.integers(0, 2)
units = st.integers(1, 6)
orders = st.sampled_from([None, *ORDERS])
picks = st.integers(0, 99)


class Shop(RuleBasedStateMachine):
    """Asks the graph and the model the same."""

    def __init__(self, stall: Trading, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.stall, self.loop = stall, loop
        self.model = Model()
        self.asked: list[tuple[str, dict[str, Any], Any]] = []
        self.ids: dict[str, str] = {}

    def wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @initialize()
    def open(self) -> None:
        self.wait(shelve(self.stall.database))
        self.stall = Trading(self.stall.databases, self.stall.gateways)

    def ask(self, mutation: str, expected: str | None, **given: Any) -> None:
        """Ask, and compare; the key is the number of the request."""
        given = {"idempotencyKey": f"key-{len(self.asked)}", **given}
        gateway = len(self.asked) % 3
        answer = self.wait(self.stall.do(mutation, gateway, **given))
        self.asked.append((mutation, given, answer))
        assert _code(answer) == expected, (mutation, given, answer)
        self._remember(given["idempotencyKey"], answer)

    def _remember(self, key: str, answer: Any) -> None:
        made = answer.get("reservation") or answer.get("transfer")
        if made:
            self.ids.setdefault(key, made["id"])

    @property
    def key(self) -> str:
        return f"key-{len(self.asked)}"

    @rule(lines=st.dictionaries(places, units, min_size=1, max_size=3))
    def reserve(self, lines: dict[int, int]) -> None:
        expected = self.model.reserve(self.key, lines)
        self.ask("reserveStock", expected, lines=[mugs(q, at=n) for n, q in lines.items()])

    @precondition(lambda self: self.model.held)
    @rule(pick=picks, minutes=st.sampled_from([1, 15, 1440]))
    def extend(self, pick: int, minutes: int) -> None:
        key = self._held(pick)
        expected = self.model.extend(key)
        self.ask("extendReservation", expected, reservation=self.ids[key], minutes=minutes)

    @precondition(lambda self: self.model.held)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        key = self._held(pick)
        self.ask("releaseReservation", self.model.release(key), reservation=self.ids[key])

    @precondition(lambda self: self.model.held)
    @rule(pick=picks, order=orders)
    def commit(self, pick: int, order: str | None) -> None:
        key = self._held(pick)
        expected = self.model.commit(key, order)
        self.ask("commitReservation", expected, reservation=self.ids[key], order=order)

    @precondition(lambda self: self.model.held)
    @rule(pick=picks, at=st.lists(places, min_size=1, max_size=3, unique=True))
    def run_out(self, pick: int, at: list[int]) -> None:
        key = self._held(pick)
        self.model.run_out(key, at)
        self.wait(self.stall.runs_out(self.ids[key], *at))

    @rule()
    def sweep(self) -> None:
        self.model.sweep()
        self.wait(self.stall.stores.holds.expire(10))

    @rule(changes=st.lists(st.tuples(places, st.sampled_from([-9, -3, 2, 5])), min_size=1))
    def adjust(self, changes: list[tuple[int, int]]) -> None:
        expected = self.model.adjust(changes[:4])
        self.ask("adjustStock", expected, changes=[more(d, at=n) for n, d in changes[:4]])

    @rule(n=places, found=st.integers(0, 12), stale=st.booleans())
    def count(self, n: int, found: int, stale: bool) -> None:
        version = self.wait(self.stall.level(n))["version"]
        expected = self.model.count(n, found, is_stale=stale)
        self.ask("countStock", expected, counts=[counted(found, version + stale, at=n)])

    @rule(ends=st.permutations([0, 1, 2]), quantity=units)
    def transfer(self, ends: list[int], quantity: int) -> None:
        source, target, _ = ends
        expected = self.model.transfer(self.key, source, target, quantity)
        self.ask("transferStock", expected, **moved(quantity, source, target))

    @precondition(lambda self: self.model.sent)
    @rule(pick=picks, came=st.integers(0, 6))
    def receive(self, pick: int, came: int) -> None:
        key = _pick(self.model.sent, pick)
        expected = self.model.receive(key, came)
        self.ask("receiveTransfer", expected, transfer=self.ids[key], received=came)

    @precondition(lambda self: self.asked)
    @rule(pick=picks, copies=st.integers(1, 3))
    def repeat(self, pick: int, copies: int) -> None:
        mutation, given, first = self.asked[pick % len(self.asked)]
        again = self._together(*([(mutation, given)] * copies))
        assert all(_plain(each) == _plain(first) for each in again)

    @precondition(lambda self: len(self.model.held) > 1)
    @rule(a=picks, b=picks, ends=st.tuples(*[st.sampled_from(["release", "commit"])] * 2))
    def two_ends_at_once(self, a: int, b: int, ends: tuple[str, str]) -> None:
        """Two at once end as if one had come after the other; which one is not for us to say."""
        wanted = [(end, self._held(pick)) for end, pick in zip(ends, (a, b), strict=True)]
        if wanted[0][1] == wanted[1][1] and len(self.model.held[wanted[0][1]].lines) > 1:
            return
        requests = []
        for end, key in wanted:
            given = {"idempotencyKey": self.key, "reservation": self.ids[key]}
            requests.append((f"{end}Reservation", given))
            self.asked.append((f"{end}Reservation", given, None))
        answers = self._together(*requests)
        for n, answer in enumerate(answers, -2):
            self.asked[n] = (*self.asked[n][:2], answer)
        self._one_of([_code(each) for each in answers], wanted)

    def _one_of(self, codes: list[str | None], wanted: list[tuple[str, str]]) -> None:
        now = self.wait(_numbers(self.stall))
        seen = []
        for order in ((0, 1), (1, 0)):
            model, found = deepcopy(self.model), {}
            for n in order:
                end, key = wanted[n]
                found[n] = model.release(key) if end == "release" else model.commit(key, None)
            seen.append(([found[0], found[1]], model.numbers))
            if ([_ends(found[0]), _ends(found[1])], model.numbers) == (
                [_ends(code) for code in codes],
                now,
            ):
                self.model = model
                return
        raise AssertionError((codes, now, seen))

    def _together(self, *requests: tuple[str, dict[str, Any]]) -> list[Any]:
        async def ask() -> list[Any]:
            return await asyncio.gather(
                *(self.stall.do(name, n % 3, **given) for n, (name, given) in enumerate(requests))
            )

        return self.wait(ask())

    def _held(self, pick: int) -> str:
        return _pick(self.model.held, pick)

    @invariant()
    def it_is_what_the_model_says(self) -> None:
        self.wait(check_journal(self.stall))
        assert self.wait(_numbers(self.stall)) == self.model.numbers


def _ends(code: str | None) -> str | None:
    """A commit that came too late finds that it is illegal, or that nothing is held any more."""
    return "TOO_LATE" if code in {"ILLEGAL_TRANSITION", "RESERVATION_EXPIRED"} else code


def _pick(things: dict[str, Any], pick: int) -> str:
    return list(things)[pick % len(things)]


def _code(answer: Any) -> str | None:
    return answer["userErrors"][0]["code"] if answer["userErrors"] else None


def _plain(answer: Any) -> bytes:
    return msgspec.json.encode({**answer, "replayed": None})


async def _numbers(stall: Trading) -> list[tuple[int, ...]]:
    names = ("on_hand", "free", "reserved", "committed", "incoming")
    levels = [await stall.level(n) for n in range(3)]
    return [tuple(level[name] for name in names) for level in levels]


@pytest.mark.parametrize("most_near", [MOST_NEAR, 2], ids=["all holds near", "most of them far"])
async def test_stock_is_what_a_plain_program_makes_of_it(servers, driver, most_near):
    url, setting = servers.mongodb_url, {"gateways": 3, "most_near": most_near}
    async with trading(url, driver, with_upkeep=False, **setting) as stall:
        machine = partial(Shop, stall, asyncio.get_running_loop())

        await asyncio.to_thread(run_state_machine_as_test, machine, settings=SETTINGS)
