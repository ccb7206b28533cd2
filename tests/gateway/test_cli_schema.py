"""The command `kassa schema`, and the settings that choose what is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import settings
from gateway.cli import app
from gateway.settings import SettingsError
from schema import views
from schema.contracts import Contract
from schema.fields import Column

SNAPSHOTS = Path(__file__).parents[2] / "schema" / "sdl"


def kassa(*arguments: object):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_the_schema_is_printed_whole():
    result = kassa("schema")

    assert result.exit_code == 0
    assert result.stdout == views.unified().sdl


@pytest.mark.parametrize("column", Column)
def test_a_subgraph_is_printed(column: Column):
    assert kassa("schema", "--subgraph", column).stdout == views.subgraph(column).sdl


@pytest.mark.parametrize("contract", Contract)
def test_a_contract_is_printed(contract: Contract):
    assert kassa("schema", "--contract", contract).stdout == views.contract(contract).sdl


def test_a_part_of_another_part_is_refused():
    result = kassa("schema", "--subgraph", "orders", "--contract", "public")

    assert result.exit_code != 0


@pytest.mark.parametrize("command", ["schema", "serve"])
def test_an_unknown_subgraph_is_refused_with_those_there_are(command: str):
    result = kassa(command, "--subgraph", "payment")

    assert result.exit_code == 2
    assert "payments" in result.stderr


def test_the_snapshots_are_what_the_schema_says():
    assert kassa("schema", "--check", SNAPSHOTS).exit_code == 0


def test_all_snapshots_are_written(tmp_path: Path):
    assert kassa("schema", "--write", tmp_path).exit_code == 0

    assert (
        len(list(tmp_path.iterdir())) == len(views.everything()) == 2 + len(Column) + len(Contract)
    )
    assert kassa("schema", "--check", tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("name", "text"), [("orders", "type Query"), ("public", None), ("stray", "type Query")]
)
def test_a_snapshot_that_differs_is_missing_or_too_many_is_named(
    tmp_path: Path, name: str, text: str | None
):
    kassa("schema", "--write", tmp_path)
    path = tmp_path / f"{name}.graphql"
    path.write_text(text) if text else path.unlink()

    result = kassa("schema", "--check", tmp_path)

    assert result.exit_code == 1
    assert f"{name}.graphql" in result.stderr
    assert "make schema" in result.stderr


def test_a_worker_reads_from_the_environment_which_subgraph_it_is():
    assert settings.read({"KASSA_SUBGRAPH": "stock"}).subgraph is Column.STOCK
    assert settings.read({"KASSA_SUBGRAPH": ""}).subgraph is None


def test_an_unknown_subgraph_in_the_environment_is_refused():
    with pytest.raises(SettingsError, match="KASSA_SUBGRAPH='nope' cannot be used"):
        settings.read({"KASSA_SUBGRAPH": "nope"})
