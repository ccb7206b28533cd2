"""What a transport asks of subscriptions, whichever way it carries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from domain.viewer import Viewer
from gateway.execution.engine import Outcome
from gateway.execution.measuring import AD_HOC, Limits
from gateway.live.mailbox import Mailbox


class Wanted(Struct, frozen=True):
    """A subscription as a client asks for it.

    `after` is a cursor that came beside the document; the document's own argument wins.
    """

    query: str
    operation_name: str | None
    variables: Mapping[str, object] | None
    viewer: Viewer
    after: str | None = None
    limits: Limits = AD_HOC


class Stream(Protocol):
    """A subscription that runs."""

    def close(self) -> None:
        """Nobody listens any more; may be called twice."""
        ...


class Streams(Protocol):
    """Subscriptions of one process."""

    async def open(self, wanted: Wanted, mailbox: Mailbox) -> Stream | Outcome:
        """Put what happens into `mailbox`, from now on until the stream is closed.

        The outcome, if it is refused: nothing was executed, and its errors say why.
        """
        ...
