"""What docs/hostile.md says is tested, is: each row names a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "hostile.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| sent ")
]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)` \|$")


@pytest.mark.parametrize("row", ROWS)
def test_each_hostile_input_has_its_test(row: str):
    named = TEST.search(row)
    assert named, "A row ends with its test: `tests/….py::test_…` |"

    tree = ast.parse((ROOT / named[1]).read_text())

    functions = [
        each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert named[2] in functions
