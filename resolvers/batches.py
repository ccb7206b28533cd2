"""Drives batch resolvers on graphql-core, which asks for one parent at a time.

aiodataloader gathers the parents that one field meets in one turn of the loop; the resolver then
sees them all at once. Parents are keyed by identity: their values may be long, or not hashable.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader
from graphql import GraphQLResolveInfo

from resolvers.selection import Selection

I = TypeVar("I")  # noqa: E741 - the type of `info`

Answers = Sequence[Any]
Resolver = Callable[..., Answers | Awaitable[Answers]]


class Same:
    """A parent, equal to itself alone. Holds on to it, so that no other can take its identity."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value


class Batches(Generic[I]):
    """The batches of one request: one a field, where it stands in the operation."""

    def __init__(self, info: Callable[[Selection], I]) -> None:
        self._info_of = info
        self._loaders: dict[tuple[Resolver, tuple[int, ...]], DataLoader[Same, Any]] = {}

    def info(self, info: GraphQLResolveInfo[Any]) -> I:
        """What our resolvers get to see of graphql-core's `info`."""
        return self._info_of(Selection(info.field_nodes, info.fragments))

    def load(
        self,
        resolve: Resolver,
        parent: object,
        info: GraphQLResolveInfo[Any],
        arguments: Mapping[str, object],
    ) -> Future[Any]:
        """The answer for one parent, once the whole batch is answered."""
        # The same nodes have the same arguments: an operation has one set of variables.
        place = resolve, tuple(map(id, info.field_nodes))
        if place not in self._loaders:
            self._loaders[place] = self._loader(resolve, info, arguments)
        return self._loaders[place].load(Same(parent))

    def _loader(
        self, resolve: Resolver, info: GraphQLResolveInfo[Any], arguments: Mapping[str, object]
    ) -> DataLoader[Same, Any]:
        ours = self.info(info)

        async def answer(parents: list[Same]) -> list[Any]:
            answers = resolve([parent.value for parent in parents], ours, **arguments)
            return list(await answers if isawaitable(answers) else answers)

        return DataLoader(answer)
