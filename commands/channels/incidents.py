"""Opening incidents about what channels tell."""

from __future__ import annotations

from datetime import datetime

from domain import ids
from domain.channels.accounts import Account
from domain.channels.told import Word
from domain.ids import IncidentId, Kind
from domain.incidents import LONGEST_DETAIL, LONGEST_SUBJECT, Incident, IncidentKind
from domain.ports import Stores
from domain.ports.receiving import Incidents
from domain.values import printable, whole_milliseconds

LONGEST_WORD = 100


class Alarm:
    """Opens incidents, each once as long as it is open."""

    def __init__(self, stores: Stores, incidents: Incidents) -> None:
        self._stores, self._incidents = stores, incidents

    async def open(self, kind: IncidentKind, account: Account, about: str, detail: str) -> None:
        """Tell somebody to look."""
        now = await self._stores.now()
        await self._incidents.open(self.incident(kind, account, about, detail, now))

    def incident(
        self, kind: IncidentKind, account: Account, about: str, detail: str, now: datetime
    ) -> Incident:
        """An incident that is opened now."""
        at = whole_milliseconds(now)
        return Incident(
            id=IncidentId(ids.mint(Kind.INCIDENT, at)),
            updated_at=at,
            kind=kind,
            subject=printable(f"{account.name}: {about}", LONGEST_SUBJECT),
            detail=printable(detail, LONGEST_DETAIL),
            opened_at=at,
            opened_by=account.actor,
            channel_id=account.channel_id,
        )

    async def unknown(self, account: Account, word: Word) -> None:
        """A channel has used a word that its adapter does not know."""
        field, raw = (printable(each, LONGEST_WORD) for each in (word.field, word.raw))
        detail = (
            f"The channel says {field} = {raw!r}, which this version does not know. It is kept as "
            "UNKNOWN; see whether a newer version knows it."
        )
        await self.open(IncidentKind.UNKNOWN_WORD, account, f"{field} = {raw}", detail)

    async def drift(
        self, account: Account, about: str, field: str, canonical: str, observed: str
    ) -> None:
        """A channel says otherwise than who owns a field."""
        detail = (
            f"The {about} ({field}) is {canonical!r}, by who owns it. {account.name} says "
            f"{observed!r}, which is not its to say: see what writes there. Owners are set in the "
            "configuration under [owners]; `ownership` shows them."
        )
        await self.open(IncidentKind.DRIFT, account, about, detail)

    async def agreed(self, account: Account, about: str) -> None:
        """A channel has come to say what the owner says."""
        subject = printable(f"{account.name}: {about}", LONGEST_SUBJECT)
        said = f"{account.name} says the same again."
        await self._incidents.settle(IncidentKind.DRIFT, subject, account.actor, said, account.name)
