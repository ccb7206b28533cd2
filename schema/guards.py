"""Fields that need a scope: who does not have it is answered as if there were nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from msgspec import Struct

from domain.scopes import Scope
from resolvers.batches import Resolver
from resolvers.context import Info


class Needs(Struct, frozen=True):
    """What a field needs beside what its type does, and how it answers without: as if missing."""

    scope: Scope
    missing: Any = None


def guarded(resolve: Resolver, needs: Needs) -> Resolver:
    """The same for those who have the scope; the rest are answered as if there were nothing."""

    @wraps(resolve)
    def asked(parents: Sequence[Any], info: Info, **given: Any) -> Any:
        if info.viewer.has(needs.scope):
            return resolve(parents, info, **given)
        return [needs.missing] * len(parents)

    @wraps(resolve)
    async def awaited(parents: Sequence[Any], info: Info, **given: Any) -> Any:
        answers = asked(parents, info, **given)
        return await answers if isawaitable(answers) else answers

    return awaited if iscoroutinefunction(resolve) else asked


def guarded_root(resolve: Callable[..., Any], needs: Needs) -> Callable[..., Any]:
    """The same for a resolver of Query."""

    @wraps(resolve)
    async def asked(info: Info, **given: Any) -> Any:
        return await resolve(info, **given) if info.viewer.has(needs.scope) else needs.missing

    return asked
