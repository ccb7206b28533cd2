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
    shaped,
)
from adapters.shopify.translate.troubles import failed, refused
from domain.channels.accounts import Secret
from domain.channels.answers import Trouble
from domain.ports.channels import Call, CallFailed, Transport

PATH = f"/admin/api/{VERSION}/graphql.json"


class Client:
    """The Admin API of one shop."""

    def __init__(self, transport: Transport, key: Secret | None) -> None:
        self._transport, self._key = transport, key

    async def nodes(self, asked: Asked, ids: Sequence[str]) -> Sequence[Struct | CallFailed | None]:
        """What has these ids, in their order. None: there is no such thing.

        Raises:
            CallFailed: there is no answer that could be used for any of them.
        """
        found = Nodes.of(await self.ask(asked.nodes, {"ids": list(ids)}))
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
        page = Page.of(await self.ask(asked.changed, {**given, **within}))
        info = page.page_info
        found = [shaped(each, asked) for each in page.nodes]
        return found, info.end_cursor if info.has_next_page else None

    async def ask(self, query: str, variables: Mapping[str, Any]) -> msgspec.Raw:
        """The data of an answer. What changes something has a key: it may be repeated.

        Raises:
            CallFailed: there is no answer that could be used.
        """
        key = self._key.reveal() if self._key else ""
        headers = {"content-type": "application/json", "x-shopify-access-token": key}
        body = msgspec.json.encode({"query": query, "variables": variables})
        call = Call(method="POST", path=PATH, headers=headers, body=body, is_repeatable=True)
        reply = await self._transport.ask(call)
        if reply.status != 200:
            raise failed(reply)
        answered: Answered = reply.decoded(Answered)
        self._heed(answered.extensions.cost)
        for error in answered.errors:
            raise refused(error)
        return answered.data

    def _heed(self, cost: Cost | None) -> None:
        """Points, as calls that cost as much as the last one."""
        if cost and cost.throttle_status:
            points = max(cost.requested_query_cost or 1.0, 1.0)
            bucket = cost.throttle_status
            self._transport.allow(bucket.currently_available / points, bucket.restore_rate / points)
