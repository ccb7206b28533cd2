"""Documents that need not be sent: registered ones, and those that came before."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest
from typer.testing import CliRunner

from domain.budgets import BUDGET_BY_ROLE
from domain.viewer import Role
from gateway import bootstrap
from gateway.cli import app as cli
from gateway.limits.accounts import Accounts
from gateway.limits.purses import Purses
from gateway.settings import AdHoc, Env, Settings, SettingsError
from storage.buckets import Buckets
from tests.client import Client
from tests.processes import environment
from tests.walks import applications

PRODUCTS = "query Products($skus: [String!]!) { products(skus: $skus) { sku name } }"
CHANNELS = "{ channels { code } }"
CUSTOMER = "query Mine { orders(first: 1) { edges { node { number } } } }"
WIDE = "{" + " ".join(f"a{n}: channels {{ code }}" for n in range(25)) + "}"
"""More root fields than a document may have that nobody registered."""

RENAMED = """mutation Move {
  releaseReservation(input: {idempotencyKey: "a", reservation: "res_x"}) { replayed } }"""


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def register(manifest: Path, *files: Path | str) -> str:
    """Run `kassa documents register`; what it prints."""
    command = ["documents", "register", *map(str, files), "--manifest", str(manifest)]
    result = CliRunner().invoke(cli, command, env=environment())
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest of a few documents."""
    texts = {"products": PRODUCTS, "mine": CUSTOMER, "wide": WIDE, "move": RENAMED}
    for name, text in texts.items():
        (tmp_path / f"{name}.graphql").write_text(text)
    path = tmp_path / "documents.json"
    register(path, *(tmp_path / f"{name}.graphql" for name in texts))
    return path


@pytest.fixture
async def serve(stocked):
    """Makes clients of gateways with other settings, which are closed in the end."""
    async with applications.clients(stocked) as opened:
        yield opened


@pytest.fixture
async def bound(serve, manifest) -> Client:
    """A gateway that answers visitors and shoppers registered documents only."""
    return await serve(documents=manifest, ad_hoc=AdHoc.PARTNERS)


async def post(client: Client, token: str | None = None, **body):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return await client.http.post("/graphql", json=body, headers=headers)


async def get(client: Client, headers=None, **parameters):
    return await client.http.get(f"/graphql?{urlencode(parameters)}", headers=headers or {})


def code(response) -> str:
    [error] = response.json()["errors"]
    return error["extensions"]["code"]


# Registering


def test_registering_writes_a_manifest_that_others_read_too(manifest: Path):
    written = json.loads(manifest.read_text())

    assert (written["format"], written["version"]) == ("apollo-persisted-query-manifest", 1)
    named = {each["name"]: each for each in written["operations"]}
    assert named["Products"] == {
        "id": digest(PRODUCTS),
        "name": "Products",
        "type": "query",
        "body": PRODUCTS,
    }


def test_registering_says_the_ids_and_keeps_what_was_there(manifest: Path, tmp_path: Path):
    (tmp_path / "more.graphql").write_text(CHANNELS)

    said = register(manifest, tmp_path / "more.graphql", tmp_path / "more.graphql")

    assert f"sha256:{digest(CHANNELS)}  more" in said
    assert len(json.loads(manifest.read_text())["operations"]) == 5


def test_a_manifest_of_a_client_is_taken_over(manifest: Path, tmp_path: Path):
    register(tmp_path / "other.json", manifest)

    assert (tmp_path / "other.json").read_text() == manifest.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ nothing }", "Cannot query field 'nothing'"),
        ("{", "Syntax Error"),
        ("fragment a on Query { channels { code } }", "never used"),
        ("{ products(skus: 7) { sku } }", "String"),
    ],
)
def test_what_is_not_valid_is_not_registered(manifest: Path, tmp_path: Path, text: str, said: str):
    before = manifest.read_text()
    (tmp_path / "bad.graphql").write_text(text)

    command = ["documents", "register", str(tmp_path / "bad.graphql"), "--manifest", str(manifest)]
    result = CliRunner().invoke(cli, command, env=environment())

    assert result.exit_code == 1
    assert said in result.output
    assert manifest.read_text() == before


def test_a_manifest_whose_hashes_are_wrong_is_refused(manifest: Path):
    manifest.write_text(manifest.read_text().replace("sku name", "sku description"))

    with pytest.raises(SettingsError, match="is not what its hash says"):
        bootstrap.check(Settings(documents=manifest))


# Asking by id


async def test_a_registered_document_is_asked_for_by_its_id(bound: Client, shop):
    skus = [shop.products[0].sku]
    name = f"sha256:{digest(PRODUCTS)}"

    posted = await post(bound, documentId=name, variables={"skus": skus})
    got = await get(bound, documentId=name, variables=json.dumps({"skus": skus}))

    assert posted.json()["data"]["products"][0]["sku"] == skus[0]
    assert got.json()["data"] == posted.json()["data"]


async def test_a_registered_document_may_be_larger_than_others(serve, manifest):
    kassa = await serve(documents=manifest)

    by_id = await post(kassa, documentId=f"sha256:{digest(WIDE)}")
    sent = await post(await serve(), query=WIDE)

    assert len(by_id.json()["data"]) == 25
    assert code(sent) == "QUERY_TOO_COMPLEX"


