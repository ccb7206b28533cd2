"""Who is refused is refused for a reason that was true at some time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.chaos.checker.run import Operation, Run

SHORT, CONFLICT = "INSUFFICIENT_STOCK", "VERSION_CONFLICT"
POSSIBLE: Mapping[str, frozenset[str]] = {
    "adjustStock": frozenset({SHORT}),
    "countStock": frozenset({CONFLICT, SHORT}),
    "transferStock": frozenset({SHORT}),
    "reserveStock": frozenset({SHORT}),
    "recordRefund": frozenset({"AMOUNT_EXCEEDS_REFUNDABLE"}),
}
"""What may be said of a wish that names what exists and is in its right state."""


def refusals_are_possible_ones(run: Run) -> Iterator[str]:
    for each in run.operations.values():
        if odd := _said(each) - POSSIBLE.get(each.wish.kind, frozenset()):
            yield f"{each} was refused with {sorted(odd)}: {each.payload}"


def who_is_told_that_units_are_short_asked_for_too_many(run: Run) -> Iterator[str]:
    """At some version, one of the levels asked for had fewer units free."""
    for each in run.wished("adjustStock", "transferStock", "reserveStock"):
        short = SHORT in _said(each)
        if short and all(_least_free(run, named) >= units for named, units in _demand(each)):
            yield f"{each} was told that units are short, and they never were."


def _said(wish: Operation) -> set[str]:
    return {error["code"] for error in wish.payload["userErrors"]} if wish.payload else set()


def _demand(wish: Operation) -> Iterator[tuple[Mapping[str, Any], int]]:
    match wish.wish.kind:
        case "adjustStock":
            yield from ((change, -change["delta"]) for change in wish.input("changes"))
        case "transferStock":
            source = {"sku": wish.input("sku"), "location": wish.input("source")}
            yield source, wish.input("quantity")
        case _:
            yield from ((line, line["quantity"]) for line in wish.input("lines"))


def _least_free(run: Run, named: Mapping[str, Any]) -> int:
    level = run.level_by_place[named["sku"], named["location"]]
    return min(int(state.get("free", 0)) for state in level.states.values())
