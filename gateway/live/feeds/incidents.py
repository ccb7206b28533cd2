"""`incidentOpened`: incidents, as they are opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.ids import IncidentId, Kind
from domain.incidents import Incident, IncidentQuery
from domain.live import Event, IncidentEvent, IncidentTopic
from domain.pages import PageRequest
from gateway.live.feeds.feed import AT_ONCE, Head, Sources, of_change, of_parts
from gateway.live.keys import ANY_INCIDENT
from gateway.live.levels import Change

PREFIX = f"{Kind.INCIDENT}_"
OPENED = "IncidentOpened"


class IncidentFeed:
    """`Feed`."""

    def __init__(self, sources: Sources, topic: IncidentTopic) -> None:
        self._sources = sources
        self._topic = topic
        self.keys: Sequence[str] = [ANY_INCIDENT]

    def wants(self, change: Change) -> bool:
        return change.entry.aggregate.startswith(PREFIX) and change.entry.type == OPENED

    def bare(self, head: Head) -> Event:
        return head.over(IncidentEvent)

    async def snapshot(self, at: int, now: datetime) -> Sequence[Event]:
        [head] = of_parts(self._sources, at, now, 1)
        query = IncidentQuery(kinds=self._topic.kinds, is_open=True)
        incidents = self._sources.repositories.incidents
        page = await incidents.page(self._sources.viewer, query, PageRequest(AT_ONCE))
        return [head.over(IncidentEvent, incidents=tuple(edge.node for edge in page.edges))]

    async def missed(self, after: int, upto: int) -> Sequence[Change]:
        changes = await self._sources.told_of(None, after, upto)
        return [change for change in changes if self.wants(change)]

    async def told(self, change: Change) -> Event | None:
        incidents = self._sources.repositories.incidents
        key = IncidentId(change.entry.aggregate)
        found = (await incidents.by_ids(self._sources.viewer, [key])).get(key)
        if found is None or not self._fits(found):
            return None
        return of_change(self._sources, change).over(IncidentEvent, incidents=(found,))

    def _fits(self, incident: Incident) -> bool:
        return self._topic.kinds is None or incident.kind in self._topic.kinds
