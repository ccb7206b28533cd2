"""What is worth saying of a channel before it is relied on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from domain.channels.abilities import Hooks, Setting
from domain.channels.answers import Trouble
from domain.ports.channels import CallFailed, Line

ADVICE = {
    Trouble.AUTH: "it does not take the key: see `key` in the configuration",
    Trouble.TIMEOUT: "it did not answer in time: see `base_url`, and whether this machine may call",
    Trouble.UNAVAILABLE: "it cannot be reached: see `base_url`, and whether this machine may call",
    Trouble.RATE_LIMITED: "it is asked too often: try again in a while",
    Trouble.BAD_DATA: "it answers otherwise than agreed: see `base_url`",
}


def unheard(line: Line) -> Iterator[str]:
    """What is configured so that something would never be heard, in sentences."""
    can = line.adapter.capabilities
    if can.hooks is Hooks.SIGNED and not line.secrets:
        yield "It signs what it sends, and has no `secrets` here: none of it would be taken."
    if can.hooks is Hooks.NONE and not can.windows:
        yield "It sends nothing, and its changes cannot be listed: nothing is ever heard of it."
    if can.hooks is Hooks.NONE and not line.is_called:
        yield "It sends nothing and must be called, and has no `base_url`."
    if line.push_stock and not line.is_called:
        yield "It is to be told of stock, and has no `base_url`."
    is_asked = can.reads or can.writes or can.windows or can.links or line.push_stock
    if line.is_called and is_asked and not line.account.key:
        yield "It is to be called, and has no `key`."


def remarks(line: Line) -> Iterator[str]:
    """What to know of it, though nothing is wrong."""
    can = line.adapter.capabilities
    if can.hooks is not Hooks.NONE and not line.is_called:
        yield "It has no `base_url`, and is never called: only what it sends by itself is heard."
        return
    if can.hooks is not Hooks.NONE and can.resends_for is None and can.windows:
        yield "It never sends a delivery again: what is lost comes with the next reconciliation."
    if can.hooks is not Hooks.NONE and not can.windows:
        yield "Its changes cannot be listed: a delivery that it gives up on is never heard of."


async def unreachable(line: Line) -> str | None:
    """Why it cannot be asked now; None if it can, or need not be."""
    if not line.is_called:
        return None
    for thing in sorted(line.adapter.capabilities.windows):
        try:
            await line.adapter.changes(thing, datetime.now(UTC), None)
        except CallFailed as error:
            return f"Asked for its latest changes, {ADVICE[error.trouble]}. ({error.why})"
    return None


def abilities(line: Line) -> Sequence[str]:
    """What it can do, each in a few words."""
    can = line.adapter.capabilities
    sends = f"sends {can.hooks} deliveries" if can.hooks is not Hooks.NONE else "is polled"
    reads = [f"{thing} {how}" for thing, how in sorted(can.reads.items())]
    told = [f"lists {thing} changes" for thing in sorted(can.windows)]
    done = [str(each) for each in sorted(can.writes)]
    shown = ["is told of stock"] if line.push_stock else []
    could = ["can be told of stock"] if can.sets_stock is not Setting.NONE else []
    links = ["makes links to pay by"] if can.links else []
    return [sends, *reads, *told, *done, *links, *(shown or could)]
