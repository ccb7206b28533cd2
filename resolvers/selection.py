"""What is asked below a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode


class Selection:
    """The fields asked below a field, read only when somebody wants to know."""

    __slots__ = ("_fragments", "_nodes")

    def __init__(
        self, nodes: Sequence[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._nodes = nodes
        self._fragments = fragments

    def asks(self, *names: str) -> bool:
        """Is any field of these names asked? One that a directive may skip counts as asked."""
        return not frozenset(names).isdisjoint(
            name for node in self._nodes for name in self._names(node.selection_set)
        )

    def _names(self, selections: SelectionSetNode | None) -> Iterator[str]:
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                yield selection.name.value
            elif isinstance(selection, FragmentSpreadNode):
                yield from self._names(self._fragments[selection.name.value].selection_set)
            else:
                yield from self._names(getattr(selection, "selection_set", None))
