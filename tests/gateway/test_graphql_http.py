"""GraphQL over HTTP: what is answered, and what each error of a request or a field looks like."""

import pytest

from tests.gateway.toy import GRAPHQL, JSON, MASKED, ask, code, only_error

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
    response = await ask(client, "{me" * 19 + "{later}" + "}" * 19)

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
