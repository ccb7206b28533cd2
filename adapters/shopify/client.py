"""Our calls to Shopify: the Admin API in GraphQL, within its budget of points.

A query costs points, and Shopify says with each answer how many are left and come back per second;
who has none left gets HTTP 200 with the error THROTTLED.
Source: https://shopify.dev/docs/api/usage/limits (calculated query costs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from adapters.shopify.translate.queries import (
    VERSION,
    Answered,
    Asked,
    Cost,
    Nodes,
    Page,
    Problem,
    shaped,
)
from domain.channels.accounts import Secret
from domain.channels.answers import Trouble
from domain.ports.channels import Call, CallFailed, Reply, Transport

PATH = f"/admin/api/{VERSION}/graphql.json"
TROUBLES = {401: Trouble.AUTH, 403: Trouble.AUTH, 429: Trouble.RATE_LIMITED}
DENIED = frozenset({"ACCESS_DENIED", "UNAUTHORIZED"})


class Client:
    """The Admin API of one shop."""

    def __init__(self, transport: Transport, key: Secret | None) -> None:
        self._transport, self._key = transport, key

    async def nodes(self, asked: Asked, ids: Sequence[str]) -> Sequence[Struct | CallFailed | None]:
        """What has these ids, in their order. None: there is no such thing.

        Raises:
            CallFailed: there is no answer that could be used for any of them.
        """
        found = Nodes.of(await self._ask(asked.nodes, {"ids": list(ids)}))
        if len(found) != len(ids):
            raise CallFailed(Trouble.BAD_DATA, "Shopify answers something else than was asked.")
        return [
            shaped(each, asked) if each and each.get("__typename") == asked.kind else None
            for each in found
        ]

    async def changed(
        self, asked: Asked, since: datetime, after: str | None, place: str | None = None
    ) -> tuple[Sequence[Struct | CallFailed], str | None]:
        """A page of what changed (at a place), and where the next one begins.

        Raises:
            CallFailed: there is no answer that could be used.
        """
        when = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        given = {"query": f"updated_at:>='{when}'", "after": after}
        within = {"place": f"gid://shopify/Location/{place}"} if place else {}
        page = Page.of(await self._ask(asked.changed, {**given, **within}))
        info = page.page_info
        found = [shaped(each, asked) for each in page.nodes]
        return found, info.end_cursor if info.has_next_page else None

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> msgspec.Raw:
        key = self._key.reveal() if self._key else ""
        headers = {"content-type": "application/json", "x-shopify-access-token": key}
        body = msgspec.json.encode({"query": query, "variables": variables})
        call = Call(method="POST", path=PATH, headers=headers, body=body, is_repeatable=True)
        reply = await self._transport.ask(call)
        if reply.status != 200:
            raise _failed(reply)
        answered: Answered = reply.decoded(Answered)
        self._heed(answered.extensions.cost)
        for error in answered.errors:
            raise _refused(error)
        return answered.data

    def _heed(self, cost: Cost | None) -> None:
        """Points, as calls that cost as much as the last one."""
        if cost and cost.throttle_status:
            points = max(cost.requested_query_cost or 1.0, 1.0)
            bucket = cost.throttle_status
            self._transport.allow(bucket.currently_available / points, bucket.restore_rate / points)


def _failed(reply: Reply) -> CallFailed:
    trouble = TROUBLES.get(reply.status, Trouble.UNAVAILABLE)
    wait = reply.headers.get("retry-after", "")
    after = float(wait) if wait.replace(".", "", 1).isdigit() else None
    return CallFailed(trouble, f"Shopify answers {reply.status}.", after)


def _refused(error: Problem) -> CallFailed:
    code = error.extensions.code
    if code == "THROTTLED":
        return CallFailed(Trouble.RATE_LIMITED, "Shopify has had enough of us for now.", 1.0)
    trouble = Trouble.AUTH if code in DENIED else Trouble.BAD_DATA
    return CallFailed(trouble, f"Shopify says: {error.message[:200]}")
