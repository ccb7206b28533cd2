"""GraphiQL in a real Chromium over the demo shop: one walk through the page, and what it showed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.viewer import Role
from gateway import pages
from gateway.welcome import Welcome
from storage.mongo.driver import Database
from tests import node
from tests.gateway.serving import served
from tests.walks import applications

STRANGER = {"name": "stranger", "label": "Stranger", "token": "dev.stranger"}
"""A role whose token the gateway does not accept."""

WALK = {
    "answer": "Maja Sundberg",
    "role": Role.SUPPORT,
    "example": "My orders",
    "exampleAnswer": "totalCount",
    "field": "totalCount",
    "refusedRole": STRANGER["name"],
    "refusal": "UNAUTHENTICATED",
}


@pytest.fixture(scope="module")
async def walk(stocked: Database, offers: Welcome) -> dict[str, Any]:
    """What the walk through the page saw."""
    environ = {"KASSA_CHROMIUM": node.chromium(), "KASSA_WALK": json.dumps(WALK)}
    node.require_built(pages.GRAPHIQL)
    config = offers.page_config()
    roles = [*json.loads(json.dumps(config["roles"])), STRANGER]
    application = applications.application(stocked, page_config=lambda: {**config, "roles": roles})
    async with served(application) as address:
        environ["KASSA_URL"] = f"{address}/graphiql"
        return json.loads(await node.run("graphiql.mjs", project=node.BROWSER, environ=environ))


def test_the_page_is_ready_to_run_its_first_example(walk: dict[str, Any]):
    assert walk["first"]["title"] == "Kassa · GraphiQL"
    assert walk["first"]["role"] == "clerk"
    assert shown('"displayName": "Maja Sundberg"', walk["first"]["answer"])


def test_no_request_leaves_the_origin(walk: dict[str, Any]):
    assert walk["requests"]
    assert walk["outside"] == []


def test_the_policy_is_never_violated(walk: dict[str, Any]):
    assert walk["violations"] == []


def test_the_console_stays_silent(walk: dict[str, Any]):
    assert walk["errors"] == []


def test_the_editors_have_their_workers(walk: dict[str, Any]):
    kinds = {Path(path).name.split(".")[0] for path in walk["workers"]}

    assert {"graphql", "json"} <= kinds


def test_another_role_sends_another_token_and_reads_the_schema_again(
    walk: dict[str, Any], tokens: dict[Role, str]
):
    assert walk["switched"]["introspection"] == f"Bearer {tokens[Role.SUPPORT]}"
    assert walk["switched"]["authorization"] == f"Bearer {tokens[Role.SUPPORT]}"


def test_another_role_reads_another_answer(walk: dict[str, Any]):
    assert shown("m•••@example.com", walk["first"]["answer"])
    assert shown("maja.sundberg@example.com", walk["switched"]["answer"])


def test_an_example_opens_in_its_own_tab_as_its_role_and_runs(
    walk: dict[str, Any], tokens: dict[Role, str]
):
    assert walk["example"]["newTabs"] == 1
    assert walk["example"]["role"] == "shopper"
    assert walk["example"]["authorization"] == f"Bearer {tokens[Role.SHOPPER]}"
    assert shown('"totalCount": 28', walk["example"]["answer"])


def test_completion_and_documentation_speak_of_the_schema(walk: dict[str, Any]):
    assert walk["tools"]["completion"]
    assert "LoyaltyAccount" in walk["tools"]["documentation"]


def test_failures_are_sentences(walk: dict[str, Any]):
    assert shown("That is no development token; one looks like `dev.support`", walk["refused"])
    assert shown("The gateway did not answer.", walk["offline"])


def test_the_role_is_remembered_and_no_token_is(walk: dict[str, Any]):
    assert walk["remembered"] == STRANGER["name"]
    assert "dev." not in walk["stored"]
    assert walk["address"].endswith("/graphiql")


def shown(text: str, pane: str) -> bool:
    """Is `text` in the pane? The editor wraps lines where it likes, so the pane has no spaces."""
    return "".join(text.split()) in pane
