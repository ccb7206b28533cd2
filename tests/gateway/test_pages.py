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


@pytest.fixture(params=[pages.GRAPHIQL, pages.CONSOLE], ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> pages.Page:
    return request.param


@pytest.fixture
def client(page: pages.Page):
    app = Starlette(routes=page.routes(lambda: CONFIG))
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8000"
    )


@pytest.fixture
def built(page: pages.Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>Kassa · GraphiQL</title>")
    (dist / "favicon.svg").write_text("<svg/>")
    (dist / "assets" / "page-ABC.js").write_text("1")
    (dist / "assets" / "source.map").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(page, "dist", dist)
    return dist


@pytest.fixture
def unbuilt(page: pages.Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page, "dist", tmp_path / "none")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/index.html",
        "/config.json",
        "/favicon.svg",
        "/assets/page-ABC.js",
        "/nothing.js",
    ],
)
async def test_every_answer_carries_the_security_headers(client, page, path):
    answer = await client.get(f"/{page.name}{path}")

    assert (
        pages.SECURITY_HEADERS.items()
        <= {name: answer.headers.get(name) for name in pages.SECURITY_HEADERS}.items()
    )


@pytest.mark.usefixtures("built")
async def test_the_policy_allows_neither_inline_scripts_nor_eval_nor_framing(client, page):
    policy = directives(await client.get(f"/{page.name}"))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["worker-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'none'"


def test_the_console_has_no_inline_styles_and_may_ask_where_staff_sign_in():
    asking = pages.CONSOLE.allowing(["https://id.example.com"])

    assert asking.policy["style-src"] == "'self'"
    assert asking.policy["connect-src"] == "'self' https://id.example.com"
    assert pages.CONSOLE.policy["connect-src"] == "'self'"


def directives(answer: httpx2.Response) -> dict[str, str]:
    said = answer.headers["content-security-policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in said)


@pytest.mark.usefixtures("unbuilt")
async def test_the_policy_covers_the_page_before_it_is_built(client, page):
    answer = await client.get(f"/{page.name}")

    policy = directives(answer)
    assert policy.pop("style-src") == "'unsafe-inline'"
    assert policy.items() < page.policy.items()


async def test_the_configuration_is_what_the_server_says_and_is_not_stored(client, page):
    answer = await client.get(f"/{page.name}/config.json")

    assert answer.json() == CONFIG
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("built")
async def test_the_page_is_asked_for_again_and_hashed_files_are_kept(client, page):
    shown = await client.get(f"/{page.name}")
    script = await client.get(f"/{page.name}/assets/page-ABC.js")

    assert "Kassa · GraphiQL" in shown.text
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert shown.headers["cache-control"] == "no-cache"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]


@pytest.mark.usefixtures("unbuilt")
async def test_without_a_build_the_page_says_how_to_make_one(client, page):
    answer = await client.get(f"/{page.name}")

    assert answer.status_code == 200
    assert f"make {page.name}" in answer.text
    assert "curl http://127.0.0.1:8000/graphql" in answer.text


@pytest.mark.usefixtures("unbuilt")
async def test_the_page_repeats_nothing_of_the_host_header(client, page):
    answer = await client.get(f"/{page.name}", headers={"host": "<script>alert(1)</script>"})

    assert answer.status_code == 200
    assert "alert" not in answer.text


@pytest.mark.usefixtures("unbuilt")
async def test_without_a_build_there_are_no_files(client, page):
    assert (await client.get(f"/{page.name}/index.html")).status_code == 404


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/../../../secret.txt",
        "/%2fetc%2fpasswd",
        "//etc/passwd",
        "/..%5csecret.txt",
        "/assets/page-ABC.js%00.svg",
        "/assets/source.map",
        "/assets",
    ],
)
async def test_nothing_outside_the_build_is_served(client, page, path):
    raw = httpx2.URL("http://127.0.0.1:8000").copy_with(raw_path=f"/{page.name}{path}".encode())

    answer = await client.get(raw)

    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.usefixtures("built")
async def test_pages_are_only_read(client, page):
    assert (await client.post(f"/{page.name}/config.json")).status_code == 405
