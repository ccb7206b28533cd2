"""What was asked of MongoDB, word for word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymongo.monitoring import CommandListener

READS = frozenset({"find", "aggregate", "getMore", "count", "distinct"})
WRITES = frozenset({"insert", "update", "delete"})


class Told(CommandListener):
    """Keeps every command that reads or writes."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: Any) -> None:
        if event.command_name in READS | WRITES:
            self.commands.append(dict(event.command))

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...

    def heard(self) -> list[dict[str, Any]]:
        """The commands since the last time."""
        commands, self.commands = self.commands, []
        return commands


def values_in(asked: Any) -> Iterator[Any]:
    """All values that stand anywhere in a command."""
    if isinstance(asked, dict):
        for value in asked.values():
            yield from values_in(value)
    elif isinstance(asked, list | tuple):
        for value in asked:
            yield from values_in(value)
    else:
        yield asked
