"""Watches over those who stay: a stream ends when the credentials do that opened it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from domain.errors import Forbidden, KassaError, Unauthenticated, Unavailable
from domain.viewer import Viewer
from gateway.identity.admission import REFUSED, Admission, Who

CHANGED = "What these credentials may see has changed. Connect again."

End = Callable[[KassaError], None]
"""Ends what goes on; the error says why."""


class Watched:
    """One connection, and the credentials that opened it."""

    def __init__(self, authorization: str, admission: Admission, end: End) -> None:
        self.authorization = authorization
        self.admission = admission
        self.end = end
        self.timer: asyncio.TimerHandle | None = None


class Vigil:
    """Asks about all credentials in use, again and again, and at the second at which they end."""

    def __init__(self, who: Who, now: Callable[[], float] = time.time) -> None:
        self._who = who
        self._now = now
        self._watched: dict[str, dict[Viewer, dict[Watched, None]]] = {}

    def watch(
        self, authorization: str | None, admission: Admission, end: End
    ) -> Callable[[], None]:
        """Call `end` once when the credentials are no longer what they were; gives how to stop."""
        if not authorization:
            return _nothing
        watched = Watched(authorization, admission, end)
        by_viewer = self._watched.setdefault(authorization, {})
        by_viewer.setdefault(admission.viewer, {})[watched] = None
        left = admission.until - self._now()
        if left != float("inf"):
            loop, over = asyncio.get_running_loop(), Unauthenticated(REFUSED)
            watched.timer = loop.call_later(max(left, 0), lambda: self._end(watched, over))
        return lambda: self._forget(watched)

    async def turn(self) -> int:
        """Ask about all; those of whom nothing can be found out now are asked about again."""
        for authorization in list(self._watched):
            try:
                now = (await self._who(authorization)).viewer
            except Unavailable:
                continue
            except KassaError as error:
                self._end_those(authorization, error)
            else:
                self._end_those(authorization, Forbidden(CHANGED), but=now)
        return 0

    def __len__(self) -> int:
        return sum(len(those) for each in self._watched.values() for those in each.values())

    def _end_those(self, authorization: str, why: KassaError, *, but: Viewer | None = None) -> None:
        """End all who were let in as anybody `but` this viewer."""
        for viewer, those in list(self._watched.get(authorization, {}).items()):
            if viewer != but:
                for each in list(those):
                    self._end(each, why)

    def _end(self, watched: Watched, why: KassaError) -> None:
        self._forget(watched)
        watched.end(why)

    def _forget(self, watched: Watched) -> None:
        if watched.timer:
            watched.timer.cancel()
        viewer = watched.admission.viewer
        by_viewer = self._watched.get(watched.authorization, {})
        those = by_viewer.get(viewer, {})
        those.pop(watched, None)
        if not those:
            by_viewer.pop(viewer, None)
        if not by_viewer:
            self._watched.pop(watched.authorization, None)


def _nothing() -> None:
    pass
