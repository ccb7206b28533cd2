"""Providers are told to make a link to pay by, or to end one, until it is known what came of it.

Whoever keeps an errand sends it and records the answer. If nobody knows, or the process dies,
workers send it again: it always means the same.
"""

from __future__ import annotations

import logging
from asyncio import gather

from commands.payments import saving, sending
from domain.channels import deadlines, instructing, links
from domain.channels.answers import LinkWritten, Unknown
from domain.channels.instructing import InstructionState
from domain.channels.links import Errand, LinkErrand
from domain.errors import Unavailable
from domain.payments import PaymentLink
from domain.ports import Stores, Work
from domain.ports.channels import Line, MakesLinks
from domain.refusals import NotFound, Refusal, Refused
from domain.values import whole_milliseconds

logger = logging.getLogger("kassa.instructions")

NOT_CONNECTED = "The account through which it would be paid is not connected."


async def sent(line: Line, errand: LinkErrand) -> LinkWritten:
    """What the provider says, now or as it did before."""
    adapter = line.adapter
    if not isinstance(adapter, MakesLinks):
        return Unknown(sending.CANNOT)
    tell = adapter.open_link if errand.kind is Errand.OPEN else adapter.close_link
    with deadlines.within(sending.CALL_SECONDS):
        return await sending.said(errand.id, tell(errand.told))


async def written(stores: Stores, errand: LinkErrand, said: LinkWritten) -> PaymentLink:
    """Write down what a provider says of a link.

    Raises:
        Unavailable: the database does not answer; a worker goes on with it.
    """
    link = await _recorded(stores, errand, said)
    stores.providers.counted(errand.kind, type(said).__name__.lower())
    await _arrange(stores, errand, link, said.why if isinstance(said, Unknown) else None)
    return link


async def _recorded(stores: Stores, errand: LinkErrand, said: LinkWritten) -> PaymentLink:
    at = whole_milliseconds(await stores.now())

    async def attempt() -> PaymentLink:
        before = await now(stores, errand)
        after = links.answered(before, errand, said, at)
        if after == before:
            return before
        told = links.told(before, after, errand.id, errand.asked_by)

        async def body(work: Work) -> None:
            await work.link(after, before.version, told)

        await stores.transaction(body)
        return after

    return await saving.patiently(stores, errand.link_id, attempt)


async def now(stores: Stores, errand: LinkErrand) -> PaymentLink:
    """The link as it is.

    Raises:
        NotFound: there is none.
    """
    link = await stores.links.find(errand.link_id)
    if link is None:
        raise NotFound(what="payment link", key=errand.link_id)
    return link


async def work(stores: Stores, most: int) -> int:
    """Tell providers again of some that are due; gives of how many."""
    taken = await stores.errands.take(most)
    await gather(*(_looked_after(stores, each) for each in taken))
    return len(taken)


async def _looked_after(stores: Stores, errand: LinkErrand) -> None:
    """Whatever comes of one keeps no other waiting; its lease ends by itself."""
    try:
        await _told(stores, errand)
    except (Unavailable, Refusal, Refused) as error:
        logger.warning("errand %s waits: %s", errand.id, error.message)
    except Exception:
        logger.exception("errand %s cannot be settled", errand.id)


async def _told(stores: Stores, errand: LinkErrand) -> None:
    link = await now(stores, errand)
    line = stores.providers.of(link)
    if line is None or not links.is_waiting(link, errand):
        await _arrange(stores, errand, link, NOT_CONNECTED)
    else:
        await written(stores, errand, await sent(line, errand))


async def _arrange(stores: Stores, errand: LinkErrand, link: PaymentLink, why: str | None) -> None:
    """See to it that it is sent again, if that is necessary: not for what cannot be paid anyway."""
    if not links.is_waiting(link, errand) or links.is_over(link, await stores.now()):
        await stores.errands.close(errand.id)
        return
    after = instructing.pause(errand.attempts, InstructionState.OPEN)
    await stores.errands.later(errand.id, after, InstructionState.OPEN, why)
