"""How far long stories were followed, so that who looks again need not begin at their beginning.

The journal is only added to. What a story said up to some entry is the same at the next look; a
level that is much in demand has thousands of entries more each minute, and all of them before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from domain.integrity import Story

S = TypeVar("S", bound=Story)

LONG = 500
"""A story of fewer entries is read again."""

MOST = 200


class Remembered:
    """Stories as they stood in the journal when they were last looked at, without a fault."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._stories: dict[str, Story] = {}

    def begun(self, key: str, kind: type[S]) -> S:
        """The story of a thing, to be gone on with."""
        story = self._stories.get(key)
        return story.copy() if isinstance(story, kind) else kind()

    def keep(self, key: str, story: Story) -> None:
        """Note how far it went; the one least lately noted is forgotten for it."""
        self._stories.pop(key, None)
        if self._most and (story.last or 0) > LONG:
            self._stories[key] = story.copy()
        if len(self._stories) > self._most:
            del self._stories[next(iter(self._stories))]

    def forget(self, keys: Iterable[str]) -> None:
        """Something is wrong with these: look at all of it."""
        for key in keys:
            self._stories.pop(key, None)
