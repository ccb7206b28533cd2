"""Documents: parsed and validated once, kept by hash within bounds of number and memory."""

from __future__ import annotations

from asyncio import Lock, sleep
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from time import perf_counter

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    assert_valid_schema,
    parse,
    specified_rules,
    validate,
)

from gateway.execution.errors import PARSE_FAILED, VALIDATION_FAILED, coded, refusal
from gateway.execution.measuring import AD_HOC, Limits, excess
from gateway.execution.recent import Recent

MAX_SOURCE_LENGTH = 65_536
MAX_COMMENTS = 1_000
MAX_VALIDATION_ERRORS = 20

MAX_VALID, MAX_VALID_BYTES = 256, 32 * 2**20
MAX_INVALID, MAX_INVALID_BYTES = 64, 2 * 2**20
BYTES_PER_TOKEN = 600
"""Memory of a syntax tree by token; measured: 310 to 560 with locations."""

BYTES_PER_ERROR = 1_000

SHORT = 2_000
"""Characters of a text that is read at once: 10 ms at most."""

REST = 3
"""So many times as long as it took to read one."""

TOO_LONG = f"The document has more than {MAX_SOURCE_LENGTH} characters."
TOO_DEEP = "The document is nested too deeply."
TOO_MUCH = "The document is nested too deeply or repeats its fields too often."


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that may be executed, or why it may not: one of the two is empty.

    `key` is the hash of its text.
    """

    document: DocumentNode | None
    errors: Sequence[GraphQLError]
    key: bytes = b""

    @property
    def weight(self) -> int:
        """About how many bytes it keeps alive."""
        if self.document is None:
            return sum(BYTES_PER_ERROR + 4 * len(error.message) for error in self.errors)
        source = self.document.loc.source.body if self.document.loc else ""
        return BYTES_PER_TOKEN * self.document.token_count + 4 * len(source)


class Documents:
    """Prepares the documents of one schema. If it `suggests`, errors name what is spelt alike.

    Valid and invalid documents are kept apart: a flood of bad ones evicts no good one.
    """

    def __init__(self, schema: GraphQLSchema, *, suggests: bool = True) -> None:
        assert_valid_schema(schema)
        self._schema = schema
        self._suggests = suggests
        self._reading = Lock()
        self._valid: Recent[Prepared] = Recent(MAX_VALID, MAX_VALID_BYTES)
        self._invalid: Recent[Prepared] = Recent(MAX_INVALID, MAX_INVALID_BYTES)

    def prepare(self, text: str, limits: Limits = AD_HOC) -> Prepared:
        """Parse, measure and validate `text`, or remember having done so. Never raises."""
        return self._known(text, limits) or self._keep(text, limits)

    async def read(self, text: str, limits: Limits = AD_HOC) -> Prepared:
        """The same, in a way that leaves time for others.

        Of long texts that are new one is read at a time, and its reader rests in proportion: who
        sends many waits, the rest hardly do.
        """
        known = self._known(text, limits)
        if known:
            return known
        if len(text) <= SHORT:
            return self._keep(text, limits)
        async with self._reading:
            began = perf_counter()
            found = self.prepare(text, limits)
            await sleep(REST * (perf_counter() - began))
        return found

    def _known(self, text: str, limits: Limits) -> Prepared | None:
        if len(text) > MAX_SOURCE_LENGTH:
            return Prepared(None, [refusal(TOO_LONG, PARSE_FAILED)])
        key = _key(text), limits
        return self._valid.get(key) or self._invalid.get(key)

    def _keep(self, text: str, limits: Limits) -> Prepared:
        key = _key(text)
        prepared = replace(_prepared(self._schema, text, limits, self._suggests), key=key)
        kept = self._invalid if prepared.errors else self._valid
        return kept.put((key, limits), prepared)


def _key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


@cache
def _rules(budget: int) -> Sequence[type[ASTValidationRule]]:
    """The specified rules, with so much of a budget for merging fields.

    graphql-core's default lets 8,000 tokens cost a second.
    """

    class MergeableFields(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = budget

    return tuple(
        MergeableFields if rule is OverlappingFieldsCanBeMergedRule else rule
        for rule in specified_rules
    )


def _prepared(schema: GraphQLSchema, text: str, limits: Limits, suggests: bool) -> Prepared:
    try:
        document = _parsed(text, limits)
        if error := excess(document, limits):
            return Prepared(None, [error])
        rules = _rules(limits.merging)
        errors = validate(
            schema, document, rules, max_errors=MAX_VALIDATION_ERRORS, hide_suggestions=not suggests
        )
    except GraphQLError as error:
        return Prepared(None, [coded(error, PARSE_FAILED)])
    except RecursionError:
        return Prepared(None, [refusal(TOO_DEEP, VALIDATION_FAILED)])
    if errors:
        return Prepared(None, [_explained(error) for error in errors])
    return Prepared(document, ())


def _parsed(text: str, limits: Limits) -> DocumentNode:
    return parse(
        text,
        max_source_length=MAX_SOURCE_LENGTH,
        max_lexical_tokens=limits.tokens,
        max_comments=MAX_COMMENTS,
    )


def _explained(error: GraphQLError) -> GraphQLError:
    # graphql-core says no more when a document nests or repeats too much.
    if error.message == "Validation aborted.":
        return refusal(TOO_MUCH, VALIDATION_FAILED)
    return coded(error, VALIDATION_FAILED)
