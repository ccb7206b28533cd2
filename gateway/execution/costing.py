"""What an operation will cost at most, known before anything of it is executed.

An object costs its weight, a plain field nothing; what is below a list counts once for each item.
How many there are is said by an argument, or else assumed. All that hangs on no variable is summed
up once, with the plan; a request only fills in the sizes that its variables say.

Source: https://ibm.github.io/graphql-specs/cost-spec.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import FieldNode, IntValueNode, ListValueNode, NullValueNode, ValueNode, VariableNode
from graphql.execution.values import VariableValues

from gateway.execution.bindings import Price
from gateway.execution.plan import Composite, Field, Level, Plan

Count = int | Callable[[VariableValues], int]
"""How many items: fixed, or by the variables."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a selection costs: a fixed part, and parts that hang on variables.

    Of `branches` only one is taken, so the dearest counts.
    """

    fixed: int = 0
    parts: Sequence[tuple[Count, Costs]] = ()
    branches: Sequence[Costs] = ()

    def of(self, variables: VariableValues) -> int:
        """The cost with these variables."""
        total = self.fixed
        for count, each in self.parts:
            many = count if isinstance(count, int) else count(variables)
            total += many * each.of(variables)
        if self.branches:
            total += max(branch.of(variables) for branch in self.branches)
        return total


def costs(plan: Plan) -> Costs:
    """What a plan costs."""
    return _of_level(plan.root, None)


def _of_level(level: Level, sized: tuple[Sequence[str], Count] | None) -> Costs:
    """`sized` are fields below a page, and how many items the page has."""
    fixed, parts = sum(field.surcharge for field in level.fields), list[tuple[Count, Costs]]()
    for field in level.fields:
        if not isinstance(field.target, Composite):
            continue
        is_sized = sized is not None and field.name in sized[0]
        count = sized[1] if sized and is_sized else _count(field)
        each = _of_items(field, field.target)
        if isinstance(count, int) and not each.parts and not each.branches:
            fixed += count * each.fixed
        else:
            parts.append((count, each))
    return Costs(fixed, parts)


def _of_items(field: Field, target: Composite) -> Costs:
    """What one object of a field costs, with all below it."""
    price = field.price
    sized = (price.sized, _by_arguments(field.nodes[0], price)) if price.sized else None
    below = [_of_level(level, sized) for level in target.levels.values()]
    if all(not each.parts for each in below):
        dearest = max((each.fixed for each in below), default=0)
        return Costs(price.weight + dearest)
    if len(below) == 1:
        return Costs(price.weight + below[0].fixed, below[0].parts)
    return Costs(price.weight, branches=below)


def surcharge(node: FieldNode, price: Price) -> int:
    """What dear arguments cost that are given; a variable may be null, and costs all the same."""
    given = (each for each in node.arguments or () if not isinstance(each.value, NullValueNode))
    return sum(price.dear.get(each.name.value, 0) for each in given)


def _count(field: Field) -> Count:
    """How many objects a field answers for one parent."""
    is_list = len(field.nullable) > 1
    return _by_arguments(field.nodes[0], field.price) if is_list else 1


def _by_arguments(node: FieldNode, price: Price) -> Count:
    """As an argument says: a number, or as many as it lists."""
    given = {each.name.value: each.value for each in node.arguments or ()}
    values = [given[name] for name in price.sizes if name in given]
    if not any(isinstance(each, VariableNode) for each in values):
        return _first([_fixed(each) for each in values], price)

    def count(variables: VariableValues) -> int:
        return _first([_said(each, variables) for each in values], price)

    return count


def _said(value: ValueNode, variables: VariableValues) -> int | None:
    if not isinstance(value, VariableNode):
        return _fixed(value)
    given: Any = variables.coerced.get(value.name.value)
    return len(cast("list[Any]", given)) if isinstance(given, list) else _whole(given)


def _fixed(value: ValueNode) -> int | None:
    if isinstance(value, ListValueNode):
        return len(value.values)
    if isinstance(value, IntValueNode):
        return _whole(int(value.value)) if len(value.value) < 10 else None
    return None if isinstance(value, NullValueNode) else 1


def _whole(given: Any) -> int | None:
    if isinstance(given, int):
        return given
    return None if given is None else 1


def _first(found: Sequence[int | None], price: Price) -> int:
    """The first that was said; a page is refused that is larger than the largest."""
    said = next((each for each in found if each is not None), price.assumed)
    return max(0, min(said, price.most))
