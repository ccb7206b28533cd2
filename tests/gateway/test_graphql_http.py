"""GraphQL over HTTP: what is answered, what is refused, and how both look."""

import asyncio
import json

import httpx2
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)
from starlette.responses import PlainTextResponse

from domain.errors import BadInput, DomainError, Unauthenticated
from gateway.execution.engine import Engine
from gateway.graphql import MAX_BODY_BYTES, GraphQLEndpoint

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
MASKED = "Something went wrong on our side."
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


class OutOfStock(DomainError):
    code = "OUT_OF_STOCK"


def raising(error: Exception):
    def resolve(_root, _info, **_arguments):
        raise error

    return resolve


def endlessly(_root, _info):
    return endlessly(_root, _info)


async def later(_root, _info):
    await asyncio.sleep(0)
    return "later"


def even(value):
    if value % 2:
        raise GraphQLError("Even needs an even number.")
    return value


class Password:
    def __repr__(self):
        return "password"


THING = GraphQLObjectType(
    "Thing",
    {"name": GraphQLField(GraphQLString)},
    is_type_of=lambda value, _info: not isinstance(value, Password),
)
EVEN = GraphQLScalarType("Even", parse_value=even)
ANYTHING = GraphQLScalarType("Anything")
SECRET = RuntimeError("mongodb://user:password@10.0.0.1")
SECRET.extensions = {"code": "LEAKED", "password": "x"}


def toy() -> GraphQLSchema:
    text, number = GraphQLField(GraphQLString), GraphQLInt
    query = GraphQLObjectType(
        "Query",
        lambda: {
            "hello": GraphQLField(
                GraphQLString,
                {"name": GraphQLArgument(GraphQLString)},
                lambda _root, info, name="you": f"{info.context}, {name}",
            ),
            "later": GraphQLField(GraphQLString, resolve=later),
            "me": GraphQLField(query, resolve=lambda _root, _info: {}),
            "double": GraphQLField(
                number,
                {"of": GraphQLArgument(GraphQLNonNull(number))},
                lambda _root, _info, of: 2 * of,
            ),
            "half": GraphQLField(
                number, {"of": GraphQLArgument(EVEN)}, lambda _root, _info, of: of // 2
            ),
            "broken": GraphQLField(GraphQLString, resolve=raising(SECRET)),
            "required": GraphQLField(GraphQLNonNull(GraphQLString), resolve=raising(SECRET)),
            "missing": GraphQLField(GraphQLNonNull(GraphQLString), resolve=lambda _r, _i: None),
            "refused": GraphQLField(GraphQLString, resolve=raising(OutOfStock("None is left."))),
            "wrapped": GraphQLField(
                GraphQLString,
                resolve=raising(GraphQLError("x", original_error=BadInput("Say more."))),
            ),
            "meant": GraphQLField(
                GraphQLString, resolve=raising(GraphQLError("Slow down.", extensions={"code": "S"}))
            ),
            "endless": GraphQLField(GraphQLString, resolve=endlessly),
            "mistyped": GraphQLField(number, resolve=lambda _root, _info: SECRET),
            "foreign": GraphQLField(THING, resolve=lambda _root, _info: Password()),
            "unlisted": GraphQLField(GraphQLList(number), resolve=lambda _root, _info: 7),
            "huge": GraphQLField(ANYTHING, resolve=lambda _root, _info: 2**70),
        },
    )
    subscription = GraphQLObjectType("Subscription", {"ticks": text})
    mutation = GraphQLObjectType(
        "Mutation", {"rename": GraphQLField(GraphQLString, resolve=lambda _root, _info: "done")}
    )
    return GraphQLSchema(query, mutation, subscription)


@pytest.fixture(scope="module")
def engine():
    return Engine(toy())


@pytest.fixture
def reported():
    return []


@pytest.fixture
def serve(engine, reported):
    """Makes a client for an endpoint over the toy schema."""

    def client(**options):
        options = {"context": admit, **options}
        app = GraphQLEndpoint(engine, report=lambda *pair: reported.append(pair), **options)
        transport = httpx2.ASGITransport(app=app)
        return httpx2.AsyncClient(transport=transport, base_url="http://kassa/graphql")

    return client