async def test_an_id_that_nobody_registered_is_told(bound: Client):
    response = await post(bound, documentId=f"sha256:{digest(CHANNELS)}")

    assert code(response) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "given",
    [
        {"documentId": "sha256:" + "0" * 63},
        {"documentId": "sha256:" + "G" * 64},
        {"documentId": "md5:" + "0" * 64},
        {"documentId": "0" * 64},
        {"documentId": 7},
        {"documentId": {"$ne": None}},
        {"documentId": "sha256:" + "0" * 64, "query": CHANNELS},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x" * 64}}},
        {"extensions": {"persistedQuery": []}},
        {"extensions": {"persistedQuery": {}}},
    ],
)
async def test_what_is_no_id_is_refused(bound: Client, given):
    response = await post(bound, **given)

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


# Who may ask others


async def test_visitors_are_answered_registered_documents_only(bound: Client, tokens):
    visitor = await post(bound, query=CHANNELS)
    shopper = await post(bound, tokens[Role.SHOPPER], query=CHANNELS)
    partner = await post(bound, tokens[Role.PARTNER], query=CHANNELS)

    assert (code(visitor), code(shopper)) == ("DOCUMENT_NOT_REGISTERED",) * 2
    assert partner.json()["data"]["channels"]


async def test_the_text_of_a_registered_document_may_be_sent_too(bound: Client):
    response = await post(bound, query=PRODUCTS, variables={"skus": []})

    assert response.json() == {"data": {"products": []}}


async def test_visitors_cannot_register_by_sending_a_hash(bound: Client):
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest(CHANNELS)}}

    sent = await post(bound, query=CHANNELS, extensions=extensions)
    asked = await post(bound, extensions=extensions)

    assert code(sent) == "DOCUMENT_NOT_REGISTERED"
    assert "data" not in asked.json()


def test_production_binds_visitors_unless_it_is_told_otherwise():
    production = Settings(env=Env.PRODUCTION)

    assert production.binds_visitors
    assert not Settings(env=Env.PRODUCTION, ad_hoc=AdHoc.EVERYBODY).binds_visitors
    assert not Settings().binds_visitors
    assert Settings(ad_hoc=AdHoc.PARTNERS).binds_visitors


# Automatic persisted queries


async def test_a_document_sent_once_with_its_hash_may_be_left_out(serve):
    kassa = await serve()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest(CHANNELS)}}

    before = await post(kassa, extensions=extensions)
    sent = await post(kassa, query=CHANNELS, extensions=extensions)
    after = await post(kassa, extensions=extensions)
    got = await get(kassa, extensions=json.dumps(extensions))

    assert code(before) == "PERSISTED_QUERY_NOT_FOUND"
    assert before.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert sent.json()["data"] == after.json()["data"] == got.json()["data"]


async def test_a_document_under_anothers_hash_is_refused(serve):
    kassa = await serve()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest(PRODUCTS)}}

    sent = await post(kassa, query=CHANNELS, extensions=extensions)
    asked = await post(kassa, extensions=extensions)

    assert code(sent) == "BAD_REQUEST"
    assert code(asked) == "PERSISTED_QUERY_NOT_FOUND"


# Keeping answers


async def test_an_answer_of_the_catalogue_may_be_kept(bound: Client, shop):
    ask = {"documentId": f"sha256:{digest(PRODUCTS)}"}
    ask["variables"] = json.dumps({"skus": [shop.products[0].sku]})

    first = await get(bound, **ask)
    again = await get(bound, {"if-none-match": f'"other", W/{first.headers["etag"]}'}, **ask)
    other = await get(bound, {"if-none-match": '"other"'}, **ask)

    assert first.headers["cache-control"] == "public, max-age=60"
    assert set(first.headers["vary"].split(", ")) == {"Accept", "Authorization"}
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "public, max-age=60"
    assert (other.status_code, other.content) == (200, first.content)


async def test_an_answer_to_somebody_is_theirs(bound: Client, tokens):
    headers = {"authorization": f"Bearer {tokens[Role.CLERK]}"}

    response = await get(
        bound, headers, documentId=f"sha256:{digest(PRODUCTS)}", variables='{"skus": []}'
    )

    assert response.headers["cache-control"] == "private, max-age=60"


async def test_what_is_left_to_spend_is_told_to_nobody_else(stocked, servers, manifest, tokens):
    bank = Buckets(servers.redis_url)
    accounts = Accounts(Purses(bank), BUDGET_BY_ROLE)
    settings = Settings(documents=manifest)
    counted = Client(applications.application(stocked, settings, accounts=accounts))
    ask = {"documentId": f"sha256:{digest(PRODUCTS)}", "variables": '{"skus": []}'}

    shared = await get(counted, **ask)
    own = await get(counted, {"authorization": f"Bearer {tokens[Role.CLERK]}"}, **ask)

    assert shared.headers["cache-control"] == "public, max-age=60"
    assert not {"ratelimit", "ratelimit-policy"} & set(shared.headers)
    assert {"ratelimit", "ratelimit-policy"} <= set(own.headers)
    await bank.close()


async def test_everything_else_is_not_kept(bound: Client, serve, manifest, tokens):
    headers = {"authorization": f"Bearer {tokens[Role.SUPPORT]}"}
    free = await serve(documents=manifest)
    variables = {"skus": []}
    trusted = f"sha256:{digest(PRODUCTS)}"

    answers = [
        await get(bound, headers, documentId=f"sha256:{digest(CUSTOMER)}"),
        await post(bound, documentId=trusted, variables=variables),
        await get(bound, documentId=trusted, variables='{"skus": 7}'),
        await get(free, query="{ locations { code } }"),
    ]

    assert [each.headers["cache-control"] for each in answers] == ["no-store"] * 4
    assert not any("etag" in each.headers for each in answers)


async def test_a_registered_mutation_is_not_asked_for_by_get(bound: Client):
    response = await get(bound, documentId=f"sha256:{digest(RENAMED)}")

    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
