"""A payment, its story, its postings and the answer are kept together, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from commands import running
from commands.all import COMMANDS
from commands.payments.recording import RecordPayment, RecordRefund
from domain.errors import Unavailable
from domain.ids import ChannelId, Kind, PaymentId
from domain.money import Currency, Money
from domain.payments import NewTender, TenderKind
from domain.ports import Work
from domain.viewer import SYSTEM
from storage.mongo.claims import ANSWERS
from storage.mongo.stores import MongoStores
from tests.making import new_id
from tests.races.books import check_books
from tests.trading import Trading

SEK = Currency("SEK")
TENDER = NewTender(kind=TenderKind.CASH, amount=Money(100_00, SEK))
TAKEN = RecordPayment(channel_id=ChannelId(new_id(Kind.CHANNEL, 0)), tender=TENDER)


class CutOff(MongoStores):
    """Everything of a transaction is done, but it never ends well."""

    async def transaction(self, body: Callable[[Work], Coroutine[Any, Any, Any]]) -> Any:
        async def cut(work: Work) -> Any:
            await body(work)
            raise Unavailable("The power went.")

        return await super().transaction(cut)


async def do(stores: MongoStores, mutation: str, asked: Any) -> Any:
    return await running.run(stores, COMMANDS[mutation], SYSTEM, "a key", asked)


async def asked(stall: Trading, mutation: str) -> Any:
    if mutation == "recordPayment":
        return TAKEN
    paid = await do(stall.stores, "recordPayment", TAKEN)
    return RecordRefund(payment_id=PaymentId(paid.value.id), amount=Money(30_00, SEK))


@pytest.mark.parametrize("mutation", ["recordPayment", "recordRefund"])
async def test_of_a_transaction_that_is_cut_off_nothing_is_left(stall: Trading, mutation: str):
    given = await asked(stall, mutation)
    before = await stall.picture()
    answers = await stall.database.count(ANSWERS.name, {}, cap=10)

    with pytest.raises(Unavailable):
        await do(CutOff(stall.database), mutation, given)

    assert await stall.picture() == before
    assert await stall.database.count(ANSWERS.name, {}, cap=10) == answers
    done = await do(stall.stores, mutation, given)
    assert not done.replayed
    assert not done.refusals
    await check_books(stall)
