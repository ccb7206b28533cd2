"""Which media type an answer has, and who gets the page."""

import pytest
from starlette.responses import PlainTextResponse

from tests.gateway.toy import BROWSER, GRAPHQL, JSON, code


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
        ("multipart/mixed", None),
        ("text/event-stream;q=0", None),
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
