"""The architecture's drawing holds, and each of its arrows is seen to catch who goes against it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
ROOMS: list[str] = SETTINGS["root_packages"]
CONTRACTS = [contract["name"] for contract in SETTINGS["contracts"]]

COLUMNS = ("customers", "catalog", "orders", "payments", "stock", "operations")
COLUMNED = ("schema", "resolvers", "loaders", "domain", "storage/mongo")

LINES_OF_A_FILE = 320
LINES_OF_A_FUNCTION = 40

# An import for each contract that breaks it and no other: the file to plant it in, and the import.
PLANTS: Mapping[str, tuple[str, str]] = {
    "Arrows go down: gateway > schema > resolvers > loaders and commands > domain": (
        "resolvers/orders.py",
        "import schema.orders",
    ),
    "Arrows go down: gateway > storage and adapters > domain": (
        "storage/redis.py",
        "import adapters.demo",
    ),
    "The graph sees the database and the channels only as Protocols": (
        "commands/imports.py",
        "import adapters.demo",
    ),
    "Storage and channels know nothing of the graph": (
        "storage/mongo/orders.py",
        "import loaders.batch",
    ),
    "Channels never import one another": ("adapters/planted.py", "import adapters.demo"),
    "The domain imports no framework and no driver": ("domain/money.py", "import structlog"),
    "GraphQL stops at resolvers": ("loaders/batch.py", "import aiodataloader"),
    "HTTP stops at gateway": ("resolvers/context.py", "import starlette.requests"),
    "Only gateway.bootstrap wires the real parts": (
        "gateway/auth.py",
        "from storage.redis import Bell",
    ),
    "Only storage.mongo.driver knows a MongoDB client": (
        "storage/mongo/shelf.py",
        "import pymongo",
    ),
    "The executor imports graphql-core and none of our rooms": (
        "gateway/execution/documents.py",
        "import domain.errors",
    ),
}


def sources() -> list[Path]:
    """The product's own Python files."""
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return sorted(path for path in files if "node_modules" not in path.parts)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The rooms and the contracts, to plant imports in."""
    found = tmp_path_factory.mktemp("copy")
    for path in (*sources(), ROOT / "pyproject.toml"):
        target = found / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return found


def broken(copy: Path) -> set[str]:
    """The contracts that import-linter reports as broken; all others are kept."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo", "--cache-dir", "cache"]
    report = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False).stdout
    state_by_contract = dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*\))?$", report, re.MULTILINE))
    assert state_by_contract.keys() == set(CONTRACTS), report
    return {name for name, state in state_by_contract.items() if state == "BROKEN"}


def test_without_a_plant_every_contract_is_kept(copy):
    assert broken(copy) == set()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_catches_who_breaks_it(copy, contract):
    assert contract in PLANTS, "plant an import that breaks this contract"
    place, planted = PLANTS[contract]
    file = copy / place
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{planted}\n")
    try:
        assert broken(copy) == {contract}
    finally:
        file.unlink() if before is None else file.write_text(before)


@pytest.mark.parametrize("room", COLUMNED)
@pytest.mark.parametrize("column", COLUMNS)
def test_each_domain_has_its_column_in_each_room(room, column):
    place = ROOT / room / column

    assert place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def test_each_room_of_the_drawing_is_under_contract():
    drawn = {"gateway", "schema", "resolvers", "loaders", "commands", "domain", "storage"}

    assert {*drawn, "adapters"} == set(ROOMS)
    assert [room for room in ROOMS if not (ROOT / room / "__init__.py").is_file()] == []


def test_a_command_stands_in_a_column_or_goes_through_all():
    files = {path.stem for path in (ROOT / "commands").iterdir() if path.suffix == ".py"}

    assert files - {"__init__"} <= {*COLUMNS, "imports", "intake", "running", "patience", "all"}


def test_a_file_is_one_idea():
    lines_by_file = {path: len(path.read_text().splitlines()) for path in sources()}

    long = {str(path): lines for path, lines in lines_by_file.items() if lines > LINES_OF_A_FILE}
    assert long == {}, "split it into a folder of the same name"


def test_a_function_is_one_step():
    long = {
        f"{path}: {name}": lines
        for path in sources()
        for name, lines in functions(path.read_text())
        if lines > LINES_OF_A_FUNCTION
    }

    assert long == {}, "a function is one step of the story; let it call others"


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and length of each function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1
