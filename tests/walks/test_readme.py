"""What the README says is true."""

from __future__ import annotations

import json
import re
from pathlib import Path

from domain.viewer import Role
from tests.client import Client

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def shape(value: object) -> object:
    """The keys of an answer, without what differs from day to day."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


async def test_the_query_of_the_readme_gives_the_answer_of_the_readme(
    kassa: Client, tokens: dict[Role, str]
):
    [query], [answer] = blocks("graphql"), blocks("json")

    given = await kassa.post(query, tokens[Role.CLERK])

    assert shape(given) == shape(json.loads(answer))
    customer = given["data"]["customer"]
    assert customer["displayName"] == "Maja Sundberg"
    assert customer["orders"]["totalCount"] == 28


async def test_the_family_of_the_readme_is_found_by_phone(kassa: Client, tokens: dict[Role, str]):
    [_, curl, *_] = blocks("sh")
    query = json.loads(re.search(r"-d '(.*)'", curl)[1])["query"]

    data = await kassa.ask(query, tokens[Role.SUPPORT])

    assert len(data["findCustomers"]) == 3
