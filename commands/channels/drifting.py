"""What a channel says that is not its to say is recorded, and forgotten when it says the same."""

from __future__ import annotations

from commands.channels.incidents import Alarm
from domain.channels.accounts import Account
from domain.channels.goods import Compared


async def record(alarm: Alarm, account: Account, found: Compared) -> None:
    """Open an incident for what differs; close the one that is open if nothing does."""
    if not found.differences:
        await alarm.agreed(account, found.about)
        return
    fields, canonical, observed = (
        ", ".join(getattr(each, name) for each in found.differences)
        for name in ("field", "canonical", "observed")
    )
    await alarm.drift(account, found.about, fields, canonical, observed)
