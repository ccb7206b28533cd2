"""What a router asks of a subgraph: what it serves, and entities by their keys.

Source: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec

A representation is `{"__typename": …}` with the fields of one key. Representations are gathered
by type and key, and each gathering is one read, through the loaders and so with the viewer's
filter. A key that finds nothing is null; a representation that cannot be understood fails alone.
"""

from __future__ import annotations

from asyncio import gather
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, cast

from domain import ids
from domain.errors import BadInput
from domain.ids import Kind, Sku
from domain.stock import StockLevel
from resolvers.context import Context, Info
from resolvers.operations import READ_BY_KIND, TYPE_BY_KIND, ReadMany

MOST_REPRESENTATIONS = 1000

Representation = Mapping[str, object]
Place = tuple[Sku, str]
"""A sku, and the code of a location."""


class Key(NamedTuple):
    """One way to name an entity: which fields, what they say, and the read that understands it."""

    fields: tuple[str, ...]
    said: Callable[[Representation], Hashable]
    read: ReadMany


class Wanted(NamedTuple):
    """What one representation asks for."""

    key: Key
    value: Hashable


async def service(info: Info) -> object:
    return info.context.served


async def entities(
    info: Info, *, representations: Sequence[Representation]
) -> Sequence[object | None]:
    if len(representations) > MOST_REPRESENTATIONS:
        raise BadInput(f"Ask for at most {MOST_REPRESENTATIONS} representations at once.")
    asked = [_understood(info, each) for each in representations]
    gathered: dict[Key, list[Hashable]] = {}
    for each in asked:
        if isinstance(each, Wanted):
            gathered.setdefault(each.key, []).append(each.value)
    read = await gather(*(_read(info.context, *each) for each in gathered.items()))
    found = dict(zip(gathered, read, strict=True))
    return [
        found[each.key][each.value] if isinstance(each, Wanted) else each  # an error stays one
        for each in asked
    ]


async def _read(
    context: Context, key: Key, values: Sequence[Hashable]
) -> Mapping[Hashable, object | None]:
    return dict(zip(values, await key.read(context, values), strict=True))


def _understood(info: Info, representation: Representation) -> Wanted | BadInput:
    try:
        key = _key(_typename(info, representation), representation)
        return Wanted(key, key.said(representation))
    except BadInput as error:
        return error


def _typename(info: Info, representation: Representation) -> str:
    name = representation.get("__typename")
    if not isinstance(name, str):
        raise BadInput("A representation needs its `__typename`.")
    if name not in info.context.served.entities:
        raise BadInput(f"{name[:40]!r} is no entity here.")
    return name


def _key(name: str, representation: Representation) -> Key:
    for key in KEYS_BY_TYPE[name]:
        if representation.keys() >= frozenset(key.fields):
            return key
    ways = " or ".join(" and ".join(f"`{f}`" for f in key.fields) for key in KEYS_BY_TYPE[name])
    raise BadInput(f"A representation of {name} needs {ways}.")


def _text(representation: Representation, field: str) -> str:
    value = representation.get(field)
    if not isinstance(value, str):
        raise BadInput(f"`{field}` of a representation must be a string.")
    return value


def _within(representation: Representation, field: str) -> Representation:
    value = representation.get(field)
    if not isinstance(value, dict):
        raise BadInput(f"`{field}` of a representation must be an object.")
    return cast("Representation", value)


def _id(kind: Kind) -> Key:
    def said(given: Representation) -> str:
        return ids.expect(kind, _text(given, "id"))

    return Key(("id",), said, READ_BY_KIND[kind])


def _name(field: str, read: ReadMany) -> Key:
    def said(given: Representation) -> str:
        return _text(given, field)

    return Key((field,), said, read)


def _place(level: Representation) -> Place:
    sku, code = _within(level, "product"), _within(level, "location")
    return Sku(_text(sku, "sku")), _text(code, "code")


async def _levels_at(context: Context, places: Sequence[Place]) -> Sequence[StockLevel | None]:
    """Two reads, however many places: a level knows its location by id alone."""
    levels, locations = await gather(
        context.stock.levels_of.many([sku for sku, _ in places]),
        context.catalog.location_by_code.many([code for _, code in places]),
    )
    return [
        next((level for level in each or () if at and level.location_id == at.id), None)
        for each, at in zip(levels, locations, strict=True)
    ]


NAMES_BY_TYPE: Mapping[str, Key] = MappingProxyType(
    {
        "Customer": _name("number", lambda its, keys: its.customers.by_number.many(keys)),
        "Product": _name("sku", lambda its, keys: its.catalog.product_by_sku.many(keys)),
        "Location": _name("code", lambda its, keys: its.catalog.location_by_code.many(keys)),
        "Order": _name("number", lambda its, keys: its.orders.by_number.many(keys)),
        "StockLevel": Key(("product", "location"), _place, _levels_at),
    }
)
"""What has a name beside its id."""

KEYS_BY_TYPE: Mapping[str, Sequence[Key]] = MappingProxyType(
    {
        name: [_id(kind), *([NAMES_BY_TYPE[name]] if name in NAMES_BY_TYPE else [])]
        for kind, name in TYPE_BY_KIND.items()
    }
)
"""Every key of every entity, as `keys=` in the schema declares them."""
