"""Reading a request: the parameters of a GraphQL operation out of a body, a URL or a message.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from domain import cards
from gateway.execution.documents import MAX_SOURCE_LENGTH
from gateway.execution.errors import METHOD_NOT_ALLOWED

Headers = Mapping[str, str]

JSON = "application/json"
MAX_BODY_BYTES = 2**20
TOO_LARGE = f"The body is larger than {MAX_BODY_BYTES} bytes."
MAX_JSON_DEPTH = 32
MAX_JSON_VALUES = 20_000
"""More take seconds to look at and 50 MiB to hold; commas within texts count as well."""

MAX_PARAMETERS = 32
DIGEST = re.compile("[0-9a-f]{64}")
DOCUMENT_ID = re.compile(f"sha256:({DIGEST.pattern})")


class Refused(Exception):
    """The request never reaches the engine; its answer is one error."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.shown = {"message": message, "extensions": {"code": code}}


class Asked(NamedTuple):
    """The parameters of a GraphQL request.

    `document` is the hash of a registered document, `digest` of one that may be sent once and
    then left out; each as 64 hexadecimal digits.
    """

    query: str
    operation_name: str | None
    variables: dict[str, object] | None
    document: str | None = None
    digest: str | None = None


NO_CARDS = "A card number does not belong here, nor anywhere else in Kassa."


KEY = "idempotencyKey"
LITERAL = re.compile(
    rf'({KEY}\s*:\s*)?("""(?:[^"\\]|\\"""|\\|"(?!""))*+"""|"(?:[^"\\\n]|\\.)*+")|#[^\n]*'
)
"""A string of a document, of an idempotency key or another; or a comment."""

ESCAPED = re.compile(r"\\u\{0*([0-9A-Fa-f]{1,5})\}|\\u([0-9A-Fa-f]{4})|\\[bfnrt]")
APART = "\n" * 3
"""Further apart than the digits of one number may be."""


def has_card(text: str, variables: Mapping[str, object] | None) -> bool:
    """Does a card number stand in a document, or in any text or number of its variables?

    Keys of requests are left out: one drawn by chance may look like one, and no more than its
    digest is kept. What is too long to be a document is not looked at: it will be refused.
    """
    found = [ESCAPED.sub(_meant, LITERAL.sub(_without_key, text[:MAX_SOURCE_LENGTH]))]
    level: Sequence[object] = [variables]
    while level:
        found += [str(each) for each in level if isinstance(each, str | int)]
        level = [child for each in level for child in _children(each, but=KEY)]
    return cards.within(APART.join(found))


def _without_key(literal: re.Match[str]) -> str:
    return "" if literal[1] else literal[0]


def _meant(escaped: re.Match[str]) -> str:
    code = escaped[1] or escaped[2]
    return chr(int(code, 16)) if code else " "


def check_method(method: str) -> None:
    """Refuse what is neither a question nor an order."""
    if method not in {"GET", "HEAD", "POST"}:
        raise Refused(405, METHOD_NOT_ALLOWED, "Use GET or POST.", {"Allow": "GET, HEAD, POST"})


def headers_of(scope: Scope) -> Headers:
    """The headers of a request, by lower-case names; of a repeated one, all values in a list.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-5.3.
    """
    found: dict[str, str] = {}
    for raw, value in cast("Sequence[tuple[bytes, bytes]]", scope["headers"]):
        name, text = raw.decode("latin-1"), value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


async def asked(scope: Scope, headers: Headers, receive: Receive) -> Asked:
    """What an HTTP request asks.

    Raises:
        Refused: nothing that can be read.
        ClientDisconnect: the client has left.
    """
    is_posted = scope["method"] == "POST"
    return asked_in(await _posted(headers, receive) if is_posted else _queried(scope))


def asked_in(given: Mapping[str, object]) -> Asked:
    """What decoded parameters ask.

    Raises:
        Refused: `query` is missing, or one of them is of a wrong type.
    """
    document = _document(given.get("documentId"))
    digest = _digest(_object_or_null("extensions", given))
    query = given.get("query", "" if document or digest else None)
    if not isinstance(query, str):
        raise _bad("`query` must be given, as a string.")
    if document and query:
        raise _bad("Send either `documentId` or `query`.")
    name = given.get("operationName")
    if not isinstance(name, str | None):
        raise _bad("`operationName` must be a string.")
    return Asked(query, name, _object_or_null("variables", given), document, digest)


