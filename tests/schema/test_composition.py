"""The subgraphs compose, by two composers that were written apart from each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schema import views
from schema.contracts import Contract
from schema.fields import Column
from tests import node


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The SDL of every subgraph as it is now."""
    for column in Column:
        (tmp_path / f"{column}.graphql").write_text(views.subgraph(column).sdl)
    return tmp_path


async def composed(folder: Path, *names: str) -> tuple[dict[str, Any], str]:
    """What both composers say, and the supergraph."""
    target = folder / "out" / "supergraph.graphql"
    places = [f"{name}=http://{name}.test/graphql" for name in names]
    found = json.loads(await node.run("compose.mjs", str(folder), str(target), *places))
    return found, target.read_text()


async def test_all_subgraphs_compose_without_errors_or_hints(folder: Path):
    found, supergraph = await composed(folder, *Column)

    assert found == {"apollo": {"errors": [], "hints": []}, "guild": {"errors": []}}
    for column in Column:
        assert f'@join__graph(name: "{column}", url: "http://{column}.test/graphql")' in supergraph
    assert all(f'@tag(name: "{contract}")' in supergraph for contract in Contract)


async def test_a_field_with_two_owners_does_not_compose(folder: Path):
    stock = folder / "stock.graphql"
    stock.write_text(stock.read_text().replace("sku: String!", "name: String! sku: String!", 1))

    with pytest.raises(AssertionError, match=r"Product\.name"):
        await composed(folder, *Column)


@pytest.mark.parametrize("name", [views.UNIFIED, views.GUARDED])
async def test_the_unified_graph_composes_alone(tmp_path: Path, name: str):
    (tmp_path / f"{name}.graphql").write_text(views.everything()[name].sdl)

    found, _ = await composed(tmp_path, name)

    assert found == {"apollo": {"errors": [], "hints": []}, "guild": {"errors": []}}
