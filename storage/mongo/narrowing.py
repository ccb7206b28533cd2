"""Reading no more of a document than somebody looks at: a smaller class, and its projection.

A narrowed class has the properties and methods of the whole one and passes for it in `isinstance`;
an attribute that was left out is an `AttributeError`, never a wrong value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from inspect import isfunction
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo

from domain.ports import Wanted
from storage.mongo.driver import Document


class Shape(NamedTuple):
    """The class that documents are read into, and the paths in them that it needs."""

    holds: Any
    paths: Sequence[str]

    def read(self, documents: Sequence[Document]) -> list[Any]:
        return msgspec.convert(documents, list[self.holds])


class _Part(NamedTuple):
    """A field of a narrowed class: what it was, its type and default now, and its paths."""

    field: FieldInfo
    kind: Any
    default: Any
    paths: Sequence[str]


def shape(kind: type[Struct], wanted: Wanted, also: Iterable[str] = ()) -> Shape:
    """What is `wanted` of documents that hold a `kind`, and `also` these attributes."""
    asked = wanted.of(kind)
    fields = _fields(kind)
    if asked is None or not _is_open(kind):
        return Shape(kind, [field.encode_name for field in fields])
    names = {**asked, **dict.fromkeys(also, True)}
    kept = [field for field in fields if field.name in names]
    if not kept:
        return Shape(kind, [field.encode_name for field in fields])
    parts = [_part(field, wanted, whole=names[field.name]) for field in kept]
    return Shape(_class(kind, parts), [path for part in parts for path in part.paths])


def _part(field: FieldInfo, wanted: Wanted, *, whole: bool) -> _Part:
    within = None if whole else _within(field.type, wanted)
    if within is None:
        return _Part(field, field.type, field.default, [field.encode_name])
    # MongoDB leaves out a null in which it was to look for something.
    is_optional = NoneType in get_args(within.holds) and field.default is NODEFAULT
    default = None if is_optional else field.default
    paths = [f"{field.encode_name}.{path}" for path in within.paths]
    return _Part(field, within.holds, default, paths)


def _within(kind: Any, wanted: Wanted) -> Shape | None:
    """The same for what a field holds: objects, lists of them, or perhaps null; else None."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        found = shape(kind, wanted)
        return None if found.holds is kind else found
    inner, *rest = get_args(kind) or (None,)
    if rest not in ([...], [NoneType]):
        return None
    found = _within(inner, wanted)
    if found is None:
        return None
    return Shape(
        tuple[found.holds, ...] if get_origin(kind) is tuple else found.holds | None, found.paths
    )


def _class(kind: type[Struct], parts: Sequence[_Part]) -> type[Struct]:
    fields = [(part.field.name, part.kind, _declared(part)) for part in parts]
    return msgspec.defstruct(
        kind.__name__,
        fields,
        namespace={**_behaviour(kind), "__class__": property(lambda _: kind)},
        module=kind.__module__,
        frozen=True,
        kw_only=True,
        gc=False,  # values out of documents are trees
    )


def _declared(part: _Part) -> Any:
    name, factory = part.field.encode_name, part.field.default_factory
    if factory is not NODEFAULT:
        return msgspec.field(name=name, default_factory=factory)
    return msgspec.field(name=name, default=part.default)


@lru_cache(maxsize=256)
def _fields(kind: type[Struct]) -> Sequence[FieldInfo]:
    return msgspec.structs.fields(kind)


@lru_cache(maxsize=256)
def _behaviour(kind: type[Struct]) -> dict[str, Any]:
    """The properties and methods that a class has of its own and of its bases."""
    own = {name: value for base in reversed(_bases(kind)) for name, value in vars(base).items()}
    hidden = kind.__struct_fields__
    return {name: each for name, each in own.items() if name not in hidden and name[:2] != "__"}


@lru_cache(maxsize=256)
def _is_open(kind: type[Struct]) -> bool:
    """A class that Python itself calls (to compare, to add) is not taken apart."""
    dunders = {
        name
        for base in _bases(kind)
        for name, value in vars(base).items()
        if isfunction(value) and name[:2] == "__"
    }
    return not dunders and kind.__struct_config__.tag is None


def _bases(kind: type[Struct]) -> Sequence[type]:
    return [base for base in kind.__mro__ if issubclass(base, Struct) and base is not Struct]
