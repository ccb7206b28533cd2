"""Which path leads where, who is let in, and whether everything that is needed is there."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
import pytest

from domain.errors import Unavailable
from domain.shop import Shop
from domain.viewer import Role
from gateway.app import Check
from gateway.settings import AdHoc, Env, Settings
from gateway.welcome import Welcome
from storage.mongo.driver import Database
from tests.client import Client
from tests.walks import applications
from tests.walks.belongings import UNKNOWN

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
QUESTION = {"query": "{ __typename }"}


def client(
    database: Database, checks: Mapping[str, Check], settings: Settings | None = None
) -> Client:
    """An application of our own over a database."""
    built = applications.application(database, settings, checks=checks)
    return Client(built)


async def fine() -> None:
    """A dependency that answers."""


def failing_with(error: BaseException) -> Check:
    async def check() -> None:
        raise error

    return check


# Is it alive, is it ready


async def test_the_process_says_that_it_lives(kassa: Client):
    response = await kassa.http.get("/livez")

    assert (response.status_code, response.text) == (200, "alive\n")


async def test_it_is_ready_when_both_servers_answer(kassa: Client):
    response = await kassa.http.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True, "missing": {}})


async def test_it_is_not_ready_without_one_of_them_and_says_which(stocked: Database):
    checks = {"mongodb": fine, "redis": failing_with(Unavailable("Redis does not answer."))}

    async with client(stocked, checks) as kassa:
        ready = await kassa.http.get("/readyz")
        alive = await kassa.http.get("/livez")

    assert ready.status_code == 503
    assert ready.json() == {"ready": False, "missing": {"redis": "Redis does not answer."}}
    assert alive.status_code == 200


async def test_it_names_everything_that_is_missing(stocked: Database):
    down = failing_with(Unavailable("It does not answer."))

    async with client(stocked, {"mongodb": down, "redis": down, "other": fine}) as kassa:
        response = await kassa.http.get("/readyz")

    assert response.status_code == 503
    assert response.json()["missing"].keys() == {"mongodb", "redis"}


async def test_a_check_that_breaks_tells_nothing_of_itself(stocked: Database):
    broken = failing_with(RuntimeError("mongodb://kassa:hunter2@10.0.0.1"))

    async with client(stocked, {"mongodb": broken}) as kassa:
        response = await kassa.http.get("/readyz")

    assert response.status_code == 503
    assert response.json()["missing"].keys() == {"mongodb"}
    assert "hunter2" not in response.text


# Who is let in

BAD = {
    "another scheme": "Basic ZGV2LnN1cHBvcnQ=",
    "a scheme alone": "Bearer",
    "nothing behind the scheme": "Bearer ",
    "no scheme": "dev.support",
    "no development token": "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
    "a prefix alone": "Bearer dev",
    "a prefix and a dot": "Bearer dev.",
    "an unknown role": "Bearer dev.admin",
    "a role in capitals": "Bearer dev.SUPPORT",
    "a shopper without a customer": "Bearer dev.shopper",
    "a clerk without a store": "Bearer dev.clerk",
    "a partner without a channel": "Bearer dev.partner",
    "a shopper who is garbage": "Bearer dev.shopper.me",
    "a shopper who is a store": f"Bearer dev.shopper.loc_{UNKNOWN}",
    "a clerk who is a customer": f"Bearer dev.clerk.cus_{UNKNOWN}",
    "a partner of two channels": f"Bearer dev.partner.chn_{UNKNOWN},chn_{UNKNOWN}",
    "a subject for whom there is none": f"Bearer dev.support.cus_{UNKNOWN}",
    "system with a subject": f"Bearer dev.system.cus_{UNKNOWN}",
    "two tokens": "Bearer dev.support dev.system",
    "an operator": 'Bearer dev.shopper.{"$ne":null}',
    "10,000 characters": "Bearer dev." + "x" * 10_000,
    "blanks": "   ",
    "letters beyond ASCII": "Bearer dev.süpport".encode("latin-1"),
}


@pytest.mark.parametrize("authorization", BAD.values(), ids=BAD)
async def test_a_bad_token_is_told_so(kassa: Client, authorization: str | bytes):
    headers = httpx2.Headers([("Authorization", authorization)])

    response = await kassa.http.post("/graphql", json=QUESTION, headers=headers)

    (error,) = response.json()["errors"]
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert error["message"].endswith(".")
    assert len(error["message"]) < 200
    assert "data" not in response.json()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_good_token_is_taken(kassa: Client, scheme: str):
    headers = {"authorization": f"{scheme} dev.support"}

    response = await kassa.http.post("/graphql", json=QUESTION, headers=headers)

    assert response.json() == {"data": {"__typename": "Query"}}


async def test_without_a_token_one_is_a_visitor(kassa: Client, tokens: dict[Role, str]):
    query = '{ customer(number: "K-1001") { number } }'

    assert await kassa.ask(query) == {"customer": None}
    assert await kassa.ask(query, "dev.anonymous") == {"customer": None}
    assert (await kassa.ask(query, tokens[Role.SUPPORT]))["customer"]["number"] == "K-1001"


async def test_a_token_is_read_from_the_header_alone(kassa: Client):
    query = '{ customer(number: "K-1001") { number } }'
    parameters = {
        "query": query,
        "access_token": "dev.system",
        "authorization": "Bearer dev.system",
    }

    response = await kassa.http.get(
        "/graphql", params=parameters, headers={"cookie": "authorization=Bearer dev.system"}
    )

    assert response.json() == {"data": {"customer": None}}


async def test_each_role_of_the_page_has_a_token_that_works(kassa: Client, offers: Welcome):
    assert {guise.name for guise in offers.roles} == set(Role) - {Role.ANONYMOUS}
    for guise in offers.roles:
        assert await kassa.ask("{ channels { id } }", guise.token)


async def test_no_example_shows_an_empty_list(
    kassa: Client, offers: Welcome, tokens: dict[Role, str]
):
    config = (await kassa.http.get("/graphiql/config.json")).json()

    for example in config["examples"]:
        if "\nsubscription " in example["query"]:
            continue  # a browser is told it: test_console_browser.py
        variables = {"channel": _channel(example)} if example["variables"] else {}
        data = await kassa.ask(example["query"], tokens.get(Role(example["role"])), **variables)

        for found in data.values():
            assert found
            assert not isinstance(found, dict) or found.get("edges") != [], example["title"]
    assert len(config["examples"]) == len(offers.examples)


def _channel(example: Mapping[str, str]) -> str:
    return example["variables"].split('"')[3]


# Which path leads where


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphiql"])
async def test_a_browser_gets_the_page(kassa: Client, path: str):
    response = await kassa.http.get(path, headers={"accept": BROWSER})

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<!doctype html>" in response.text.lower()


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "*/*"])
async def test_everybody_else_gets_json(kassa: Client, accept: str):
    response = await kassa.http.get("/graphql", params=QUESTION, headers={"accept": accept})

    assert response.headers["content-type"].startswith("application/")
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_there_is_nothing_else(kassa: Client):
    for path in ("/admin", "/graphql/", "/.env", "/docs", "/metrics"):
        assert (await kassa.http.get(path)).status_code in {307, 404}, path


async def test_production_has_no_page_and_offers_no_tokens(stocked: Database):
    async with client(stocked, {}, Settings(env=Env.PRODUCTION)) as kassa:
        for path in ("/", "/graphiql", "/graphiql/config.json", "/console/config.json"):
            response = await kassa.http.get(path, headers={"accept": BROWSER})
            assert response.status_code == 404
        answered = await kassa.http.get("/graphql", params=QUESTION, headers={"accept": BROWSER})

    assert answered.headers["content-type"].startswith("application/json")


async def test_production_has_a_console_where_it_is_wished_for(stocked: Database):
    async with client(stocked, {}, Settings(env=Env.PRODUCTION, console=True)) as kassa:
        page = await kassa.http.get("/", headers={"accept": BROWSER})
        config = await kassa.http.get("/console/config.json")
        graphiql = await kassa.http.get("/graphiql", headers={"accept": BROWSER})

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert config.json() == {
        "endpoint": "/graphql",
        "providers": [],
        "roles": [],
        "graphiql": None,
    }
    assert graphiql.status_code == 404


async def test_without_a_console_development_has_graphiql_at_the_root(stocked: Database):
    async with client(stocked, {}, Settings(console=False)) as kassa:
        page = await kassa.http.get("/", headers={"accept": BROWSER})
        config = await kassa.http.get("/console/config.json")

    assert (page.status_code, config.status_code) == (200, 404)


async def test_the_answer_comes_from_the_demo_shop(kassa: Client, shop: Shop):
    data = await kassa.ask("{ locations { code } }")

    assert [it["code"] for it in data["locations"]] == sorted(it.code for it in shop.locations)


async def test_production_takes_no_development_token(stocked: Database):
    bearer = {"authorization": "Bearer dev.system"}

    settings = Settings(env=Env.PRODUCTION, ad_hoc=AdHoc.EVERYBODY)
    async with client(stocked, {}, settings) as kassa:
        refused = await kassa.http.get("/graphql", params=QUESTION, headers=bearer)
        visitor = await kassa.http.get("/graphql", params=QUESTION)

    assert refused.status_code == 401
    assert visitor.json() == {"data": {"__typename": "Query"}}
