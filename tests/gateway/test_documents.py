"""Documents: what is refused before and during validation, and what is kept."""

import asyncio

import pytest
from graphql import build_schema

from gateway.execution import documents
from gateway.execution.documents import Documents
from gateway.execution.measuring import REGISTERED
from tests.gateway.counting import MOST_CALLS, counting

SCHEMA = build_schema(
    """
    type Query { a: Query b(x: [Int], y: Int): Int c: Int w(z: Nested): Int }
    input Nested { n: Nested }
    """
)

TOO_DEEP = {
    "selections": "{a" * 4_000 + "}" * 4_000,
    "list values": "{b(x:" + "[" * 3_000 + "]" * 3_000 + ")}",
    "object values": "{w(z:" + "{n:" * 1_000 + "{}" + "}" * 1_000 + ")}",
    "type wrappers": "query($v:" + "[" * 3_000 + "Int" + "]" * 3_000 + "){c}",
    "non-null wrappers": "query($v:" + "[" * 1_500 + "Int" + "]!" * 1_500 + "){c}",
    "a chain of fragments and fields": "{...f0}"
    + "".join(f"fragment f{i} on Query{{a{{...f{i + 1}}}}}" for i in range(90))
    + "fragment f90 on Query{c}",
    "fields": "{a" * 21 + "}" * 21,
}

TOO_MUCH = {
    "20,000 equal fields": "{" + "c " * 20_000 + "}",
    "7,900 equal fields": "{" + "c " * 7_900 + "}",
    "fields with equal arguments": "{" + "b(y:1)" * 1_300 + "}",
    "equal fields below equal fields": "{a{" + "a{c}" * 150 + "}}",
    "equal fields of 40 fragments": "{a{"
    + "".join(f"...f{i} " for i in range(40))
    + "}}"
    + "".join(f"fragment f{i} on Query{{a{{c c c}}}}" for i in range(40)),
    "2,001 tokens": "{a{" + "a{c}" * 499 + "c}",
    "30,000 comments": "#\n" * 30_000 + "{c}",
    "a long string": '{b(y:"' + "x" * 70_000 + '")}',
}

FRAGMENT_BOMB = (
    "{...f0}"
    + "".join(f"fragment f{i} on Query{{a{{...f{i + 1}}} a{{...f{i + 1}}}}}" for i in range(60))
    + "fragment f60 on Query{c}"
)


@pytest.fixture
def kept():
    return Documents(SCHEMA)


def refused(documents: Documents, text: str) -> str:
    prepared = documents.prepare(text)
    assert prepared.document is None
    assert prepared.errors
    return prepared.errors[0].message


def test_a_valid_document_is_prepared_once(kept):
    first = kept.prepare("{ c }")

    assert first.document is not None
    assert not first.errors
    assert kept.prepare("{ c }") is first


async def test_a_long_new_text_keeps_nobody_waiting_but_its_like(kept):
    long = [f"{{ x{n}: c {'#' + 'x' * 3_000} \n}}" for n in range(3)]
    order: list[str] = []

    async def read(name: str, text: str) -> None:
        await kept.read(text)
        order.append(name)

    await asyncio.gather(
        *(read(f"long {n}", text) for n, text in enumerate(long)),
        read("short", "{ c }"),
    )

    assert order == ["short", "long 0", "long 1", "long 2"]
    assert await kept.read(long[0]) is kept.prepare(long[0])


def test_an_invalid_document_is_refused_once(kept):
    first = kept.prepare("{ nothing }")

    assert first.document is None
    assert kept.prepare("{ nothing }") is first


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("\ud800", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{...a} fragment a on Query{...b} fragment b on Query{...a}", "GRAPHQL_VALIDATION_FAILED"),
        ("{...a} fragment a on Query{...a}", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { a }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_a_refused_document_says_why(kept, text, code):
    prepared = kept.prepare(text)

    assert prepared.document is None
    assert [error.extensions["code"] for error in prepared.errors] == [code]


@pytest.mark.parametrize("text", TOO_DEEP.values(), ids=TOO_DEEP)
def test_a_deep_document_is_refused_in_a_sentence(kept, text):
    assert "nested too deeply" in refused(kept, text)


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_large_document_is_refused_before_it_costs_much(kept, text):
    with counting() as calls:
        message = refused(kept, text)

    assert "more than" in message or "too often" in message or "are allowed" in message
    assert calls.count < MOST_CALLS


def test_fragments_that_double_at_each_level_cost_nothing(kept):
    with counting() as calls:
        kept.prepare(FRAGMENT_BOMB)

    assert calls.count < MOST_CALLS


def test_an_ordinary_document_may_repeat_a_field(kept):
    assert kept.prepare("{a{" + "c " * 80 + "}}").document is not None


def test_what_is_registered_may_be_larger(kept):
    text = "{" + " ".join(f"x{i}:a{{{'c ' * 40}}}" for i in range(21)) + "}"

    assert "root fields" in refused(kept, text)
    assert kept.prepare(text, REGISTERED).document is not None
    assert "root fields" in refused(kept, text)


def test_errors_are_few_and_short(kept):
    many = kept.prepare("{a{" + "".join(f"x{i} " for i in range(150)) + "}}")
    long = kept.prepare("{" + "x" * 60_000 + "}")

    assert len(many.errors) == documents.MAX_VALIDATION_ERRORS + 1
    assert len(long.errors[0].message) <= 1_001


def test_kept_errors_hold_no_document_and_no_traceback(kept):
    for text in ("{", "{ nothing }"):
        (error,) = kept.prepare(text).errors

        assert error.locations
        assert error.nodes is None
        assert error.source is None
        assert error.__traceback__ is None
        assert error.__context__ is None


def test_valid_documents_are_bounded_in_number(kept):
    first = kept.prepare("{ c }")
    for i in range(documents.MAX_VALID):
        kept.prepare(f"{{ x{i}: c }}")

    assert len(kept._valid) == documents.MAX_VALID
    assert kept.prepare("{ c }") is not first


def test_the_document_used_last_stays(kept):
    first = kept.prepare("{ c }")
    for i in range(documents.MAX_VALID):
        kept.prepare(f"{{ x{i}: c }}")
        kept.prepare("{ c }")

    assert kept.prepare("{ c }") is first


def test_valid_documents_are_bounded_in_bytes(kept, monkeypatch):
    monkeypatch.setattr(kept._valid, "_size", 100_000)
    for i in range(100):
        kept.prepare("{" + f"x{i}: c " * 20 + "}")

    assert 0 < len(kept._valid) < 10
    assert 0 < kept._valid.weight <= 100_000
    assert kept._valid.weight == sum(one.weight for one in kept._valid._kept.values())


def test_a_document_larger_than_everything_is_not_kept(kept, monkeypatch):
    monkeypatch.setattr(kept._valid, "_size", 1)

    assert kept.prepare("{ c }").document is not None
    assert len(kept._valid) == 0
    assert kept._valid.weight == 0


def test_a_flood_of_bad_documents_neither_grows_nor_evicts(kept):
    good = kept.prepare("{ c }")
    for i in range(1_000):
        kept.prepare(f"{{ nothing{i} }}")

    assert len(kept._invalid) == documents.MAX_INVALID
    assert kept._invalid.weight <= documents.MAX_INVALID_BYTES
    assert kept.prepare("{ c }") is good
