"""The pages a browser sees, asked for without a browser."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from gateway import pages

CONFIG = {
    "endpoint": "/graphql",
    "roles": [{"name": "clerk", "label": "Clerk", "token": "dev.clerk.1"}],
    "examples": [{"title": "Shop", "role": "clerk", "query": "{ shop }", "variables": "{}"}],
}


@pytest.fixture
def client():
    app = Starlette(routes=pages.routes(lambda: CONFIG))
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8000"
    )


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>Kassa · GraphiQL</title>")
    (dist / "favicon.svg").write_text("<svg/>")
    (dist / "assets" / "page-ABC.js").write_text("1")
    (dist / "assets" / "source.map").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(pages, "DIST", dist)
    return dist


@pytest.fixture
def unbuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages, "DIST", tmp_path / "none")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/graphiql",
        "/graphiql/",
        "/graphiql/index.html",
        "/graphiql/config.json",
        "/graphiql/favicon.svg",
        "/graphiql/assets/page-ABC.js",
        "/graphiql/nothing.js",
    ],
)
async def test_every_answer_carries_the_security_headers(client, path):
    answer = await client.get(path)

    assert (
        pages.SECURITY_HEADERS.items()
        <= {name: answer.headers.get(name) for name in pages.SECURITY_HEADERS}.items()
    )


def test_the_policy_allows_neither_inline_scripts_nor_eval_nor_framing():
    directives = dict(
        directive.split(" ", 1) for directive in pages.CONTENT_SECURITY_POLICY.split("; ")
    )

    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["worker-src"] == "'self'"
    assert directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'none'"


@pytest.mark.usefixtures("unbuilt")
async def test_the_policy_covers_the_page_before_it_is_built(client):
    answer = await client.get("/")

    assert answer.headers["content-security-policy"] == pages.CONTENT_SECURITY_POLICY


async def test_the_configuration_is_what_the_server_says_and_is_not_stored(client):
    answer = await client.get("/graphiql/config.json")

    assert answer.json() == CONFIG
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("built")
async def test_the_page_is_asked_for_again_and_hashed_files_are_kept(client):
    page = await client.get("/")
    script = await client.get("/graphiql/assets/page-ABC.js")

    assert "Kassa · GraphiQL" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]


@pytest.mark.usefixtures("unbuilt")
async def test_without_a_build_the_page_says_how_to_make_one(client):
    answer = await client.get("/")

    assert answer.status_code == 200
    assert "make graphiql" in answer.text
    assert "curl http://127.0.0.1:8000/graphql" in answer.text


@pytest.mark.usefixtures("unbuilt")
async def test_the_page_repeats_nothing_of_the_host_header(client):
    answer = await client.get("/", headers={"host": "<script>alert(1)</script>"})

    assert answer.status_code == 200
    assert "alert" not in answer.text


@pytest.mark.usefixtures("unbuilt")
async def test_without_a_build_there_are_no_files(client):
    assert (await client.get("/graphiql/index.html")).status_code == 404


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/../secret.txt",
        "/graphiql/..%2fsecret.txt",
        "/graphiql/%2e%2e/secret.txt",
        "/graphiql/assets/..%2f..%2fsecret.txt",
        "/graphiql/assets/../../../secret.txt",
        "/graphiql/%2fetc%2fpasswd",
        "/graphiql//etc/passwd",
        "/graphiql/..%5csecret.txt",
        "/graphiql/assets/page-ABC.js%00.svg",
        "/graphiql/assets/source.map",
        "/graphiql/assets",
    ],
)
async def test_nothing_outside_the_build_is_served(client, path):
    raw = httpx2.URL("http://127.0.0.1:8000").copy_with(raw_path=path.encode())

    answer = await client.get(raw)

    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.usefixtures("built")
async def test_pages_are_only_read(client):
    assert (await client.post("/graphiql/config.json")).status_code == 405
