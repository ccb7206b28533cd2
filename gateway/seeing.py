"""What is seen of an operation by those who count or trace it; where nobody does, nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from graphql import FieldNode

from gateway.execution.engine import Outcome
from gateway.execution.watching import Watch

UNCHOSEN = "(refused)"
SEVERAL = "(several)"


class Seen:
    """One operation while it is carried out. Without an outcome in the end, it broke.

    `watch` sees it run, if one of the observers wants to.
    """

    __slots__ = ("_enders", "_observers", "is_registered", "outcome", "watch")

    def __init__(self, observers: Sequence[Observer] = (), watch: Watch | None = None) -> None:
        self.is_registered = False
        self.outcome: Outcome | None = None
        self.watch = watch
        self._observers = observers

    def __enter__(self) -> Self:
        self._enders = [observer(self) for observer in self._observers]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for end in self._enders:
            end()


Observer = Callable[[Seen], Callable[[], None]]
"""Called when an operation begins; what it gives is called when it has ended."""


def name(seen: Seen) -> str:
    """What an operation is called in figures and traces, in words that are ours.

    A registered one has its name; any other has that of its root field, for whoever sends one may
    call it as they please.
    """
    operation = seen.outcome.operation if seen.outcome else None
    if operation is None:
        return UNCHOSEN
    if seen.is_registered and operation.name:
        return operation.name.value
    root, *others = operation.selection_set.selections
    field = root.name.value if isinstance(root, FieldNode) and not others else SEVERAL
    return f"{operation.operation.value} {field}"
