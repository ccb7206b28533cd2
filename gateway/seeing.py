"""What is seen of an operation by those who count or trace it; where nobody does, nothing."""

from __future__ import annotations

from typing import Any, Protocol

from graphql import FieldNode, OperationDefinitionNode

from gateway.execution.engine import Outcome
from gateway.execution.watching import Watch

UNCHOSEN = "(refused)"
SEVERAL = "(several)"


class Seen:
    """One operation while it is carried out. Without an outcome in the end, it broke.

    `watch` sees it run, if somebody wants to; `began`, `reads` and `span` are for observers.
    """

    __slots__ = ("began", "is_registered", "outcome", "reads", "span", "watch")

    def __init__(self, watch: Watch | None = None) -> None:
        self.is_registered = False
        self.outcome: Outcome | None = None
        self.watch = watch
        self.began = 0.0
        self.reads = 0
        self.span: Any = None

    @property
    def operation(self) -> OperationDefinitionNode | None:
        return self.outcome.operation if self.outcome else None


class Observer(Protocol):
    """Told of each operation, when it begins and when it has ended."""

    def begins(self, seen: Seen) -> None: ...
    def ends(self, seen: Seen) -> None: ...


def name(operation: OperationDefinitionNode | None, *, is_registered: bool) -> str:
    """What an operation is called in figures and traces, in words that are ours.

    A registered one has its name; any other has that of its root field, for whoever sends one may
    call it as they please.
    """
    if operation is None:
        return UNCHOSEN
    if is_registered and operation.name:
        return operation.name.value
    root, *others = operation.selection_set.selections
    field = root.name.value if isinstance(root, FieldNode) and not others else SEVERAL
    return f"{operation.operation.value} {field}"
