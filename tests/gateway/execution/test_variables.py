"""Whatever clients send as variables becomes what graphql-core makes of it, or is refused alike."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.execution.variables import MAX_COERCION_ERRORS, VariablePlan

SCHEMA = build_schema("""
  scalar Odd
  enum Colour { RED GREEN }
  input Point { x: Int! y: Int = 7 note: String }
  input Shape {
    corners: [Point!]! colours: [Colour] = [RED] grid: [[Int]] odd: Odd name: String! flag: Boolean
  }
  input Tree { value: ID! children: [Tree!] }
  input One @oneOf { point: Point word: String }
  type Query { answer: Int }
""")
"""Parsed from text, so that nothing of it is ours."""


def odd(value: Any) -> Any:
    """A scalar that is hard to please."""
    if value == "raise":
        raise ValueError("not this one")
    if value == "error":
        raise GraphQLError("nor this one")
    return f"odd {value}"


SCHEMA.type_map["Odd"].coerce_input_value = odd  # pyright: ignore[reportAttributeAccessIssue]

TYPES = (
    *("Int", "Int!", "Float", "String!", "ID", "Boolean!", "Odd", "Colour!", "[Int!]", "[[ID]]!"),
    *("Point", "Point!", "[Point!]", "Shape!", "Tree", "One", "One!", "Missing", "Query"),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**31, -(2**31) - 1, 1.0, 1.5, float("inf"), float("nan")]),
    st.sampled_from(["RED", "GREEN", "PINK", "raise", "error", "", "7", "word"]),
)
NAMES = ("x", "y", "note", "corners", "colours", "grid", "odd", "name", "flag", "value")
ANY_NAMES = st.sampled_from([*NAMES, "children", "point", "word", "stranger"])
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_NAMES, inner, max_size=4),
    max_leaves=8,
)

POINTS = st.fixed_dictionaries(
    {"x": st.integers(0, 3) | SCALARS}, optional={"y": SCALARS, "note": SCALARS}
)
SHAPES = st.fixed_dictionaries(
    {"corners": st.lists(POINTS, max_size=2) | POINTS, "name": st.just("a") | SCALARS},
    optional={
        "colours": st.lists(st.sampled_from(["RED", "GREEN"])) | ANYTHING,
        "grid": st.lists(st.lists(st.integers(0, 3))) | ANYTHING,
        "odd": ANYTHING,
        "flag": st.booleans(),
    },
)
TREES = st.recursive(
    st.fixed_dictionaries({"value": SCALARS}),
    lambda tree: st.fixed_dictionaries({"value": SCALARS, "children": st.lists(tree) | tree}),
)
VALUES = st.one_of(ANYTHING, SCALARS, POINTS, SHAPES, TREES, st.lists(POINTS, max_size=2))


@settings(max_examples=1_500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(kind=st.sampled_from(TYPES), variables=st.fixed_dictionaries({}, optional={"it": VALUES}))
def test_variables_are_what_graphql_core_makes_of_them(kind: str, variables: dict[str, Any]):
    check(f"($it: {kind})", variables)


@pytest.mark.parametrize(
    ("declared", "variables"),
    [
        ("($it: Shape!)", {"it": {"corners": [{"x": 1}], "name": "a", "grid": [[1, None], None]}}),
        ("($it: [Point!] = [{x: 1}])", {}),
        ("($it: Int = 3, $other: Point!)", {"other": {"x": 2, "note": None}}),
        ("($it: Int = 3, $other: Point!)", {"it": None, "other": {"x": 2}, "more": 1}),
        ("($it: Tree)", {"it": {"value": "1", "children": [{"value": 2, "children": None}]}}),
    ],
)
def test_so_are_these(declared: str, variables: dict[str, Any]):
    assert check(declared, variables)


def check(declared: str, variables: dict[str, Any]) -> bool:
    """Compare; were they taken at all?"""
    [operation] = parse(f"query {declared} {{ answer }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    expected = get_variable_values(
        SCHEMA, operation.variable_definitions, variables, max_errors=MAX_COERCION_ERRORS
    )

    found = VariablePlan(SCHEMA, operation).values(variables)

    assert shown(found) == shown(expected)
    return isinstance(found, VariableValues)


def shown(values: VariableValues | list[GraphQLError]) -> Any:
    if not isinstance(values, VariableValues):
        return [(error.message, error.locations, error.path) for error in values]
    sources = {name: repr(source.value) for name, source in values.sources.items()}
    return repr(values.coerced), sources
