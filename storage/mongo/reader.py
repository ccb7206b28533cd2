"""Reading one collection into one type: by keys, by page, by page of each parent, by count.

Every read stays inside the viewer's reach. Documents read never exceed what is answered by more
than one a parent, which tells whether there is a next page.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, Generic, TypeVar

from msgspec import Struct

from domain.pages import Page, PageRequest, page
from domain.ports import EVERYTHING, Wanted
from domain.viewer import Subject, Viewer, reach
from storage.mongo.access import Owners, within
from storage.mongo.driver import Database, Document, Filter, Sort
from storage.mongo.merging import Merging
from storage.mongo.narrowing import shape
from storage.mongo.sorting import NumberKey, SortKey

T = TypeVar("T", bound=Struct)
K = TypeVar("K", bound=str)

Names = tuple[str, ...]


class Reader(Generic[T]):
    """Reads `collection` as values of `holds`, guarded as `subject`."""

    def __init__(
        self,
        database: Database,
        collection: str,
        holds: type[T],
        subject: Subject,
        wanted: Wanted = EVERYTHING,
        owners: Owners | None = None,
    ) -> None:
        self._database = database
        self._collection = collection
        self._holds = holds
        self._subject = subject
        self._owners = owners or Owners()
        self._merging = Merging()
        self._shape = lru_cache(partial(shape, holds, wanted))

    def _within(self, viewer: Viewer, where: Filter, subject: Subject | None) -> Filter | None:
        guard = within(reach(viewer, subject or self._subject), self._owners)
        return None if guard is None else {"$and": [where, guard]} if guard else where

    def _slot(self, how: str, field: str, viewer: Viewer) -> Hashable:
        """Reads of whoever reaches the same may be one: all shoppers see one catalogue."""
        return how, field, reach(viewer, self._subject)

    async def all(
        self,
        viewer: Viewer,
        where: Filter,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        also: Names = (),
    ) -> list[T]:
        """What matches `where`; `also` are attributes that are needed whatever is wanted."""
        guarded = self._within(viewer, where, None)
        if guarded is None:
            return []
        shape = self._shape(also)
        found = await self._database.find(
            self._collection, guarded, sort=sort, limit=limit, fields=shape.paths
        )
        return shape.read(found)

    def by_ids(self, viewer: Viewer, keys: Sequence[K]) -> Future[Mapping[K, T]]:
        """The documents with these ids."""
        return self.one_each(viewer, "_id", keys, "id")

    def one_each(
        self, viewer: Viewer, field: str, keys: Sequence[K], attribute: str | None = None
    ) -> Future[Mapping[K, T]]:
        """The one document of each key, under a unique index on `field`."""
        name = attribute or field
        key = attrgetter(name)

        async def read(asked: Sequence[K]) -> dict[K, T]:
            found = await self.all(viewer, {field: {"$in": asked}}, also=(name,))
            return dict(zip(map(key, found), found, strict=True))

        return self._merging.read(self._slot("one", field, viewer), keys, read)

    def tagged(self, viewer: Viewer, field: str, keys: Sequence[K]) -> Future[Mapping[K, T]]:
        """The one document that has each key in the array `field`, which the type does not show."""

        async def read(asked: Sequence[K]) -> dict[K, T]:
            guarded = self._within(viewer, {field: {"$in": asked}}, None)
            if guarded is None:
                return {}
            shape = self._shape(())
            documents = await self._database.find(
                self._collection, guarded, fields=[*shape.paths, field]
            )
            wanted = frozenset(asked)
            return {
                key: item
                for document, item in zip(documents, shape.read(documents), strict=True)
                for key in wanted.intersection(document[field])
            }

        return self._merging.read(self._slot("tagged", field, viewer), keys, read)

    def many_each(
        self, viewer: Viewer, field: str, keys: Sequence[K]
    ) -> Future[Mapping[K, list[T]]]:
        """The documents of each key, by their ids; an empty list where there are none."""

        async def read(asked: Sequence[K]) -> dict[K, list[T]]:
            # Sorted here: for a sort by `_id`, MongoDB may rather walk the whole collection.
            found = await self.all(viewer, {field: {"$in": asked}}, also=("id", field))
            groups: dict[K, list[T]] = {key: [] for key in asked}
            for item in sorted(found, key=attrgetter("id")):
                groups[getattr(item, field)].append(item)
            return groups

        return self._merging.read(self._slot("many", field, viewer), keys, read)

    async def page(
        self,
        viewer: Viewer,
        where: Filter,
        key: SortKey | NumberKey,
        request: PageRequest,
        *,
        since: datetime | None = None,
        subject: Subject | None = None,
        origin: Any = None,
    ) -> Page[T]:
        """A page of what matches `where`, by one range of an index on `key`."""
        guarded = self._within(viewer, {**where, **key.range(request, since)}, subject)
        if guarded is None:
            return Page((), origin=origin)
        shape = self._shape(key.ordering.attributes)
        found = await self._database.find(
            self._collection,
            guarded,
            sort=key.sort(request),
            limit=request.size + 1,
            fields=shape.paths,
        )
        return page(shape.read(found), request, key.ordering, origin)

    async def pages(
        self,
        viewer: Viewer,
        field: str,
        keys: Sequence[K],
        where: Filter,
        key: SortKey | NumberKey,
        request: PageRequest,
        *,
        since: datetime | None = None,
        origins: Mapping[K, Any] | None = None,
    ) -> dict[K, Page[T]]:
        """A page for each parent key, in one read that takes no more than each page needs."""
        shape = self._shape(key.ordering.attributes)
        steps: list[Filter] = [
            {"$sort": dict(key.sort(request))},
            {"$limit": request.size + 1},
            {"$project": dict.fromkeys(shape.paths, 1)},
        ]
        within = {**where, **key.range(request, since)}
        groups = await self._joined(viewer, field, keys, within, steps)
        origin = (origins or {}).get
        return {
            parent: page(shape.read(groups.get(parent, [])), request, key.ordering, origin(parent))
            for parent in keys
        }

    async def some_each(
        self, viewer: Viewer, field: str, keys: Sequence[K], most: int
    ) -> dict[K, list[T]]:
        """Up to `most` documents of each key, in no order."""
        shape = self._shape(())
        steps: list[Filter] = [{"$limit": most}, {"$project": dict.fromkeys(shape.paths, 1)}]
        groups = await self._joined(viewer, field, keys, {}, steps)
        return {key: shape.read(groups.get(key, [])) for key in keys}

    async def count(
        self, viewer: Viewer, where: Filter, cap: int, *, subject: Subject | None = None
    ) -> int:
        """How many match, counted no further than `cap`."""
        guarded = self._within(viewer, where, subject)
        return 0 if guarded is None else await self._database.count(self._collection, guarded, cap)

    async def counts(
        self, viewer: Viewer, field: str, keys: Sequence[K], where: Filter, cap: int
    ) -> dict[K, int]:
        """How many match for each parent key, each counted no further than `cap`."""
        steps: list[Filter] = [{"$limit": cap}, {"$count": "n"}]
        groups = await self._joined(viewer, field, keys, where, steps)
        return {key: groups[key][0]["n"] if groups.get(key) else 0 for key in keys}

    async def _joined(
        self,
        viewer: Viewer,
        field: str,
        keys: Sequence[K],
        where: Filter,
        steps: Sequence[Filter],
    ) -> Mapping[K, list[Document]]:
        # `$in` with a sort would read every document of every parent before the first is dropped.
        guarded = self._within(viewer, where, None)
        if guarded is None:
            return {}
        join = {
            "from": self._collection,
            "localField": "_id",
            "foreignField": field,
            "pipeline": [{"$match": guarded}, *steps],
            "as": "found",
        }
        parents = [{"_id": key} for key in keys]
        rows = await self._database.aggregate([{"$documents": parents}, {"$lookup": join}])
        return {row["_id"]: row["found"] for row in rows}


def among(field: str, values: Sequence[object] | None) -> Filter:
    """Is `field` one of `values`? None asks nothing."""
    return {} if values is None else {field: {"$in": list(values)}}
