"""The table of owners in the documentation is true."""

from __future__ import annotations

from pathlib import Path

from schema import owners, views
from schema.fields import Column

PAGE = Path(__file__).parents[2] / "docs" / "federation.md"


def rows() -> dict[str, list[set[str]]]:
    """What the documentation says of each subgraph, cell by cell."""
    lines = [line.strip("|").split("|") for line in PAGE.read_text().split("\n") if line[:1] == "|"]
    cells = {
        cell.strip(): [set(each.replace("`", "").split()) for each in rest] for cell, *rest in lines
    }
    return {column: cells[column] for column in Column}


def owned(column: Column) -> list[set[str]]:
    """What the schema says: fields of the roots, entities, and fields of others' entities."""
    kinds = [views.unified().core.type_map[name] for name in views.subgraph(column).served.entities]
    roots = [views.unified().core.type_map[root] for root in owners.ROOTS]
    return [
        *({each for each in its.fields if owners.owner(its, each) is column} for its in roots),
        {kind.name for kind in kinds if owners.home(kind) is column},
        {
            f"{kind.name}.{field}"
            for kind in kinds
            if owners.home(kind) is not column
            for field in kind.fields
            if owners.owner(kind, field) is column
        },
    ]


def test_the_table_of_owners_says_what_the_schema_says():
    assert rows() == {column: owned(column) for column in Column}