@pytest.fixture
def client(serve):
    return serve()


async def admit(_request):
    return "Hello"


async def ask(client, query, accept=GRAPHQL, **parameters):
    return await client.post("", json={"query": query, **parameters}, headers={"accept": accept})


def only_error(response):
    body = response.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["message"]
    assert "Traceback" not in response.text
    return error


def code(response):
    return only_error(response)["extensions"]["code"]


# What is answered


async def test_a_query_is_answered_by_post_and_get(client):
    wanted = {"data": {"hello": "Hello, Ada"}}
    parameters = {"query": "query Q($n: String) { hello(name: $n) }", "operationName": "Q"}

    posted = await client.post("", json={**parameters, "variables": {"n": "Ada"}, "other": 1})
    queried = await client.get("", params={**parameters, "variables": '{"n": "Ada"}'})

    assert (posted.status_code, posted.json()) == (200, wanted)
    assert (queried.status_code, queried.json()) == (200, wanted)


async def test_an_awaited_field_is_answered(client):
    assert (await ask(client, "{ later }")).json() == {"data": {"later": "later"}}


async def test_a_mutation_is_answered_by_post_alone(client):
    posted = await ask(client, "mutation { rename }")
    queried = await client.get("", params={"query": "mutation { rename }"})

    assert posted.json() == {"data": {"rename": "done"}}
    assert (queried.status_code, queried.headers["allow"]) == (405, "POST")
    assert code(queried) == "METHOD_NOT_ALLOWED"


async def test_empty_parameters_of_a_get_are_as_good_as_none(client):
    response = await client.get("?query={later}&operationName=&variables=&extensions=")

    assert response.json() == {"data": {"later": "later"}}


async def test_an_answer_is_not_cached_and_not_sniffed(client):
    headers = (await ask(client, "{ later }")).headers

    assert headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["vary"] == "Accept"


# Which media type


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (GRAPHQL, GRAPHQL),
        (GRAPHQL.upper(), GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9, */*;q=0.1", GRAPHQL),
        (f"{JSON};q=0.5, {GRAPHQL};q=0.6", GRAPHQL),
        (f"*/*, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, */*", JSON),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream", GRAPHQL),
        (BROWSER, JSON),
        ("text/html", None),
        ("text/event-stream", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=nan", None),
        (",;,", None),
    ],
)
async def test_the_media_type_is_the_one_liked_best(client, accept, media):
    headers = {} if accept is None else {"accept": accept}
    request = client.build_request("POST", "", json={"query": "{ later }"}, headers=headers)
    if accept is None:
        del request.headers["accept"]

    response = await client.send(request)

    assert response.headers["content-type"] == f"{media or JSON}; charset=utf-8"
    assert response.status_code == (200 if media else 406)


@pytest.mark.parametrize(
    ("accept", "page"),
    [(BROWSER, True), ("text/html", True), ("*/*", False), (f"{JSON}, text/html", False)],
)
async def test_browsers_get_the_page(serve, accept, page):
    client = serve(page=lambda _request: PlainTextResponse("a page"))

    for method in ("GET", "HEAD"):
        response = await client.request(
            method, "", params={"query": "{ later }"}, headers={"accept": accept}
        )

        assert response.status_code == 200
        assert response.headers["vary"] == "Accept"
        assert response.headers["content-type"].startswith("text/" if page else "application/")


async def test_a_form_of_a_browser_gets_no_page(serve):
    client = serve(page=lambda _request: PlainTextResponse("a page"))

    response = await client.post("", json={"query": "{ later }"}, headers={"accept": "text/html"})

    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


