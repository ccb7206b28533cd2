"""How many pairs of fields validation may have to compare, counted without comparing them.

Two fields are compared if they stand under one key in one place of the answer. Places that may be
merged are united, and each node of the document is visited once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
)

ARGUMENT_CHARACTERS = 20
"""So much text of arguments takes as long to compare as another field."""


class _Place:
    """Where fields may be merged: how many by key and how heavy, and what is below each key."""

    __slots__ = ("below", "count", "weight")

    def __init__(self) -> None:
        self.below: dict[str, int] = {}
        self.count: dict[str, int] = {}
        self.weight: dict[str, int] = {}


class Merging:
    """Unites the places of selections that may be merged, and counts what meets there.

    A fragment is one place, wherever it is spread: so more seems to meet than does, never less.
    """

    def __init__(
        self,
        operations: Sequence[OperationDefinitionNode],
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._places: list[_Place] = []
        self._united: list[int] = []
        self._of_fragment = {name: self._new() for name in fragments}
        self._waiting = [(each.selection_set, self._new()) for each in operations]
        self._waiting += [
            (each.selection_set, self._of_fragment[name]) for name, each in fragments.items()
        ]

    def comparisons(self) -> int:
        """How many pairs of fields are compared at most, each weighed."""
        while self._waiting:
            selected, place = self._waiting.pop()
            for node in selected.selections:
                self._take(node, place)
        roots = [place for n, place in enumerate(self._places) if self._united[n] == n]
        return sum(
            (count - 1) * place.weight[key] for place in roots for key, count in place.count.items()
        )

    def _take(self, node: SelectionNode, place: int) -> None:
        if isinstance(node, FieldNode):
            below = self._add(self._places[self._root(place)], node)
            if node.selection_set:
                self._waiting.append((node.selection_set, below))
        elif isinstance(node, InlineFragmentNode):
            self._waiting.append((node.selection_set, place))
        elif isinstance(node, FragmentSpreadNode) and node.name.value in self._of_fragment:
            self._unite(place, self._of_fragment[node.name.value])

    def _add(self, place: _Place, node: FieldNode) -> int:
        key = (node.alias or node.name).value
        place.count[key] = place.count.get(key, 0) + 1
        place.weight[key] = place.weight.get(key, 0) + _weight(node)
        if key not in place.below:
            place.below[key] = self._new()
        return place.below[key]

    def _unite(self, one: int, other: int) -> None:
        pairs = [(one, other)]
        while pairs:
            kept, gone = map(self._root, pairs.pop())
            if kept == gone:
                continue
            if len(self._places[kept].count) < len(self._places[gone].count):
                kept, gone = gone, kept
            self._united[gone] = kept
            pairs += _moved(self._places[gone], self._places[kept])

    def _root(self, place: int) -> int:
        united = self._united
        while united[place] != place:
            united[place] = place = united[united[place]]
        return place

    def _new(self) -> int:
        self._places.append(_Place())
        self._united.append(len(self._united))
        return len(self._united) - 1


def _moved(gone: _Place, kept: _Place) -> list[tuple[int, int]]:
    """Put all of a place into another; gives the places below that are to be united too."""
    pairs: list[tuple[int, int]] = []
    for key, count in gone.count.items():
        kept.count[key] = kept.count.get(key, 0) + count
        kept.weight[key] = kept.weight.get(key, 0) + gone.weight[key]
        below = kept.below.setdefault(key, gone.below[key])
        if below != gone.below[key]:
            pairs.append((below, gone.below[key]))
    return pairs


def _weight(node: FieldNode) -> int:
    """1, and more with the text of its arguments."""
    arguments = node.arguments
    if not arguments or arguments[0].loc is None or arguments[-1].loc is None:
        return 1
    return 1 + (arguments[-1].loc.end - arguments[0].loc.start) // ARGUMENT_CHARACTERS
