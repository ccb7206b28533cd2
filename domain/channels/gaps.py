"""Numbers of a device's log that did not come, though later ones did."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from domain.channels.numbered import Log

PATIENCE = timedelta(minutes=15)
"""So long may a number be missing before somebody is told: batches overtake one another."""

MOST_NAMED = 5


class Gap(Struct, frozen=True, kw_only=True):
    """That a log has gaps, as it is kept until it has none. `newest`: the last number missing.

    At `due` somebody is told; without it they were. `endpoint` is where the device was heard.
    """

    id: str = msgspec.field(name="_id")
    endpoint: str
    account: str
    device: str
    newest: int
    due: datetime | None = None


def noted(endpoint: str, account: str, log: Log, now: datetime) -> Gap:
    """What is kept of a log of which something is missing."""
    return Gap(
        id=gap_id(account, log.device),
        endpoint=endpoint,
        account=account,
        device=log.device,
        newest=newest(log),
        due=now + PATIENCE,
    )


def gap_id(account: str, device: str) -> str:
    """The log that it is of; so an incident calls it, too."""
    return f"{account}/{device}"


def newest(log: Log) -> int:
    """The last number that is missing; 0 if none is."""
    return log.missing[-1][1] if log.missing else 0


def sentence(log: Log) -> str:
    """What is missing, and what to do."""
    named = [f"{a}" if a == b else f"{a} to {b}" for a, b in log.missing[:MOST_NAMED]]
    more = " and others" if len(log.missing) > MOST_NAMED else ""
    return (
        f"Of what {log.device} wrote down, {', '.join(named)}{more} did not come, though it goes "
        f"on to {log.last}. Have it online, so that it sends them. This closes when all is here; "
        "what is lost for good is in no books: count the shelf and the drawer."
    )
