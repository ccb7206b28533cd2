"""Which payment a report is about: the one that is named, one that is known, or a new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from commands.running import Call
from domain import ids, payments
from domain.ids import ChannelId, Kind, OrderId, PaymentId, ReturnId
from domain.money import Currency
from domain.orders import Order
from domain.payments import NewTender, Payment, Report
from domain.ports import Stores
from domain.refusals import Invalid, NotFound, OtherCurrency, Refusal
from domain.viewer import Action, Reach, covers, permitted

EITHER = "Name either a payment, or a channel and a tender."
OTHER_PAYMENT = "The provider's reference belongs to another payment."
OTHER_ORDER = "The provider's reference belongs to a payment that was not made for this order."


class Aim(Struct, frozen=True):
    """What a report says of the payment that it is about."""

    payment_id: PaymentId | None
    order_id: OrderId | None
    channel_id: ChannelId | None
    tender: NewTender | None
    provider_ref: str | None
    original_ref: str | None

    def wrong(self) -> Iterator[Refusal]:
        """What is wrong with it: it is either a known payment, or a whole new one."""
        is_new = self.tender is not None and self.channel_id is not None
        says_new = bool(self.tender or self.channel_id or self.order_id)
        if not is_new is says_new is (self.payment_id is None):
            yield Invalid(why=EITHER)
        elif self.tender:
            yield from payments.wrong_tender(self.tender)

    @property
    def refs(self) -> list[str]:
        """The provider's names for what is reported, and for what it builds on."""
        names = (self.provider_ref, self.original_ref)
        return [f"{self.tender.provider}:{name}" for name in names if name and self.tender]


async def meant(stores: Stores, call: Call, aim: Aim, report: Report, now: datetime) -> Payment:
    """The payment that a report is about, as it is now; a new one has version 0.

    Raises:
        NotFound: what it names is not there, or out of the caller's reach.
        Invalid: its names are those of different payments.
    """
    within = permitted(call.viewer, Action.RECORD_PAYMENT)
    if aim.payment_id:
        payment = await known(stores, within, aim.payment_id)
        await _expect_own_name(stores, payment, aim)
        return payment
    key = PaymentId(ids.derived(Kind.PAYMENT, call.cause))
    new = await _begun(stores, within, aim, key, report, now)
    named = await stores.tills.named(aim.refs)
    found = [named[ref] for ref in aim.refs if ref in named] or [await stores.tills.payment(key)]
    return _met(found[0], new, within) if found[0] else new


async def known(stores: Stores, within: Reach, key: PaymentId) -> Payment:
    """A payment that the caller may change.

    Raises:
        NotFound: there is none, or it is out of reach.
    """
    found = await stores.tills.payment(key)
    if found is None or not covers(within, found.channel_id):
        raise NotFound(path=("payment",), what="payment", key=key)
    return found


async def expect_goods(stores: Stores, payment: Payment, key: ReturnId | None) -> None:
    """The goods that a refund is for came back from the order that was paid for.

    Raises:
        NotFound: they did not.
    """
    goods = await stores.tills.goods_back(key) if key else None
    if key and (goods is None or goods.order_id != payment.order_id):
        raise NotFound(path=("return",), what="return", key=key)


def _met(found: Payment, new: Payment, within: Reach) -> Payment:
    """The payment that is there already, if it can be the one that is meant."""
    if not covers(within, found.channel_id):
        raise NotFound(path=("tender",), what="payment", key=new.id)
    if new.order_id not in {None, found.order_id}:
        raise Invalid(path=("order",), why=OTHER_ORDER)
    _expect_currency(new, found.currency)
    return found


async def _begun(
    stores: Stores, within: Reach, aim: Aim, key: PaymentId, report: Report, now: datetime
) -> Payment:
    """A payment of which nothing was recorded yet."""
    tender, channel = await _offered(stores, within, aim)
    order = await _order(stores, within, aim)
    amount = tender.amount
    begun = Payment(
        id=key,
        version=0,
        updated_at=now,
        order_id=aim.order_id,
        customer_id=order.customer_id if order else None,
        channel_id=channel,
        location_ids=order.location_ids if order else (),
        created_at=min(report.at or now, now),
        tender=tender.kind,
        provider=tender.provider,
        merchant_account=tender.merchant_account,
        presence=tender.presence,
        minor=amount.minor,
        currency=amount.currency,
    )
    if order:
        _expect_currency(begun, order.currency)
    return begun


async def _offered(stores: Stores, within: Reach, aim: Aim) -> tuple[NewTender, ChannelId]:
    if aim.tender is None or aim.channel_id is None:
        raise Invalid(why=EITHER)
    if not covers(within, aim.channel_id) or not await stores.tills.channel(aim.channel_id):
        raise NotFound(path=("channel",), what="channel", key=aim.channel_id)
    return aim.tender, aim.channel_id


async def _order(stores: Stores, within: Reach, aim: Aim) -> Order | None:
    if aim.order_id is None:
        return None
    order = await stores.tills.order(aim.order_id)
    if order is None or not covers(within, order.channel_id):
        raise NotFound(path=("order",), what="order", key=aim.order_id)
    return order


def _expect_currency(payment: Payment, currency: Currency) -> None:
    if payment.currency != currency:
        path = ("tender", "amount", "currency")
        given = payment.currency
        raise OtherCurrency(path=path, expected_currency=currency, given_currency=given)


async def _expect_own_name(stores: Stores, payment: Payment, aim: Aim) -> None:
    if aim.provider_ref is None:
        return
    ref = f"{payment.provider}:{aim.provider_ref}"
    other = (await stores.tills.named([ref])).get(ref)
    if other and other.id != payment.id:
        raise Invalid(path=("providerRef",), why=OTHER_PAYMENT)
