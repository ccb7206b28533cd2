"""Explaining an operation: its plan, the reads that it made, and how long they took.

For a person who wants to know why a query is cheap or dear: as a tree for the terminal
(`kassa explain`), as JSON in `extensions.plan` of an answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any

from msgspec import Struct, to_builtins
from rich.markup import escape
from rich.tree import Tree

from domain.ports import (
    Catalog,
    Channels,
    Customers,
    Incidents,
    Journal,
    Orders,
    Payments,
    Repositories,
    Stock,
    Wanted,
)
from gateway.execution.bindings import Batched, Binding, Root
from gateway.execution.core import type_of
from gateway.execution.plan import Composite, Field, Level
from gateway.execution.watching import Call, Read, Watch, note

REASONS = {
    "introspection": "it asks for the schema itself",
    "incremental": "it uses `@defer` or `@stream`",
    "size": "it selects too many fields",
}


class WatchedRead(Struct, frozen=True):
    """A read of a repository."""

    read: str
    keys: int
    ms: float


class Step(Struct, frozen=True, omit_defaults=True):
    """A field that asks something, or below which something is asked."""

    field: str
    type: str
    parents: int | None = None
    ms: float | None = None
    reads: Sequence[WatchedRead] = ()
    leaves: str = ""
    below: Sequence[Step] = ()


class Explained(Struct, frozen=True, omit_defaults=True):
    """What executing an operation came to; without `steps`, and with why, if by graphql-core."""

    reads: int
    steps: Sequence[Step] = ()
    by_graphql_core: str | None = None


class Watched:
    """Repositories whose reads are noted with the resolver that makes them."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self.customers: Customers = _watched("customers", repositories.customers)
        self.catalog: Catalog = _watched("catalog", repositories.catalog)
        self.stock: Stock = _watched("stock", repositories.stock)
        self.orders: Orders = _watched("orders", repositories.orders)
        self.payments: Payments = _watched("payments", repositories.payments)
        self.channels: Channels = _watched("channels", repositories.channels)
        self.incidents: Incidents = _watched("incidents", repositories.incidents)
        self.journal: Journal = _watched("journal", repositories.journal)

    def narrowed(self, wanted: Wanted) -> Watched:
        return Watched(self._repositories.narrowed(wanted))


class _Repository:
    def __init__(self, name: str, repository: object) -> None:
        self._name = name
        self._repository = repository

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        read = getattr(self._repository, name)

        async def noted(*asked: Any, **named: Any) -> Any:
            began = perf_counter()
            try:
                return await read(*asked, **named)
            finally:
                took = (perf_counter() - began) * 1000
                note(Read(f"{self._name}.{name}", _keys(asked), took))

        return noted


def _watched(name: str, repository: object) -> Any:
    return _Repository(name, repository)


def _keys(asked: Sequence[object]) -> int:
    """How many keys are asked for; a page of a list is one."""
    return next((len(each) for each in asked if isinstance(each, list)), 1)  # pyright: ignore[reportUnknownArgumentType]


def explained(watch: Watch) -> Explained:
    """What a watched run came to."""
    reads = sum(len(call.reads) for call in watch.calls)
    if watch.plan is None:
        reason = watch.reason or "it was refused before it was executed"
        return Explained(reads, by_graphql_core=REASONS.get(reason, reason))
    return Explained(reads, _Steps(watch.calls).of([watch.plan.root]))


def shown(watch: Watch) -> object:
    """The same as JSON."""
    return to_builtins(explained(watch))


class _Steps:
    """Draws levels. One that stands at several places is drawn once, with all its calls."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._drawn: set[int] = set()
        self._calls: dict[int, list[Call]] = {}
        for call in calls:
            self._calls.setdefault(id(call.field), []).append(call)

    def of(self, levels: Sequence[Level]) -> Sequence[Step]:
        fresh = [level for level in levels if id(level) not in self._drawn]
        self._drawn |= set(map(id, fresh))
        fields = [field for level in fresh for field in level.fields if not _is_leaf(field)]
        return tuple(map(self._step, fields))

    def _step(self, field: Field) -> Step:
        calls = self._calls.get(id(field), [])
        below = list(field.target.levels.values()) if isinstance(field.target, Composite) else []
        asks = _asks(field.binding)
        return Step(
            field=field.key,
            type=str(type_of(field.definition)),
            parents=sum(call.parents for call in calls) if asks else None,
            ms=round(sum(call.took_ms for call in calls), 2) if asks else None,
            reads=tuple(_shown(read) for call in calls for read in call.reads),
            leaves=" ".join(dict.fromkeys(_leaves(below))),
            below=self.of(below),
        )


def _shown(read: Read) -> WatchedRead:
    return WatchedRead(read.name, read.keys, round(read.took_ms, 2))


def _leaves(levels: Sequence[Level]) -> Sequence[str]:
    return [each.key for level in levels for each in level.fields if _is_leaf(each)]


def _is_leaf(field: Field) -> bool:
    return not isinstance(field.target, Composite) and not _asks(field.binding)


def _asks(binding: Binding | None) -> bool:
    return isinstance(binding, Batched | Root)


def tree(found: Explained, title: str) -> Tree:
    """The same for the terminal."""
    root = Tree(f"[bold]{escape(title)}[/]")
    if found.by_graphql_core:
        root.add(f"executed by graphql-core, field by field: {escape(found.by_graphql_core)}")
    for step in found.steps:
        _grow(root, step)
    return root


def _grow(above: Tree, step: Step) -> None:
    branch = above.add(f"[bold cyan]{step.field}[/] [dim]{escape(step.type)}[/]{_cost(step)}")
    for read in step.reads:
        keys = f"{read.keys} key{'s' * (read.keys != 1)}"
        branch.add(f"[yellow]read[/] {read.read} [dim]{keys}[/] {read.ms:.2f} ms")
    if step.leaves:
        branch.add(f"[dim]{step.leaves}[/]")
    for below in step.below:
        _grow(branch, below)


def _cost(step: Step) -> str:
    if step.parents is None:
        return ""
    if step.parents == 0:
        return " [dim]not asked: no parent[/]"
    parents = "once" if step.parents == 1 else f"once for {step.parents}"
    shared = "" if step.reads or not step.ms else " [dim](no read of its own)[/]"
    return f" {parents}, {step.ms:.2f} ms{shared}"
