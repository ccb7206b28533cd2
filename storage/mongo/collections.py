"""What a collection is made of: its indexes, and a validator made from the domain type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct, inspect

from storage.mongo.driver import Document, Filter
from storage.mongo.sorting import SortKey

ASCENDING, DESCENDING = 1, -1
Keys = tuple[tuple[str, int], ...]


class Index(Struct, frozen=True):
    """An index, and the query that needs it."""

    keys: Keys
    serves: str
    unique: bool = False
    sparse: bool = False
    only: Filter | None = None
    forget_after: timedelta | None = None

    @property
    def name(self) -> str:
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)

    def specification(self) -> Document:
        """As `createIndexes` wants it."""
        options = {
            "unique": self.unique or None,
            "sparse": self.sparse or None,
            "partialFilterExpression": self.only,
            "expireAfterSeconds": self.forget_after and int(self.forget_after.total_seconds()),
        }
        chosen = {name: value for name, value in options.items() if value is not None}
        return {"key": dict(self.keys), "name": self.name, **chosen}


class Collection(Struct, frozen=True):
    """A collection that holds one domain type. Each rule must hold for every document."""

    name: str
    holds: type[Struct]
    indexes: tuple[Index, ...] = ()
    keys: tuple[SortKey, ...] = ()
    rules: tuple[Filter, ...] = ()

    def validator(self) -> Document:
        """`$jsonSchema` of the domain type, and the rules: the last net under our own checks."""
        schema = {"$jsonSchema": _schema(inspect.type_info(self.holds))}
        rules = [*self.rules, *(key.rule() for key in self.keys)]
        return {**schema, "$expr": {"$and": rules}} if rules else schema

    def document(self, value: Struct, **extra: object) -> Document:
        """The document of a domain value, with what only the database looks at."""
        keys = {key.field: key.of(value) for key in self.keys}
        document: Document = msgspec.to_builtins(value, builtin_types=(datetime, bytes))
        hidden = {name: found for name, found in {**keys, **extra}.items() if found}
        return {**document, **hidden}


def by(*fields: str) -> Keys:
    """Index keys; a leading minus means descending."""
    return tuple(
        (field.lstrip("-"), DESCENDING if field.startswith("-") else ASCENDING) for field in fields
    )


def searchable(values: Sequence[str]) -> list[str]:
    """Keys under a unique sparse index; no keys, no field."""
    return sorted(set(values))


def _schema(kind: inspect.Type) -> Document:
    match kind:
        case inspect.StructType():
            return _object(kind)
        case inspect.Metadata(type=inner):
            return _schema(inner)
        case inspect.UnionType():
            return _either(kind)
        case inspect.VarTupleType(item_type=item):
            return {"bsonType": "array", "items": _schema(item)}
        case inspect.TupleType(item_types=items):
            return {"bsonType": "array", "items": [_schema(item) for item in items]}
        case inspect.DictType(value_type=item):
            return {"bsonType": "object", "additionalProperties": _schema(item)}
        case inspect.EnumType(cls=names):
            return {"enum": [name.value for name in names]}
        case inspect.IntType(ge=least, le=most):
            bounds = {"minimum": least, "maximum": most}
            known = {name: bound for name, bound in bounds.items() if bound is not None}
            return {"bsonType": ["int", "long"], **known}
        case _:
            return {"bsonType": BSON_TYPES[type(kind)]}


BSON_TYPES: Mapping[type[inspect.Type], str | list[str]] = {
    inspect.StrType: "string",
    inspect.BytesType: "binData",
    inspect.BoolType: "bool",
    inspect.FloatType: ["double", "int", "long"],
    inspect.DateTimeType: "date",
    inspect.NoneType: "null",
}


def _object(kind: inspect.StructType) -> Document:
    required = [field.encode_name for field in kind.fields if field.required]
    return {
        "bsonType": "object",
        "properties": {field.encode_name: _schema(field.type) for field in kind.fields},
        **({"required": required} if required else {}),
    }


def _either(kind: inspect.UnionType) -> Document:
    return {"anyOf": [_schema(member) for member in kind.types]}
