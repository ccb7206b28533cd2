"""What holds for every request: hosts, origins, other sites' pages, headers, and what is hidden."""

from __future__ import annotations

import pytest

from domain.viewer import Role
from gateway import pages
from gateway.edge import ALLOWED_HEADERS
from gateway.settings import AdHoc, Env, Hosts, Origins
from tests.client import Client
from tests.walks import applications

SHOP = "https://shop.example"
QUERY = "/graphql?query={channels{code}}"
INTROSPECTION = "{ __schema { queryType { name } } }"


@pytest.fixture
async def serve(stocked):
    """Makes clients of gateways with other settings, which are closed in the end."""
    async with applications.clients(stocked) as opened:
        yield opened


# Hosts


@pytest.mark.parametrize(
    "host", ["evil/..?x", "a b", "a@b", "", "kassa.test:99999999", "[::1", "x" * 300, "kassa.test#"]
)
async def test_a_host_that_is_none_is_refused(kassa: Client, host: str):
    response = await kassa.http.get(QUERY, headers={"host": host})

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("host", ["kassa.test", "10.0.0.1:8000", "[::1]:80", "a_b-c.d"])
async def test_any_host_will_do_unless_they_are_named(kassa: Client, host: str):
    assert (await kassa.http.get(QUERY, headers={"host": host})).status_code == 200


async def test_only_hosts_that_are_named_are_served(serve):
    named = await serve(hosts=Hosts({"api.shop.example"}))

    statuses = [
        (await named.http.get("/livez", headers={"host": host})).status_code
        for host in ("api.shop.example", "API.shop.example:8000", "evil.example", "shop.example")
    ]

    assert statuses == [200, 200, 400, 400]


# Origins


async def test_an_origin_that_is_allowed_is_answered(serve):
    kassa = await serve(origins=Origins({SHOP}))
    asks = {"origin": SHOP, "access-control-request-method": "POST"}

    first = await kassa.http.options("/graphql", headers=asks)
    then = await kassa.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"origin": SHOP}
    )

    assert first.status_code == 204
    assert first.headers["access-control-allow-origin"] == SHOP
    assert first.headers["access-control-allow-headers"] == ALLOWED_HEADERS
    assert "access-control-allow-credentials" not in first.headers
    assert then.headers["access-control-allow-origin"] == SHOP
    assert "RateLimit" in then.headers["access-control-expose-headers"]
    assert "Origin" in then.headers["vary"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{SHOP}.evil.example", "http://shop.example", "*"]
)
async def test_any_other_origin_is_not(serve, origin: str):
    kassa = await serve(origins=Origins({SHOP}))
    asks = {"origin": origin, "access-control-request-method": "POST"}

    first = await kassa.http.options("/graphql", headers=asks)
    then = await kassa.http.get(QUERY, headers={"origin": origin})

    assert first.status_code == 405
    assert "access-control-allow-origin" not in first.headers
    assert "access-control-allow-origin" not in then.headers
    assert "Origin" in then.headers["vary"]


# Pages of other sites


CROSS = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_sites_page_cannot_make_a_browser_ask_by_get(kassa: Client, site: str):
    response = await kassa.http.get(QUERY, headers={**CROSS, "sec-fetch-site": site})

    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "CSRF"
    assert "channels" not in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {**CROSS, "graphql-require-preflight": "1"},
        {**CROSS, "apollo-require-preflight": "1"},
        {**CROSS, "x-apollo-operation-name": "Q"},
    ],
)
async def test_whoever_else_asks_by_get_is_answered(kassa: Client, headers):
    assert (await kassa.http.get(QUERY, headers=headers)).json()["data"]["channels"]


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "a/json"])
async def test_a_form_changes_nothing(kassa: Client, media: str):
    body = b'{"query":"mutation{releaseReservation(input:{}){replayed}}"}'

    response = await kassa.http.post("/graphql", content=body, headers={"content-type": media})

    assert response.status_code == 415


# Headers


@pytest.mark.parametrize(
    "path", ["/graphql", QUERY, "/livez", "/readyz", "/nowhere", "/graphiql/x"]
)
async def test_every_answer_has_the_headers_that_browsers_heed(kassa: Client, path: str):
    headers = (await kassa.http.get(path)).headers

    assert "'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


async def test_a_page_keeps_its_own_policy(kassa: Client):
    response = await kassa.http.get("/", headers={"accept": "text/html"})

    policy = response.headers["content-security-policy"]
    assert f"connect-src {pages.CONSOLE.policy['connect-src']}" in policy


# What production hides


@pytest.fixture
async def production(serve) -> Client:
    return await serve(env=Env.PRODUCTION, ad_hoc=AdHoc.EVERYBODY)


async def test_the_schema_is_not_told_to_visitors_in_production(production: Client):
    for query in (
        INTROSPECTION,
        '{ __type(name: "Order") { name } }',
        "{ ...f } fragment f on Query { a: __schema { types { name } } }",
        "{ ... { __schema { types { name } } } channels { code } }",
    ):
        error = await production.refusal(query)

        assert error["extensions"]["code"] == "INTROSPECTION_DISABLED"
    assert await production.ask("{ __typename channels { __typename } }")


async def test_the_schema_is_told_to_others(kassa: Client, tokens):
    assert await kassa.ask(INTROSPECTION)
    assert await kassa.ask(INTROSPECTION, tokens[Role.PARTNER])


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ channel { code } }", {}),
        ("{ channels { cod } }", {}),
        ("{ orders(frist: 1) { edges { cursor } } }", {}),
        ("{ orders(states: [PLACE]) { edges { cursor } } }", {}),
        ("query($s: [OrderState!]) { orders(states: $s) { edges { cursor } } }", {"s": ["PLACE"]}),
        ("{ node(id: 1) { ... on Oder { id } } }", {}),
    ],
)
async def test_errors_suggest_no_names_in_production(
    production: Client, kassa: Client, query: str, variables
):
    hidden = await production.post(query, **variables)
    told = await kassa.post(query, **variables)

    assert "Did you mean" not in str(hidden)
    assert "Did you mean" in str(told)


@pytest.mark.parametrize("path", ["/", "/graphiql", "/graphiql/config.json"])
async def test_there_is_no_page_in_production(production: Client, path: str):
    response = await production.http.get(path, headers={"accept": "text/html"})

    assert response.status_code == 404


async def test_development_tokens_are_not_taken_in_production(production: Client, tokens):
    response = await production.http.get(
        QUERY, headers={"authorization": f"Bearer {tokens[Role.SUPPORT]}"}
    )

    assert response.status_code == 401
