"""Records to rows: which cell is which field, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType, NoneType
from typing import Any, get_args

import msgspec
from msgspec import NODEFAULT

from adapters.files import cells
from adapters.files.mapping import Column, Credits, MappingWrong, Table
from domain.imports.cleaning import without_cards
from domain.imports.rows import (
    CustomerRow,
    Entity,
    LineRow,
    LocationRow,
    OrderRow,
    Part,
    PaymentRow,
    PriceRow,
    ProductRow,
    Reason,
    RefundRow,
    ReturnRow,
    Row,
    RowRefused,
    StockRow,
)

ROWS: Mapping[Part, type[Row]] = MappingProxyType(
    {
        Part.LOCATIONS: LocationRow,
        Part.PRODUCTS: ProductRow,
        Part.PRICES: PriceRow,
        Part.CUSTOMERS: CustomerRow,
        Part.STOCK: StockRow,
        Part.ORDERS: OrderRow,
        Part.LINES: LineRow,
        Part.RETURNS: ReturnRow,
        Part.PAYMENTS: PaymentRow,
        Part.REFUNDS: RefundRow,
    }
)

GATHERED: Mapping[Part, tuple[Entity, tuple[str, ...]]] = MappingProxyType(
    {
        Part.LOCATIONS: (Entity.LOCATIONS, ("code",)),
        Part.PRODUCTS: (Entity.PRODUCTS, ("sku",)),
        Part.PRICES: (Entity.PRODUCTS, ("sku",)),
        Part.CUSTOMERS: (Entity.CUSTOMERS, ("number",)),
        Part.STOCK: (Entity.STOCK, ("sku", "location")),
        Part.ORDERS: (Entity.ORDERS, ("number",)),
        Part.LINES: (Entity.ORDERS, ("order",)),
        Part.RETURNS: (Entity.ORDERS, ("order",)),
        Part.PAYMENTS: (Entity.PAYMENTS, ("ref",)),
        Part.REFUNDS: (Entity.PAYMENTS, ("payment",)),
    }
)
"""To which entity a row belongs, and by which fields it is found there."""

HEADS = frozenset(
    {Part.LOCATIONS, Part.PRODUCTS, Part.CUSTOMERS, Part.STOCK, Part.ORDERS, Part.PAYMENTS}
)
"""The rows of which a key may have only one."""

BESIDE: Mapping[Part, str] = MappingProxyType({Part.PAYMENTS: "order", Part.REFUNDS: "order"})
"""By what a row can be found besides its key."""

Field = tuple[str, int | None, cells.Read | None, Any, bool]


class Maker:
    """Makes the rows of one table."""

    def __init__(self, part: Part, table: Table, columns: Sequence[str], file: str) -> None:
        self._kind = ROWS[part]
        self.part, self._table, self._file = part, table, file
        known = set(self._kind.__struct_fields__)
        named = {*table.columns, *table.defaults, *table.values, *table.not_cards}
        if unknown := sorted(named - known):
            raise MappingWrong(
                f"[{part}] knows no {unknown[0]!r}; there are {', '.join(sorted(known))}."
            )
        places = {name: n for n, name in enumerate(columns)}
        self._fields = [self._field(each, places) for each in msgspec.structs.fields(self._kind)]

    def _field(self, field: msgspec.structs.FieldInfo, places: Mapping[str, int]) -> Field:
        name, kind = field.name, _kind(field.type)
        default = self._table.defaults.get(name)
        read = cells.reader(name, kind, self._table)
        fallback = None if default is None else read(str(default))
        is_needed = field.default is NODEFAULT and fallback is None
        said = self._table.columns.get(name)
        if said is None:
            if is_needed:
                raise MappingWrong(f"[{self.part}] needs a column for {name!r}.")
            return name, None, None, fallback, False
        column = said if isinstance(said, Column) else Column(said)
        place = self._place(column.column, places)
        return name, place, _after(column, read), fallback, is_needed

    def _place(self, column: str | int, places: Mapping[str, int]) -> int:
        if isinstance(column, int) and not self._table.header:
            if column < 1:
                raise MappingWrong("Columns without a header are counted from 1.")
            return column - 1
        if str(column) not in places:
            raise MappingWrong(
                f"{self._file} has no column {column!r}; it has {', '.join(places) or 'none'}."
            )
        return places[str(column)]

    def is_idle(self, record: Sequence[str]) -> bool:
        """Has it no key, where that is no fault? A sale to a guest says nothing of a customer."""
        return self._table.skip_without_key and not self.key_of(record)

    def key_of(self, record: Sequence[str]) -> str:
        """What stands in the cell of its key, read or not."""
        _, place, *_ = self._fields[0]
        return "" if place is None or place >= len(record) else record[place].strip()

    def row(self, record: Sequence[str]) -> tuple[Part, Row, int]:
        """The row of a record, what it is, and how many of its fields had a card number.

        A line may turn out to be a return.

        Raises:
            RowRefused: a cell cannot be read, one that is needed is empty, or one that is no prose
                holds a card number.
        """
        row, masked = without_cards(self._made(record), self._table.not_cards)
        said = self._table.returns
        if said and isinstance(row, LineRow) and _is_return(row, said):
            return Part.RETURNS, _returned(row), masked
        return self.part, row, masked

    def _made(self, record: Sequence[str]) -> Row:
        values: dict[str, Any] = {}
        for name, place, read, fallback, is_needed in self._fields:
            text = "" if place is None or place >= len(record) else record[place].strip()
            if text and read:
                values[name] = read(text)
            elif is_needed:
                raise RowRefused(Reason.MISSING, f"{name} is empty.")
            elif fallback is not None:
                values[name] = fallback
        return self._kind(**values)


def _kind(annotation: Any) -> str:
    """The name of a field's type, without the None."""
    members = [each for each in get_args(annotation) if each is not NoneType]
    return (members[0] if members else annotation).__name__


def _after(column: Column, read: cells.Read) -> cells.Read:
    if not column.remove:
        return read
    cleaned = cells.without(column)
    return lambda given: read(cleaned(given))


def _is_return(row: LineRow, said: Credits) -> bool:
    by_name = bool(said.prefix) and row.order.startswith(said.prefix or "")
    return by_name or (said.negative and row.quantity < 0)


def _returned(row: LineRow) -> ReturnRow:
    return ReturnRow(
        order=row.order,
        sku=row.sku,
        quantity=abs(row.quantity),
        number=row.order,
        name=row.name,
        unit_price=row.unit_price,
        placed_at=row.placed_at,
        customer=row.customer,
    )
