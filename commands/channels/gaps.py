"""What is missing of a device's log is told to somebody if it stays missing, until it comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commands.channels.incidents import Alarm
from domain.channels import gaps
from domain.channels.gaps import Gap
from domain.incidents import IncidentKind
from domain.ports import Stores
from domain.ports.channels import Line
from domain.ports.receiving import Incidents

FILLED = "All that was missing is here."


async def follow(stores: Stores, incidents: Incidents, line: Line, devices: Iterable[str]) -> None:
    """See whether these logs are whole, after something of them came.

    What is known of a gap is read before the log, so that no newer one is forgotten with it.
    """
    logbook, account = stores.logbook, line.account.account
    for device in devices:
        known = await logbook.gap(gaps.gap_id(account, device))
        log = await logbook.log(account, device)
        if known and not log.missing:
            await _filled(stores, incidents, line, known)
        elif gaps.newest(log) > (known.newest if known else 0):
            await logbook.note(gaps.noted(line.name, account, log, await stores.now()))


async def look(stores: Stores, incidents: Incidents, lines: Mapping[str, Line], most: int) -> int:
    """Tell somebody of what is missing for long enough; gives of how many logs it was looked at."""
    due = await stores.logbook.gaps(list(lines), await stores.now(), most)
    for gap in due:
        line, log = lines[gap.endpoint], await stores.logbook.log(gap.account, gap.device)
        if log.missing:
            await Alarm(stores, incidents).gap(line.account, gap.id, gaps.sentence(log))
            await stores.logbook.told(gap)
        else:
            await _filled(stores, incidents, line, gap)
    return len(due)


async def _filled(stores: Stores, incidents: Incidents, line: Line, gap: Gap) -> None:
    kind, actor = IncidentKind.OFFLINE_GAP, line.account.actor
    await incidents.settle(kind, gap.id, actor, FILLED, line.name)
    await stores.logbook.filled(gap)
