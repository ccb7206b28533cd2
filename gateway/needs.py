"""What an operation needs of the values that are stored: seen from its plan, once."""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from types import EllipsisType, FunctionType
from typing import Any

from msgspec import Struct

from domain.ports import EVERYTHING, Wanted
from gateway.execution.bindings import Attribute, Batched, Computed, Root
from gateway.execution.plan import Composite, Field, Level, Plan
from resolvers.reading import reading

Names = Iterable[str] | EllipsisType
"""Attributes by name; `...` stands for all of them."""


class _Unknown(Exception):
    """Somebody may look at anything."""


def wanted(plan: Plan) -> Wanted:
    """Which attributes of which classes anybody looks at while a plan runs."""
    needs = _Needs()
    try:
        for level in _levels(plan.root):
            for field in level.fields:
                needs.add(level, field)
    except _Unknown:
        return EVERYTHING
    return needs.wanted()


def _levels(root: Level) -> Iterator[Level]:
    seen, waiting = set[int](), [root]
    while waiting:
        level = waiting.pop()
        if id(level) in seen:
            continue
        seen.add(id(level))
        yield level
        for field in level.fields:
            if isinstance(field.target, Composite):
                waiting.extend(field.target.levels.values())


class _Needs:
    def __init__(self) -> None:
        self._by_class: dict[type, dict[str, bool]] = {}
        self._whole: set[type] = set()

    def wanted(self) -> Wanted:
        narrow = {kind: names for kind, names in self._by_class.items() if kind not in self._whole}
        return Wanted(narrow)

    def add(self, level: Level, field: Field) -> None:
        """What it takes to answer a field of a level."""
        match field.binding:
            case Root(resolve):
                self._add_resolver(None, resolve)
            case _ if level.shown is None:
                raise _Unknown
            case Batched(resolve):
                self._add_resolver(level.shown, resolve)
            case Computed(compute):
                self._add(level.shown, _of_first_argument(level.shown, compute))
            case Attribute(name):
                self._add_attribute(level.shown, name, below=isinstance(field.target, Composite))
            case None:
                self._add(level.shown, ())
            case _:
                raise _Unknown

    def _add_resolver(self, parents: type | None, resolve: object) -> None:
        said = reading(resolve)
        if said is None:
            raise _Unknown
        if parents:
            self._add(parents, said.parents)
        for kind, names in said.inside.items():
            self._add(kind, names)

    def _add(self, kind: type, names: Names) -> None:
        """Somebody looks at these attributes, and at all that is in them."""
        stored = ... if isinstance(names, EllipsisType) else _stored(kind, tuple(names))
        if isinstance(stored, EllipsisType):
            self._whole.add(kind)
        else:
            self._by_class.setdefault(kind, {}).update(dict.fromkeys(stored, True))

    def _add_attribute(self, kind: type, name: str, *, below: bool) -> None:
        if below and name in _fields(kind):
            self._by_class.setdefault(kind, {}).setdefault(name, False)
        else:
            self._add(kind, [name])


def _fields(kind: type) -> Sequence[str]:
    return kind.__struct_fields__ if issubclass(kind, Struct) else ()


@lru_cache(maxsize=1024)
def _stored(kind: type, names: tuple[str, ...]) -> Names:
    """The fields behind attributes: themselves, or what a property or a method looks at."""
    found: set[str] = set()
    for name in names:
        member = getattr(kind, name, None)
        if name in _fields(kind):
            found.add(name)
            continue
        behind = _of_first_argument(kind, getattr(member, "fget", member))
        if isinstance(behind, EllipsisType):
            return ...
        found.update(behind)
    return frozenset(found)


def _of_first_argument(kind: type, function: Callable[..., Any] | None) -> Names:
    """The fields of its first argument that a plain function looks at.

    If it does anything else with it than to take its attributes, that may be all of them.
    """
    if not isinstance(function, FunctionType) or not function.__code__.co_argcount:
        return ...
    code = function.__code__
    this = code.co_varnames[0]
    if this in code.co_cellvars:
        return ...
    steps = list(dis.get_instructions(code))
    taken: set[str] = set()
    for step, following in pairwise(steps):
        if step.argval != this or "FAST" not in step.opname:
            continue
        if step.opname != "LOAD_FAST" or following.opname not in {"LOAD_ATTR", "LOAD_METHOD"}:
            return ...
        taken.add(following.argval)
    return _stored(kind, tuple(sorted(taken)))
