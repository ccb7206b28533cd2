"""What every adapter must do, whatever its channel: one suite, run for each of them.

A test module makes a class of it and says what the channel's deliveries look like:

    class TestPenny(Conformance):
        @pytest.fixture
        def example(self) -> Example: ...
"""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from domain.channels.abilities import Hooks, Reading, Repeats, Setting, Thing, Writing
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.answers import (
    Instruction,
    LinkAsked,
    ReadError,
    Trouble,
    Unknown,
    Written,
)
from domain.channels.inbound import (
    Delivery,
    Fact,
    Forged,
    RefetchHint,
    Snapshot,
    Unreadable,
    Unrecognised,
)
from domain.channels.numbered import Entry
from domain.channels.pushing import StockSet
from domain.channels.told import OperationTold, PaymentTold
from domain.ids import ChannelId, Kind, OperationId, PaymentLinkId, Sku
from domain.money import Currency, Money
from domain.ports.channels import (
    Adapter,
    Call,
    CallFailed,
    MakesLinks,
    Opens,
    Operates,
    Reply,
    SetsStock,
)
from tests.making import new_id

MOST_LINES = 250
TABLES = frozenset({"words.py", "translate.py", "translate"})
"""What only says the same in another language is as long as the language: it is not counted.

Who is told of stock, too, may be a third longer.
"""

OLD, NEW, FOREIGN = Secret("old-" * 8), Secret("new-" * 8), Secret("foreign-" * 4)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

Signs = Callable[[bytes, Secret, datetime], Mapping[str, str]]
"""The headers with which the channel would send a body."""


class Example(Struct, kw_only=True):
    """A channel in a few of its own deliveries; `unknown` ones use words nobody knows yet."""

    opens: Opens
    signs: Signs
    bodies: Sequence[bytes]
    unknown: Sequence[bytes] = ()
    options: Mapping[str, Any] = {}
    signs_time: bool = True

    def account(self, **options: Any) -> Account:
        return Account(
            name="example",
            channel_id=ChannelId(new_id(Kind.CHANNEL, 0)),
            account="acct_example",
            base_url="https://api.example.com",
            key=Secret("key-of-the-example"),
            currency=Currency("EUR"),
            options={**self.options, **options},
        )

    def adapter(self, trouble: Trouble = Trouble.UNAVAILABLE) -> Adapter:
        return self.opens(self.account(), Down(trouble))

    def delivery(self, body: bytes, secret: Secret = NEW, at: datetime = NOW) -> Delivery:
        headers = self.signs(body, secret, at)
        return Delivery(endpoint="example", headers=headers, body=body, received_at=at)

    def deliveries(self, secret: Secret = NEW) -> list[Delivery]:
        return [self.delivery(body, secret) for body in (*self.bodies, *self.unknown)]


