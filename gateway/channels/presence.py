"""What gateways tell one another of channels: which are connected, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

from domain.channels.standing import Connection, Heard
from domain.ports.channels import Line
from domain.ports.receiving import Connections
from gateway.channels import judging
from gateway.upkeep import Job

EVERY_SECONDS = 3.0
AT_LEAST_EVERY_SECONDS = 30.0


class Hearing:
    """Counts what comes, until somebody asks."""

    def __init__(self) -> None:
        self._heard: dict[str, Heard] = {}

    def add(self, endpoint: str, more: Heard) -> None:
        """Something came."""
        known = self._heard.get(endpoint, Heard())
        self._heard[endpoint] = Heard(
            taken=known.taken + more.taken,
            repeated=known.repeated + more.repeated,
            refused=known.refused + more.refused,
            last_at=max(filter(None, (known.last_at, more.last_at)), default=None),
        )

    def asked(self) -> Mapping[str, Heard]:
        """All that came since this was asked the last time."""
        heard, self._heard = self._heard, {}
        return heard


def telling(connections: Connections, lines: Mapping[str, Line], hearing: Hearing) -> Job:
    """Tells what came, soon after; and every half minute that the channels are connected."""
    known = {name: connection(line) for name, line in lines.items()}
    due = monotonic()

    async def tell() -> int:
        nonlocal due
        heard, is_due = hearing.asked(), monotonic() >= due
        names = known if is_due else heard
        told = {name: (known[name], heard.get(name, Heard())) for name in names if name in known}
        try:
            await connections.tell(told)
        except BaseException:
            for name, more in heard.items():
                hearing.add(name, more)
            raise
        due = monotonic() + AT_LEAST_EVERY_SECONDS if is_due else due
        return 0

    return tell


def connection(line: Line) -> Connection:
    """An account that is connected, as the others are told of it."""
    return Connection(
        id=line.name,
        channel_id=line.account.channel_id,
        provider=line.adapter.provider,
        account=line.account.account,
        capabilities=tuple(judging.abilities(line)),
    )
