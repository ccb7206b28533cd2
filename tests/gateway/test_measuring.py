"""The measures of a document are those of what it spreads out to, without spreading it out."""

from __future__ import annotations

from itertools import combinations

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.execution.documents import Documents
from gateway.execution.measuring import AD_HOC, Size, _Measuring, excess
from gateway.execution.merging import Merging
from schema import views
from tests.gateway.counting import MOST_CALLS, counting

NAMES = "abc"
FRAGMENTS = 4


def selections(fragments: int) -> st.SearchStrategy[str]:
    """Selection sets that spread only fragments of lower numbers."""
    leaf = st.sampled_from([*NAMES, "x: a", "y: b @skip(if: true)", "b(v: [1 2 3])"])
    spreads = [f"...f{n}" for n in range(fragments)] + [f"...f{n} @x" for n in range(fragments)]
    base = st.one_of(leaf, st.sampled_from(spreads)) if spreads else leaf

    def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        several = st.lists(inner, min_size=1, max_size=4).map(" ".join)
        heads = st.sampled_from(["a", "b", "z: a", "...", "... on T @x"])
        return st.builds("{} {{ {} }}".format, heads, several)

    whole = st.recursive(base, deeper, max_leaves=8)
    return st.lists(whole, min_size=1, max_size=4).map(" ".join)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents without cycles, whose fragments spread one another."""
    fragments = [f"fragment f{n} on T {{ {draw(selections(n))} }}" for n in range(FRAGMENTS)]
    return f"{{ {draw(selections(FRAGMENTS))} }} {' '.join(fragments)}"


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    found = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    return {each.name.value: each for each in found}


def operation_of(document: DocumentNode) -> OperationDefinitionNode:
    return next(e for e in document.definitions if isinstance(e, OperationDefinitionNode))


def spread_out(node, fragments):
    """The fields of a selection set, with everything that is spread put in its place."""
    directives, fields = 0, []
    for each in node.selections:
        directives += len(each.directives or ())
        if isinstance(each, FieldNode):
            fields.append(each)
            continue
        inner = each if isinstance(each, InlineFragmentNode) else fragments[each.name.value]
        more, own = spread_out(inner.selection_set, fragments)
        fields += more
        directives += own
    return fields, directives


def size_of(node: SelectionSetNode | None, fragments) -> Size:
    """The same measures, by spreading everything out."""
    if node is None:
        return Size()
    fields, directives = spread_out(node, fragments)
    below = [size_of(each.selection_set, fragments) for each in fields]
    return Size(
        depth=1 + max(each.depth for each in below),
        fields=len(fields) + sum(each.fields for each in below),
        breadth=len(fields),
        aliases=sum(each.alias is not None for each in fields) + sum(e.aliases for e in below),
        directives=directives + sum(each.directives for each in below),
    )


def meeting(sets, fragments) -> set[frozenset[int]]:
    """Pairs of field nodes that lie under one key in one place."""
    by_key: dict[str, dict[int, FieldNode]] = {}
    for each in sets:
        for field in spread_out(each, fragments)[0]:
            by_key.setdefault((field.alias or field.name).value, {})[id(field)] = field
    found: set[frozenset[int]] = set()
    for nodes in by_key.values():
        found |= {frozenset(pair) for pair in combinations(nodes, 2)}
        below = [node.selection_set for node in nodes.values() if node.selection_set]
        found |= meeting(below, fragments) if below else set()
    return found


@given(documents())
@settings(max_examples=300, deadline=None)
def test_fragments_are_measured_once_and_count_wherever_they_are_spread(text: str):
    document = parse(text)
    fragments = fragments_of(document)

    size = _Measuring(fragments).of_definition(operation_of(document))

    assert size == size_of(operation_of(document).selection_set, fragments)


@given(documents())
@settings(max_examples=300, deadline=None)
def test_no_fewer_comparisons_are_counted_than_fields_meet(text: str):
    document = parse(text)
    fragments = fragments_of(document)
    operation = operation_of(document)

    counted = Merging([operation], fragments).comparisons()

    assert counted >= len(meeting([operation.selection_set], fragments))


@pytest.mark.parametrize(
    ("text", "comparisons"),
    [
        ("{ a b c }", 0),
        ("{ a a }", 2),
        ("{ a a a }", 6),
        ("{ x: a x: b }", 2),
        ("{ a { c } a { c } }", 4),
        ("{ a { c } b { c } }", 0),
        ("{ a { ... { c } ... { c } } }", 2),
        ("{ a { ...f c } b { ...f c } } fragment f on T { d }", 2),
        ("{ ...f ...f } fragment f on T { a }", 0),
        ("{ ...f a } fragment f on T { ...f a }", 2),
    ],
)
def test_comparisons_are_of_fields_that_may_be_merged(text: str, comparisons: int):
    document = parse(text)

    counted = Merging([operation_of(document)], fragments_of(document)).comparisons()

    assert counted == comparisons


EXCESSES = {
    "21 levels": "{" + "a{" * 20 + "a" + "}" * 21,
    "21 operations": " ".join(f"query q{n} {{ a }}" for n in range(21)),
    "101 fragments": "{ a }" + "".join(f"fragment f{n} on T {{ a }}" for n in range(101)),
    "21 root fields": "{" + "a " * 21 + "}",
    "201 fields side by side": "{ a {" + " ".join(f"b{n}" for n in range(201)) + "} }",
    "51 aliases": "{ a {" + " ".join(f"b{n}: b" for n in range(51)) + "} }",
    "51 directives": "{ a {" + " ".join(f"b{n} @x @y @z" for n in range(17)) + "} }",
    "6 directives in one place": "{ a" + " @x" * 6 + " }",
    "101 arguments or input fields": "{ a(" + " ".join(f"b{n}: 1" for n in range(101)) + ") }",
    "asks for 8,191 fields": "{...f0}"
    + "".join(f"fragment f{n} on T {{ a{n} {{ ...f{n + 1} ...f{n + 1} }} }}" for n in range(12))
    + "fragment f12 on T { c }",
    "10,100 comparisons": "{ a {" + "b " * 101 + "} }",
}


@pytest.mark.parametrize(("said", "text"), EXCESSES.items(), ids=EXCESSES)
def test_an_excess_is_named_with_what_is_allowed(said: str, text: str):
    error = excess(parse(text), AD_HOC)

    assert error is not None
    assert error.extensions == {"code": "QUERY_TOO_COMPLEX"}
    number = next(word for word in said.split() if word[0].isdigit())
    assert number in error.message
    assert "are allowed" in error.message


WORDS = "{ } a ...f0 ...f1 query mutation order(id: ) $v [ ] : @skip(if:true) id lines product sku"
PIECES = [*WORDS.split(), "1", '"a"', "{id}", "{...f1}", '"', "\\", "&", "#", "..."]
HEADS = ["fragment f0 on Query ", "fragment f1 on Query ", "... on Order ", "#\n"]


@given(st.lists(st.tuples(st.sampled_from([*PIECES, *HEADS]), st.integers(1, 60)), max_size=60))
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_costs_little(pieces: list[tuple[str, int]]):
    text = "".join(f"{piece} " * times for piece, times in pieces)
    documents = Documents(views.unified().core)

    with counting() as calls:
        documents.prepare(text)

    assert calls.count < MOST_CALLS