# What is refused


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
async def test_other_methods_are_refused(client, method):
    response = await client.request(method, "")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")
    assert code(response) == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": JSON, "content-encoding": "gzip"},
        {"content-type": JSON, "content-encoding": "identity, gzip"},
    ],
)
async def test_other_bodies_are_refused(client, headers):
    response = await client.post("", content=b'{"query":"mutation{rename}"}', headers=headers)

    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json; charset=utf-8"},
        {"content-type": 'Application/JSON;charset="UTF-8"'},
        {"content-type": JSON, "content-encoding": "identity"},
    ],
)
async def test_the_same_body_may_be_announced_otherwise(client, headers):
    response = await client.post("", content=b'{"query":"{later}"}', headers=headers)

    assert response.json() == {"data": {"later": "later"}}


HOSTILE = {
    "null": b"null",
    "a number": b"42",
    "a string": b'"x"',
    "a list": b"[]",
    "a list of lists": b"[[]]",
    "a batch": b'[{"query":"{later}"}]',
    "nothing": b"",
    "blanks": b" \n ",
    "half an object": b'{"query":',
    "no query": b"{}",
    "a null query": b'{"query":null}',
    "deep lists": b'{"query":"{later}","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "33 levels": b'{"query":"{later}","a":' + b"[" * 32 + b"]" * 32 + b"}",
    "a huge integer": b'{"query":"{later}","variables":{"a":' + b"1" * 100_000 + b"}}",
    "a huge exponent": b'{"query":"{later}","variables":{"a":1e999999}}',
    "NaN": b'{"query":"{later}","variables":{"a":NaN}}',
    "Infinity": b'{"query":"{later}","variables":{"a":-Infinity}}',
    "2**63": b'{"query":"{later}","variables":{"a":9223372036854775808}}',
    "2**64": b'{"query":"{later}","variables":{"a":[18446744073709551616]}}',
    "-2**63 - 1": b'{"query":"{later}","variables":{"a":-9223372036854775809}}',
    "invalid UTF-8": b'{"query":"{later}","variables":{"a":"\xff"}}',
    "an encoded surrogate": b'{"query":"{later}","variables":{"a":"\xed\xa0\x80"}}',
    "a lone surrogate": b'{"query":"{later}","variables":{"a":"\\udfff"}}',
    "a lone surrogate as a key": b'{"query":"{later}","variables":{"\\ud800":1}}',
    "UTF-16": '{"query":"{later}"}'.encode("utf-16"),
}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_body_is_refused_in_a_sentence(client, reported, body, accept):
    headers = {"content-type": JSON, "accept": accept}

    response = await client.post("", content=body, headers=headers)

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert not reported


async def test_the_largest_values_are_accepted(client):
    nested = b"[" * 31 + b"]" * 31
    numbers = b"[9223372036854775807, -9223372036854775808, 1e18]"
    body = b'{"query":"{later}","a":' + nested + b',"b":' + numbers + b"}"

    response = await client.post("", content=body, headers={"content-type": JSON})

    assert response.json() == {"data": {"later": "later"}}


@pytest.mark.parametrize(
    "given",
    [
        {"query": 1},
        {"query": ["{later}"]},
        {"operationName": 1},
        {"operationName": {}},
        {"variables": "{}"},
        {"variables": []},
        {"variables": False},
        {"extensions": 0},
        {"extensions": []},
    ],
)
async def test_parameters_of_a_wrong_type_are_named(client, given):
    response = await client.post("", json={"query": "{ later }", **given})

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert f"`{next(iter(given))}`" in only_error(response)["message"]


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "other=1",
        "query={later}&variables={",
        "query={later}&variables=[]",
        "query={later}&variables=" + "[" * 5_000,
        "query={later}&variables={%22a%22:NaN}",
        "query={later}&variables={%22a%22:18446744073709551616}",
        "query={later}&extensions=1",
        "query={later}%ff",
        "query={later}&variables={%22a%22:%22%ed%a0%80%22}",
        "query={later}" + "&a=1" * 100,
    ],
)
async def test_a_hostile_query_string_is_refused_in_a_sentence(client, query_string):
    response = await client.get("?" + query_string)

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


# How large


