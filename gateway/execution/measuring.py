"""How large a document is, measured in one pass before anything costly looks at it.

Each fragment is measured once and its measures are added wherever it is spread, so a document of
doubling fragments takes no longer than its length. What validation compares in pairs is bounded
by how many fields may come to lie in one place of the answer (`merging.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from gateway.execution.errors import QUERY_TOO_COMPLEX, refusal
from gateway.execution.merging import Merging


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything a document may have; what fragments bring counts where it is spread.

    `comparisons` are pairs of fields under one key in one place, weighed by their arguments.
    `inputs` are arguments of one field or directive, or fields of one input object: an error about
    one of them prints them all. `merging` is graphql-core's own budget for merging fields, a second
    net, under fragments most of all; 100 equal fields take about 10,000 of it.
    """

    tokens: int
    operations: int
    fragments: int
    depth: int
    fields: int
    roots: int
    breadth: int
    aliases: int
    directives: int
    directives_of_one: int
    comparisons: int
    inputs: int
    merging: int


AD_HOC = Limits(
    tokens=2_000,
    operations=20,
    fragments=100,
    depth=20,
    fields=5_000,
    roots=20,
    breadth=200,
    aliases=50,
    directives=50,
    directives_of_one=5,
    comparisons=10_000,
    inputs=100,
    merging=12_000,
)
"""A refused document costs 45 ms of CPU at most (`make bench-limits`)."""

REGISTERED = Limits(
    tokens=8_000,
    operations=20,
    fragments=300,
    depth=30,
    fields=10_000,
    roots=50,
    breadth=500,
    aliases=500,
    directives=500,
    directives_of_one=5,
    comparisons=50_000,
    inputs=100,
    merging=500_000,
)
"""For what the operator has registered: it is read once, by the one who registers it."""

SAID: Mapping[str, str] = MappingProxyType(
    {
        "operations": "has {} operations",
        "fragments": "has {} fragments",
        "depth": "is nested too deeply: {} levels of fields",
        "fields": "asks for {} fields, with what its fragments repeat",
        "roots": "has {} root fields",
        "breadth": "has {} fields side by side",
        "aliases": "has {} aliases, with what its fragments repeat",
        "directives": "has {} directives, with what its fragments repeat",
        "directives_of_one": "has {} directives in one place",
        "inputs": "gives {} arguments or input fields in one place",
        "comparisons": "repeats its fields too often: {} comparisons",
    }
)

MOST_SAID = 10**9
"""Fragments may multiply to numbers of a thousand digits."""


class Size(NamedTuple):
    """The measures of a selection set, with all that it spreads."""

    depth: int = 0
    fields: int = 0
    breadth: int = 0
    aliases: int = 0
    directives: int = 0


NO_SIZE = Size()


def excess(document: DocumentNode, limits: Limits) -> GraphQLError | None:
    """What a parsed document has too much of, of the first such thing."""
    for name, found in _measures(document):
        most = getattr(limits, name)
        if found > most:
            shown = f"more than {MOST_SAID:,}" if found > MOST_SAID else f"{found:,}"
            message = f"The document {SAID[name].format(shown)}; {most:,} are allowed."
            return refusal(message, QUERY_TOO_COMPLEX)
    return None


def selected(document: DocumentNode) -> Iterator[str]:
    """The names of all fields that a document selects anywhere."""
    waiting = [
        each.selection_set
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            below = node.selection_set if isinstance(node, FieldNode | InlineFragmentNode) else None
            if below:
                waiting.append(below)


def _measures(document: DocumentNode) -> Iterator[tuple[str, int]]:
    definitions = document.definitions
    operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    fragments = [each for each in definitions if isinstance(each, FragmentDefinitionNode)]
    yield "operations", len(operations)
    yield "fragments", len(fragments)
    measuring = _Measuring({each.name.value: each for each in fragments})
    for each in operations:
        size = measuring.of_definition(each)
        yield "depth", size.depth
        yield "fields", size.fields
        yield "roots", size.breadth
        yield "aliases", size.aliases
        yield "directives", size.directives
    for each in fragments:
        yield "depth", measuring.of_fragment(each.name.value).depth
    yield "breadth", measuring.broadest
    yield "directives_of_one", measuring.most_directives
    yield "inputs", measuring.most_inputs
    yield "comparisons", Merging(operations, measuring.fragments).comparisons()


class _Measuring:
    """Measures each fragment once. One that spreads itself has no size: validation refuses it."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.fragments = fragments
        self.broadest = 0
        self.most_directives = 0
        self.most_inputs = 0
        self._size_by_fragment: dict[str, Size] = {}

    def of_definition(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> Size:
        own = self._directives(node)
        size = self._of_set(node.selection_set)
        return size._replace(directives=size.directives + own)

    def of_fragment(self, name: str) -> Size:
        known = self._size_by_fragment.get(name)
        if known is not None or name not in self.fragments:
            return known or NO_SIZE
        self._size_by_fragment[name] = NO_SIZE
        size = self._size_by_fragment[name] = self.of_definition(self.fragments[name])
        return size

    def _of_set(self, selected: SelectionSetNode | None) -> Size:
        if selected is None:
            return NO_SIZE
        depth = fields = breadth = aliases = directives = 0
        for node in selected.selections:
            size = self._of_selection(node)
            depth = max(depth, size.depth)
            fields += size.fields
            breadth += size.breadth
            aliases += size.aliases
            directives += size.directives + self._directives(node)
        self.broadest = max(self.broadest, breadth)
        return Size(depth, fields, breadth, aliases, directives)

    def _of_selection(self, node: SelectionNode) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self.of_fragment(node.name.value)
        if not isinstance(node, FieldNode):
            return (
                self._of_set(node.selection_set)
                if isinstance(node, InlineFragmentNode)
                else NO_SIZE
            )
        self._given(node.arguments)
        below = self._of_set(node.selection_set)
        aliases = below.aliases + (node.alias is not None)
        return Size(below.depth + 1, below.fields + 1, 1, aliases, below.directives)

    def _directives(
        self, node: SelectionNode | OperationDefinitionNode | FragmentDefinitionNode
    ) -> int:
        found = len(node.directives or ())
        self.most_directives = max(self.most_directives, found)
        for each in node.directives or ():
            self._given(each.arguments)
        return found

    def _given(self, arguments: Sequence[ArgumentNode] | None) -> None:
        """Look at the arguments of one field or directive, and at all within them."""
        if not arguments:
            return
        self.most_inputs = max(self.most_inputs, len(arguments))
        waiting = [each.value for each in arguments]
        while waiting:
            value = waiting.pop()
            if isinstance(value, ListValueNode):
                waiting += value.values
            elif isinstance(value, ObjectValueNode):
                self.most_inputs = max(self.most_inputs, len(value.fields))
                waiting += [each.value for each in value.fields]
