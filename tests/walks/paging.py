"""Walking a connection to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.client import Client

PAGE_INFO = "pageInfo { startCursor endCursor hasNextPage hasPreviousPage }"
MOST_PAGES = 500

Find = Callable[[Any], Mapping[str, Any]]


def only(data: Any) -> Mapping[str, Any]:
    """The connection that is the only field of an answer."""
    (found,) = data.values()
    return found


async def pages(
    kassa: Client,
    query: str,
    token: str | None = None,
    *,
    find: Find = only,
    backward: bool = False,
    **variables: Any,
) -> list[Mapping[str, Any]]:
    """Every page of a list, as `query` with `$cursor` asks for it; checks the flags on the way."""
    ahead, behind, place = "hasNextPage", "hasPreviousPage", "endCursor"
    if backward:
        ahead, behind, place = behind, ahead, "startCursor"
    walked: list[Mapping[str, Any]] = []
    cursor = None
    for _ in range(MOST_PAGES):
        page = find(await kassa.ask(query, token, cursor=cursor, **variables))
        info, edges = page["pageInfo"], page["edges"]
        assert info["startCursor"] == (edges[0]["cursor"] if edges else None)
        assert info["endCursor"] == (edges[-1]["cursor"] if edges else None)
        assert info[behind] is bool(walked)
        walked.append(page)
        if not info[ahead]:
            return walked
        cursor = info[place]
    raise AssertionError("the list has no end")


async def walk(
    kassa: Client,
    query: str,
    token: str | None = None,
    *,
    find: Find = only,
    backward: bool = False,
    **variables: Any,
) -> list[Any]:
    """Every item of a list, in the order of the list."""
    walked = await pages(kassa, query, token, find=find, backward=backward, **variables)
    in_order = walked[::-1] if backward else walked
    return [edge["node"] for page in in_order for edge in page["edges"]]