async def test_a_body_announced_as_too_large_is_not_read(client):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    for length in (str(MAX_BODY_BYTES + 1), "10737418240", "9" * 5_000):
        headers = {"content-type": JSON, "content-length": length}
        response = await client.post("", content=never(), headers=headers)

        assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
        assert response.headers["connection"] == "close"


async def test_endless_chunks_are_cut_after_the_limit(client):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    response = await client.post("", content=endless(), headers={"content-type": JSON})

    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
    assert sent <= MAX_BODY_BYTES + 65_536


async def test_a_small_announcement_does_not_admit_a_large_body(client):
    headers = {"content-type": JSON, "content-length": "10"}

    response = await client.post("", content=b" " * 2 * MAX_BODY_BYTES, headers=headers)

    assert response.status_code == 413


async def test_a_body_of_exactly_the_limit_is_read(client):
    body = b'{"query":"{later}"}'.ljust(MAX_BODY_BYTES)

    response = await client.post("", content=body, headers={"content-type": JSON})

    assert response.json() == {"data": {"later": "later"}}


# Errors of the request


@pytest.mark.parametrize(
    ("query", "given", "wanted"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("", {}, "GRAPHQL_PARSE_FAILED"),
        ("{a" * 4_000, {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("fragment f on Query { later }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { later } query B { later }", {}, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { later }", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { later }", {"operationName": ""}, "OPERATION_RESOLUTION_FAILURE"),
        ("query ($n: Int!) { double(of: $n) }", {}, "BAD_USER_INPUT"),
        ("query ($n: Int!) { double(of: $n) }", {"variables": {"n": "1"}}, "BAD_USER_INPUT"),
        ("query ($n: Int!) { double(of: $n) }", {"variables": {"n": 2**31}}, "BAD_USER_INPUT"),
        ("query ($n: Int!) { double(of: $n) }", {"variables": {"n": {"$ne": 0}}}, "BAD_USER_INPUT"),
        ("query ($n: Even) { half(of: $n) }", {"variables": {"n": 3}}, "BAD_USER_INPUT"),
        ("subscription { ticks }", {}, "SUBSCRIPTION_NOT_SUPPORTED"),
    ],
)
async def test_a_request_error_has_a_code_and_no_data(client, reported, query, given, wanted):
    strict = await ask(client, query, GRAPHQL, **given)
    legacy = await ask(client, query, JSON, **given)

    assert (strict.status_code, code(strict)) == (400, wanted)
    assert (legacy.status_code, code(legacy)) == (200, wanted)
    assert not reported


async def test_a_scalar_keeps_its_sentence(client):
    by_variable = await ask(client, "query ($n: Even) { half(of: $n) }", variables={"n": 3})
    by_literal = await ask(client, "{ half(of: 3) }")

    assert "Even needs an even number." in only_error(by_variable)["message"]
    assert "Even needs an even number." in only_error(by_literal)["message"]


async def test_a_megabyte_is_not_repeated(client):
    response = await ask(
        client, "query ($n: Int!) { double(of: $n) }", variables={"n": "9" * 900_000}
    )

    assert code(response) == "BAD_USER_INPUT"
    assert len(response.content) < 2_000


async def test_a_null_for_a_required_argument_is_the_clients_mistake(client, reported):
    query = "query ($n: Int = 1) { later double(of: $n) }"

    response = await ask(client, query, variables={"n": None})

    (error,) = response.json()["errors"]
    assert response.status_code == 200
    assert response.json()["data"] == {"later": "later", "double": None}
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"].startswith("Argument 'of' has invalid value")
    assert not reported


# Errors of fields


@pytest.mark.parametrize(
    ("field", "message", "extensions"),
    [
        ("refused", "None is left.", {"code": "OUT_OF_STOCK"}),
        ("wrapped", "Say more.", {"code": "BAD_USER_INPUT"}),
        ("meant", "Slow down.", {"code": "S"}),
    ],
)
async def test_a_refusal_is_shown(client, reported, field, message, extensions):
    response = await ask(client, f"{{ later {field} }}")

    assert response.status_code == 200
    assert response.json() == {
        "data": {"later": "later", field: None},
        "errors": [
            {
                "message": message,
                "locations": [{"line": 1, "column": 9}],
                "path": [field],
                "extensions": extensions,
            }
        ],
    }
    assert not reported


@pytest.mark.parametrize("field", ["broken", "mistyped", "unlisted", "foreign"])
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_failure_is_masked_and_reported(client, reported, field, accept):
    selected = "foreign { name }" if field == "foreign" else field

    response = await ask(client, f"{{ later {selected} }}", accept)

    (error,) = response.json()["errors"]
    ((original, error_id),) = reported
    assert response.status_code == 200
    assert response.json()["data"] == {"later": "later", field: None}
    assert (error["message"], error["path"]) == (MASKED, [field])
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "errorId": error_id}
    assert original.__traceback__ is not None
    assert "password" not in response.text


@pytest.mark.parametrize("field", ["required", "missing"])
async def test_a_failed_required_field_empties_its_parent(client, reported, field):
    below = await ask(client, f"{{ later me {{ {field} }} }}")
    on_top = await ask(client, f"{{ later {field} }}")

    assert below.json()["data"] == {"later": "later", "me": None}
    assert (on_top.status_code, on_top.json()["data"]) == (200, None)
    assert [below.json()["errors"][0]["path"], on_top.json()["errors"][0]["path"]] == [
        ["me", field],
        [field],
    ]
    assert len(reported) == 2


async def test_each_failure_has_its_own_id(client, reported):
    response = await ask(client, "{ a: broken b: broken }")

    shown = {error["extensions"]["errorId"] for error in response.json()["errors"]}
    assert shown == {error_id for _, error_id in reported}
    assert len(shown) == 2


async def test_an_endless_recursion_is_a_sentence(client, reported):
    response = await ask(client, "{ later endless }")

    (error,) = response.json()["errors"]
    assert response.status_code == 200
    assert error["message"] == "The operation is nested too deeply."
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert len(reported) == 1


async def test_the_deepest_document_is_answered_or_refused(client):
    response = await ask(client, "{me" * 199 + "{later}" + "}" * 199)

    assert response.status_code == 200
    for error in response.json().get("errors", []):
        assert error["message"] == "The operation is nested too deeply."


async def test_a_result_that_is_no_json_is_masked(client, reported):
    response = await ask(client, "{ huge }")

    ((original, error_id),) = reported
    assert response.status_code == 500
    assert only_error(response)["message"] == MASKED
    assert only_error(response)["extensions"]["errorId"] == error_id
    assert isinstance(original, TypeError)


# Who asks


async def test_a_stranger_is_told_to_authenticate(serve, reported):
    async def context(_request):
        raise Unauthenticated("A valid access token is needed.")

    response = await ask(serve(context=context), "{ later }")

    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"].startswith(GRAPHQL)
    assert not reported


async def test_another_refusal_of_the_context_is_forbidden(serve):
    async def context(_request):
        raise OutOfStock("Not today.")

    response = await ask(serve(context=context), "{ later }")

    assert (response.status_code, only_error(response)["message"]) == (403, "Not today.")


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, BROWSER])
async def test_an_unexpected_failure_is_masked_json(serve, reported, accept):
    async def context(_request):
        raise SECRET

    response = await ask(serve(context=context), "{ later }", accept)

    assert response.status_code == 500
    assert response.headers["content-type"].startswith("application/")
    assert only_error(response)["message"] == MASKED
    assert reported == [(SECRET, only_error(response)["extensions"]["errorId"])]
    assert "password" not in response.text


async def test_a_client_that_leaves_is_not_a_failure(engine, reported):
    async def receive():
        return {"type": "http.disconnect"}

    sent = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    app = GraphQLEndpoint(engine, context=admit, report=lambda *pair: reported.append(pair))

    await app(scope, receive, sent.append)

    assert not sent
    assert not reported


async def test_introspection_is_answered(client):
    response = await ask(client, "{ __schema { queryType { name } } }")

    assert json.loads(response.content)["data"]["__schema"]["queryType"]["name"] == "Query"
