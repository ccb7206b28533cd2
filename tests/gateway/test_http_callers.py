"""Who asks: strangers, those turned away, and those who leave."""

import json

import pytest

from domain.errors import Unauthenticated
from tests.gateway.toy import (
    BROWSER,
    GRAPHQL,
    JSON,
    MASKED,
    SECRET,
    OutOfStock,
    ask,
    code,
    endpoint,
    only_error,
)


async def test_a_stranger_is_told_to_authenticate(serve, reported):
    async def who(_authorization):
        raise Unauthenticated("A valid access token is needed.")

    response = await ask(serve(who=who), "{ later }")

    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"].startswith(GRAPHQL)
    assert not reported


async def test_another_refusal_of_the_viewer_is_forbidden(serve):
    async def who(_authorization):
        raise OutOfStock("Not today.")

    response = await ask(serve(who=who), "{ later }")

    assert (response.status_code, only_error(response)["message"]) == (403, "Not today.")


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, BROWSER])
async def test_an_unexpected_failure_is_masked_json(serve, reported, accept):
    async def who(_authorization):
        raise SECRET

    response = await ask(serve(who=who), "{ later }", accept)

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
    app = endpoint(engine, report=lambda *pair: reported.append(pair))

    await app(scope, receive, sent.append)

    assert not sent
    assert not reported


async def test_introspection_is_answered(client):
    response = await ask(client, "{ __schema { queryType { name } } }")

    assert json.loads(response.content)["data"]["__schema"]["queryType"]["name"] == "Query"
