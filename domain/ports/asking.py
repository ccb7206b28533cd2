"""What asking channels for what is known already needs of a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from domain.channels.asking import Askable


class Known(Protocol):
    """What was told, whole. No viewer: who asks has found the ids within their own reach."""

    async def values(self, kind: type[Askable], ids: Sequence[str]) -> Sequence[Askable]:
        """Those that are there, in any order."""
        ...

    async def confirm(self, kind: type[Askable], ids: Sequence[str], at: datetime) -> None:
        """Note that the channel said nothing else `at` that time than what is stored now."""
        ...


AskedTold = Callable[[str, str, float], None]
"""Told of each live read: the channel, what came of it, and the seconds it took."""


def unheard(_: str, __: str, ___: float) -> None:
    """For nobody."""
