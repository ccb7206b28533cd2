"""Links to pay by are made, and ended, for who asks here.

The link and its errand are recorded first, in one transaction and under every rule; then the
provider is told, under the link's own id; then it is recorded what the provider says. Whatever
ends in between is settled by a worker.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from commands.payments import opening, saving
from commands.running import Call, Command, admits
from domain import payments
from domain.channels import instructing, links
from domain.channels.answers import LinkWritten, Rejected
from domain.channels.instructing import LONGEST_WHY
from domain.channels.links import Asked, LinkErrand, Maker
from domain.ids import OrderId, PaymentLinkId
from domain.money import Money
from domain.orders import Order
from domain.payments import Payment, PaymentLink
from domain.ports import Stores, Work
from domain.ports.channels import Line
from domain.refusals import Invalid, NotFound, ProviderCannot, ProviderRefused, refuse_any
from domain.values import printable, whole_milliseconds
from domain.viewer import Action, Reach, covers, permitted

NOBODY = "No account that makes links to pay by is connected here."
NOT_THIS = "No account {name!r} that makes links to pay by is connected here."
WHICH = "Several accounts make links to pay by. Name one of them: {names}."
NOT_CONNECTED = "The account of {provider} that made the link is not connected here."
TITLE = "Order {number}"


class CreatePaymentLink(Struct, frozen=True, kw_only=True):
    """Have a provider make a page on which somebody may pay so much for an order."""

    order_id: OrderId
    amount: Money
    expires_at: datetime | None = None
    account: str | None = None


class CancelPaymentLink(Struct, frozen=True, kw_only=True):
    """Have its provider end such a page."""

    link_id: PaymentLinkId


class _Begun(Struct, frozen=True):
    """A link as it was recorded, and what its provider is to be told."""

    link: PaymentLink
    errand: LinkErrand


async def _create(stores: Stores, call: Call, asked: CreatePaymentLink) -> PaymentLink:
    refuse_any(payments.wrong_amount(asked.amount, ("amount",)))
    within = permitted(call.viewer, Action.CREATE_PAYMENT_LINK)

    async def attempt() -> _Begun:
        return await _before(stores, call) or await _begun(stores, call, asked, within)

    return await _told(stores, await saving.patiently(stores, asked.order_id, attempt))


async def _cancel(stores: Stores, call: Call, asked: CancelPaymentLink) -> PaymentLink:
    within = permitted(call.viewer, Action.CANCEL_PAYMENT_LINK)

    async def attempt() -> _Begun:
        return await _before(stores, call) or await _ending(stores, call, asked.link_id, within)

    return await _told(stores, await saving.patiently(stores, asked.link_id, attempt))


async def _before(stores: Stores, call: Call) -> _Begun | None:
    """What this request has recorded before, if it has."""
    errand = await stores.errands.find(instructing.operation_id(call.cause))
    return _Begun(await opening.now(stores, errand), errand) if errand else None


async def _begun(stores: Stores, call: Call, asked: CreatePaymentLink, within: Reach) -> _Begun:
    """A link and its errand, recorded now.

    Raises:
        Refusal: there can be no such link.
        Changed: somebody else was faster.
    """
    order = await _order(stores, within, asked.order_id)
    maker = _maker(stores, asked.account)
    there = await stores.links.of_order(asked.order_id)
    paid = await _paid(stores, asked.order_id)
    now = whole_milliseconds(await stores.now())
    wanted = Asked(amount=asked.amount, expires_at=asked.expires_at)
    refuse_any(links.wrong(order, wanted, maker.lifetimes, paid, there, now))
    link = links.begun(order, len(there), wanted, maker, call.cause, now)
    title = TITLE.format(number=order.number)
    errand = links.opening(link, title, call.cause, call.actor, now)
    return await _recorded(stores, call, None, link, errand)


async def _ending(stores: Stores, call: Call, key: PaymentLinkId, within: Reach) -> _Begun:
    """A link that is being ended and its errand, recorded now.

    Raises:
        Refusal: it cannot be ended.
        Changed: somebody else was faster.
    """
    link = await stores.links.find(key)
    if link is None or not covers(within, link.channel_id):
        raise NotFound(path=("paymentLink",), what="payment link", key=key)
    paid = await _paid(stores, link.order_id)
    now = whole_milliseconds(await stores.now())
    after, errand = links.ending(link, paid, call.cause, call.actor, now)
    if stores.providers.of(link) is None:
        why = NOT_CONNECTED.format(provider=link.provider)
        raise ProviderCannot(path=("paymentLink",), why=why)
    return await _recorded(stores, call, link, after, errand)


async def _recorded(
    stores: Stores, call: Call, before: PaymentLink | None, link: PaymentLink, errand: LinkErrand
) -> _Begun:
    told = links.told(before, link, call.cause, call.actor)

    async def body(work: Work) -> None:
        await work.link(link, before.version if before else 0, told)
        await work.instruct(errand)

    await stores.transaction(body)
    return _Begun(link, errand)


async def _told(stores: Stores, begun: _Begun) -> PaymentLink:
    """What came of it, as far as that is known in time.

    Raises:
        ProviderRefused: nothing, and nothing will.
    """
    line = stores.providers.of(begun.link)
    if line is None or not links.is_waiting(begun.link, begun.errand):
        return _answered(begun.link, begun.errand)
    said = await opening.sent(line, begun.errand)
    return _answered(await opening.written(stores, begun.errand, said), begun.errand, said)


def _answered(
    link: PaymentLink, errand: LinkErrand, said: LinkWritten | None = None
) -> PaymentLink:
    if links.is_refused(link, errand):
        why = printable(said.why, LONGEST_WHY) if isinstance(said, Rejected) else None
        raise ProviderRefused(
            path=None,
            operation=link.id,
            provider=link.provider,
            decline_code=link.decline_code,
            why=why,
        )
    return link


async def _order(stores: Stores, within: Reach, key: OrderId) -> Order:
    order = await stores.tills.order(key)
    if order is None or not covers(within, order.channel_id):
        raise NotFound(path=("order",), what="order", key=key)
    return order


async def _paid(stores: Stores, key: OrderId) -> list[Payment]:
    """What was paid for an order, by whatever means."""
    return [each for each in await stores.records.payments(key, ()) if each.order_id == key]


def _maker(stores: Stores, name: str | None) -> Maker:
    """The account that is named, or the only one.

    Raises:
        ProviderCannot: there is none.
        Invalid: there are several.
    """
    able = stores.providers.that_link()
    if name is not None and name not in able:
        raise ProviderCannot(path=("account",), why=NOT_THIS.format(name=name[:40]))
    if not able:
        raise ProviderCannot(path=("account",), why=NOBODY)
    if name is None and len(able) > 1:
        raise Invalid(path=("account",), why=WHICH.format(names=", ".join(sorted(able))))
    line = able[name] if name is not None else next(iter(able.values()))
    return _as_maker(line)


def _as_maker(line: Line) -> Maker:
    lifetimes = line.adapter.capabilities.links
    if lifetimes is None:
        raise ValueError(f"{line.name} makes no links")
    return Maker(
        provider=line.adapter.provider,
        merchant_account=line.account.account,
        lifetimes=lifetimes,
    )


CREATE = Command(
    "createPaymentLink",
    CreatePaymentLink,
    PaymentLink,
    _create,
    admits(Action.CREATE_PAYMENT_LINK),
)
CANCEL = Command(
    "cancelPaymentLink",
    CancelPaymentLink,
    PaymentLink,
    _cancel,
    admits(Action.CANCEL_PAYMENT_LINK),
)