class Down:
    """A transport to a channel that does not answer."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble

    async def ask(self, _: Call, /) -> Reply:
        raise CallFailed(self.trouble, "It does not answer.", 1.0)

    def allow(self, calls_left: float, per_second: float) -> None: ...


class Says:
    """A transport to a channel that always says the same."""

    def __init__(self, status: int, body: bytes) -> None:
        self.reply = Reply(status, {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}, body)
        self.calls: list[Call] = []

    async def ask(self, call: Call, /) -> Reply:
        self.calls.append(call)
        return self.reply

    def allow(self, calls_left: float, per_second: float) -> None: ...


class Conformance:
    """Make a subclass with an `example`."""

    @pytest.fixture
    def example(self) -> Example:
        raise NotImplementedError

    def test_it_is_small(self, example):
        folder = Path(inspect.getfile(example.opens)).parent
        files = [
            path
            for path in folder.rglob("*.py")
            if TABLES.isdisjoint(path.relative_to(folder).parts)
        ]
        doors = 1 + isinstance(example.adapter(), SetsStock) / 3
        assert sum(len(path.read_text().splitlines()) for path in files) <= MOST_LINES * doors

    def test_what_it_says_it_can_do_it_can(self, example):
        adapter = example.adapter()
        can = adapter.capabilities
        assert isinstance(adapter, Operates) == bool(can.writes)
        assert isinstance(adapter, SetsStock) == (can.sets_stock is not Setting.NONE)
        assert can.links is None or isinstance(adapter, MakesLinks)
        assert all(can.batch[thing] > 1 for thing, how in can.reads.items() if how is Reading.BATCH)
        assert all(name == name.lower() for name in can.headers)
        assert can.windows or can.hooks is not Hooks.NONE, "nothing would ever be heard of it"
        assert 200 <= can.ack.status < 300

    def test_options_that_it_does_not_know_are_told(self, example):
        with pytest.raises(Misconfigured):
            example.opens(example.account(surely_not_an_option=1), Down(Trouble.UNAVAILABLE))

    def test_a_delivery_is_taken_under_each_active_secret(self, example):
        adapter = example.adapter()
        for old, new in zip(example.deliveries(OLD), example.deliveries(NEW), strict=True):
            key = adapter.verify(old, [NEW, OLD], NOW)
            assert key == adapter.verify(new, [NEW, OLD], NOW)
            assert 1 <= len(key) <= 200
            assert key.isprintable()

    def test_different_deliveries_have_different_keys(self, example):
        adapter = example.adapter()
        keys = [adapter.verify(each, [NEW], NOW) for each in example.deliveries()]
        assert len(set(keys)) == len(keys)

    def test_no_other_secret_will_do(self, example):
        adapter = example.adapter()
        if adapter.capabilities.hooks is not Hooks.SIGNED:
            pytest.skip("what comes is not signed: it is fetched")
        for each in example.deliveries(FOREIGN):
            for secrets in ([NEW, OLD], []):
                with pytest.raises(Forged):
                    adapter.verify(each, secrets, NOW)

    def test_a_body_or_a_header_that_was_changed_is_forged(self, example):
        adapter = example.adapter()
        if adapter.capabilities.hooks is not Hooks.SIGNED:
            pytest.skip("what comes is not signed: it is fetched")
        for each in example.deliveries():
            for body in (each.body + b" ", each.body[:-1], b""):
                with pytest.raises(Forged):
                    adapter.verify(replace(each, body=body), [NEW], NOW)
            for headers in _damaged(each.headers):
                with pytest.raises(Forged):
                    adapter.verify(replace(each, headers=headers), [NEW], NOW)

    def test_what_was_signed_long_ago_is_not_taken_again(self, example):
        if not example.signs_time:
            pytest.skip("this channel does not sign the time")
        adapter = example.adapter()
        delivery = example.delivery(example.bodies[0])
        for now in (NOW - timedelta(days=1), NOW + timedelta(days=1)):
            with pytest.raises(Forged):
                adapter.verify(delivery, [NEW], now)

    def test_all_of_it_can_be_read_and_reading_has_no_memory(self, example):
        adapter = example.adapter()
        for body in example.bodies:
            delivery = example.delivery(body)
            news = adapter.parse(delivery)
            assert news == adapter.parse(delivery) == example.adapter().parse(delivery)
            for each in news:
                _sound(each)
                assert not isinstance(each, Unrecognised)

    def test_an_unknown_word_is_told_and_nothing_breaks(self, example):
        adapter = example.adapter()
        for body in example.unknown:
            news = adapter.parse(example.delivery(body))
            said = [word for each in news for word in _words(each)]
            assert said
            assert all(word.field and word.raw for word in said)
            for each in news:
                _sound(each)

    def test_what_is_no_delivery_is_called_so(self, example):
        adapter = example.adapter()
        for body in _garbage(example.bodies):
            with suppress(Unreadable):
                for each in adapter.parse(example.delivery(body)):
                    _sound(each)

    @pytest.mark.parametrize("trouble", Trouble)
    async def test_each_key_gets_an_answer_when_nobody_answers(self, example, trouble):
        adapter = example.adapter(trouble)
        for thing in Thing:
            keys = ["one", "two", "three"]
            answers = await adapter.fetch_many(thing, keys)
            assert len(answers) == len(keys)
            assert all(isinstance(each, ReadError) for each in answers)

    async def test_changes_that_cannot_be_had_are_told_as_such(self, example):
        adapter = example.adapter()
        for thing in adapter.capabilities.windows:
            with pytest.raises(CallFailed):
                await adapter.changes(thing, NOW, None)

    async def test_what_was_told_to_who_does_not_answer_is_unknown(self, example):
        adapter = example.adapter()
        if not isinstance(adapter, Operates):
            pytest.skip("it cannot be told to do anything")
        for kind in adapter.capabilities.writes:
            assert isinstance(await _told(adapter, kind), Unknown)
            assert isinstance(await adapter.observe(kind, INSTRUCTION), Unknown)

    @pytest.mark.parametrize("status", [200, 202, 301, 401, 403, 500, 503])
    async def test_what_is_no_answer_to_a_write_is_unknown(self, example, status):
        """Whoever took it for a refusal would free the money, for a success give it away."""
        for body in (b"", b"null", b"[]", b"{}", b"<html>", b'{"id": 1}', b"\xff", b"[" * 10_000):
            adapter = example.opens(example.account(), Says(status, body))
            if not isinstance(adapter, Operates):
                pytest.skip("it cannot be told to do anything")
            for kind in adapter.capabilities.writes:
                assert isinstance(await _told(adapter, kind), Unknown), body
                assert isinstance(await adapter.observe(kind, INSTRUCTION), Unknown), body

    @pytest.mark.parametrize("status", [200, 202, 301, 401, 403, 500, 503])
    async def test_what_is_no_answer_about_a_link_is_unknown(self, example, status):
        for body in (b"", b"null", b"[]", b"{}", b"<html>", b'{"id": 1}', b"\xff", b"[" * 10_000):
            adapter = example.opens(example.account(), Says(status, body))
            if not isinstance(adapter, MakesLinks):
                pytest.skip("it makes no links to pay by")
            assert isinstance(await adapter.open_link(LINK), Unknown), body
            assert isinstance(await adapter.close_link(LINK), Unknown), body

    async def test_what_is_told_of_a_link_names_it_and_is_always_the_same(self, example):
        sent: list[list[Call]] = []
        for _ in range(2):
            transport = Says(503, b"")
            adapter = example.opens(example.account(), transport)
            if not isinstance(adapter, MakesLinks):
                pytest.skip("it makes no links to pay by")
            await adapter.open_link(LINK)
            await adapter.close_link(LINK)
            sent.append(transport.calls)

        assert sent[0] == sent[1]
        for call in sent[0]:
            shown = " ".join(call.headers.values()) + (call.body or b"").decode()
            assert LINK.link_id in shown
            assert call.is_repeatable

    async def test_a_write_names_its_operation_and_is_always_the_same(self, example):
        sent: list[list[Call]] = []
        for _ in range(2):
            transport = Says(503, b"")
            adapter = example.opens(example.account(), transport)
            if not isinstance(adapter, Operates):
                pytest.skip("it cannot be told to do anything")
            for kind in sorted(adapter.capabilities.writes):
                await _told(adapter, kind)
            sent.append(transport.calls)

        assert sent[0] == sent[1]
        assert sent[0]
        for call in sent[0]:
            shown = " ".join(call.headers.values()) + (call.body or b"").decode()
            assert INSTRUCTION.operation_id in shown
            is_recognised = adapter.capabilities.repeats is Repeats.RECOGNISED
            assert is_recognised or not call.is_repeatable

    @pytest.mark.parametrize("trouble", Trouble)
    async def test_each_number_gets_an_answer_when_nobody_answers(self, example, trouble):
        adapter = example.adapter(trouble)
        if not isinstance(adapter, SetsStock):
            pytest.skip("it is told of no stock")
        told = [
            StockSet(sku=Sku(sku), place="7", quantity=1, expected=0, key=sku)
            for sku in ("MUG", 'a "mug"', "MUG-2")
        ]
        places = [(each.sku, each.place) for each in told]

        assert [type(each) for each in await adapter.stock(places)] == [ReadError] * 3
        assert [type(each) for each in await adapter.set_stock(told)] == [Unknown] * 3
        assert list(await adapter.stock([])) == list(await adapter.set_stock([])) == []

    def test_no_secret_is_seen(self, example):
        account = example.account()
        for shown in (repr(account), str(account), repr(example.adapter()), f"{NEW}"):
            assert "key-of-the-example" not in shown
            assert "new-" not in shown


INSTRUCTION = Instruction(
    operation_id=OperationId(new_id(Kind.OPERATION, 1)),
    payment_ref="pay_1",
    original_ref="op_1",
    amount=Money(100, Currency("EUR")),
)


LINK = LinkAsked(
    link_id=PaymentLinkId(new_id(Kind.PAYMENT_LINK, 1)),
    amount=Money(100, Currency("EUR")),
    expires_at=NOW,
    title="Order 1",
    ref="page_1",
)


async def _told(adapter: Operates, kind: Writing) -> Written:
    """What comes of telling it to do something."""
    doing = {
        Writing.CAPTURE: adapter.capture,
        Writing.CANCEL: adapter.cancel,
        Writing.REFUND: adapter.refund,
    }
    return await doing[kind](INSTRUCTION)


def _damaged(headers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    yield {}
    for name, value in headers.items():
        if not any(character.isdigit() for character in value):
            continue  # it says what the delivery is about, and need not be signed
        yield {**headers, name: ""}
        yield {**headers, name: value[: len(value) // 2]}
        yield {**headers, name: ",".join([value] * 5_000)}
        yield {**headers, name: f"{value}\u00e9"}


def _garbage(bodies: Sequence[bytes]) -> Iterator[bytes]:
    yield from (b"", b"null", b"1", b'"x"', b"[]", b"[[]]", b"{}", b"\xff\xfe", b"[" * 10_000)
    dice = random.Random(7)
    for body in bodies:
        yield body[: len(body) // 2]
        try:
            document = json.loads(body)
        except ValueError:
            continue
        for path in _paths(document):
            for wrong in (None, -1, 1.5, "", "x" * 10_000, [], {}, 2**70, True):
                if dice.random() < 0.5:
                    yield json.dumps(_changed(document, path, wrong)).encode()


def _paths(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    found = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in found:
        yield (*at, key)
        yield from _paths(value, (*at, key))


def _changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(document))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def _words(news: Any) -> Sequence[Any]:
    match news:
        case Unrecognised(word):
            return [word]
        case Snapshot(words=words) | Fact(words=words) | Entry(words=words):
            return words
        case _:
            return []


def _sound(news: Any) -> None:
    """Everything in it is of a form that our own rooms take."""
    match news:
        case Fact(ref, operation):
            _text(ref)
            _operation(operation)
        case RefetchHint(thing, key):
            assert isinstance(thing, Thing)
            _text(key)
        case Unrecognised(word):
            assert isinstance(word.raw, str)
        case Snapshot(PaymentTold() as told):
            _payment(told)
        case Entry(key=key, digest=digest, at=at, order=order):
            _text(key.device)
            _text(digest)
            _times(at)
            assert key.sequence >= 1
            for payment in order.payments if order else ():
                _payment(payment)


def _payment(told: PaymentTold) -> None:
    _text(told.ref)
    _amount(told.amount)
    _times(told.created_at, told.as_of)
    assert told.operations
    for operation in told.operations:
        _operation(operation)


def _operation(told: OperationTold) -> None:
    _text(told.ref)
    _amount(told.amount)
    _times(told.at)
    assert told.raw_status


def _text(text: str) -> None:
    assert isinstance(text, str)
    assert 1 <= len(text) <= 255
    assert text.isprintable()


def _amount(amount: Money) -> None:
    assert type(amount.minor) is int
    assert amount.minor >= 1
    assert len(amount.currency) == 3


def _times(*times: datetime) -> None:
    assert all(at.tzinfo is not None for at in times)