def _document(given: object) -> str | None:
    """Source: https://github.com/graphql/graphql-over-http, appendix "Persisted Documents"."""
    if given is None:
        return None
    found = DOCUMENT_ID.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise _bad("`documentId` must be `sha256:` and 64 hexadecimal digits.")
    return found[1]


def _digest(extensions: Mapping[str, object] | None) -> str | None:
    """Source: https://www.apollographql.com/docs/apollo-server/performance/apq."""
    given = (extensions or {}).get("persistedQuery")
    if given is None:
        return None
    hashed = cast("dict[str, object]", given).get("sha256Hash") if isinstance(given, dict) else None
    if not isinstance(hashed, str) or not DIGEST.fullmatch(hashed):
        raise _bad("`persistedQuery.sha256Hash` must be 64 hexadecimal digits.")
    return hashed


def _object_or_null(name: str, given: Mapping[str, object]) -> dict[str, object] | None:
    value = given.get(name)
    if not isinstance(value, dict | None):
        raise _bad(f"`{name}` must be a JSON object.")
    return cast("dict[str, object] | None", value)


def _queried(scope: Scope) -> dict[str, object]:
    """The parameters of a GET; an empty one is as good as none."""
    raw = cast("bytes", scope["query_string"])
    try:
        pairs = parse_qsl(raw.decode(), errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise _bad("The query string cannot be read.") from error
    given: dict[str, object] = dict(pairs)
    for name in given.keys() & {"variables", "extensions"}:
        given[name] = decoded(cast("str", given[name]), f"`{name}` is not valid JSON.")
    return given


async def _posted(headers: Headers, receive: Receive) -> dict[str, object]:
    _check_headers(headers)
    raw = await body(headers, receive)
    given = decoded(raw, "The body is not valid JSON.") if raw.strip() else None
    if not isinstance(given, dict):
        raise _bad("The body must be a JSON object with a `query`.")
    return cast("dict[str, object]", given)


def _check_headers(headers: Headers) -> None:
    media, *parameters = headers.get("content-type", "").lower().replace(" ", "").split(";")
    charsets = {part.replace('"', "") for part in parameters if part.startswith("charset=")}
    if media != JSON or not charsets <= {"charset=utf-8"}:
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"Send the body as {JSON} in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body without compression.")


async def body(headers: Headers, receive: Receive) -> bytes:
    """At most `MAX_BODY_BYTES`: what Content-Length says may only refuse earlier.

    Raises:
        Refused: it is larger.
        ClientDisconnect: it never came whole.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 15 or int(declared) > MAX_BODY_BYTES):
        raise _too_large()
    found, is_whole = bytearray(), False
    while not is_whole:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        found += message.get("body", b"")
        if len(found) > MAX_BODY_BYTES:
            raise _too_large()
        is_whole = not message.get("more_body", False)
    return bytes(found)


def _too_large() -> Refused:
    # The rest of the body is never read, so the connection is of no more use.
    return Refused(413, "PAYLOAD_TOO_LARGE", TOO_LARGE, {"Connection": "close"})


def decoded(raw: bytes | str, complaint: str) -> object:
    """Parsed JSON; msgspec itself refuses lone surrogates, NaN and infinite numbers.

    It takes no more memory than the values; orjson would take twelve times the text besides.

    Raises:
        Refused: with `complaint`, or for what is too much, nested too deeply or does not fit.
    """
    _check_amount(raw)
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad(complaint) from error
    _check_extremes(value)
    return value


def _check_amount(raw: bytes | str) -> None:
    text = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    if sum(map(text.count, (b",", b"[", b"{"))) > MAX_JSON_VALUES:
        raise _bad(f"The JSON has more than {MAX_JSON_VALUES:,} values.")


def _check_extremes(value: object) -> None:
    level = [value]
    for _ in range(MAX_JSON_DEPTH + 1):
        if not level:
            return
        if not all(_fits(item) for item in level):
            raise _bad("A number does not fit in 64 bits.")
        level = [child for item in level for child in _children(item)]
    raise _bad(f"The JSON is nested more than {MAX_JSON_DEPTH} levels deep.")


def _fits(item: object) -> bool:
    # A whole number may be written as a float, so floats are held to the same range.
    if isinstance(item, float):
        return abs(item) < 2**63
    return not isinstance(item, int) or -(2**63) <= item < 2**63


def _children(value: object, but: str | None = None) -> Sequence[object]:
    if isinstance(value, dict):
        return [child for name, child in cast("dict[str, object]", value).items() if name != but]
    return cast("list[object]", value) if isinstance(value, list) else ()


def _bad(message: str) -> Refused:
    return Refused(400, "BAD_REQUEST", message)
