"""What the graph says before the first wish and after the last, written into the history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from tests.chaos import wire
from tests.chaos.history import History, Read
from tests.chaos.wire import NoAnswer

BEFORE, AFTER = "before", "after"
PAGE = 100
ANSWER_WITHIN_SECONDS = 10.0
PATIENCE_SECONDS = 30.0
BEHIND_SECONDS = 15.0
PAUSE_SECONDS = 0.1

ENTRIES = """
  pageInfo { hasNextPage endCursor }
  edges { node { id aggregate seq cursor type changes { path before after } } }
"""
FIELDS: Mapping[str, str] = {
    "level": """... on StockLevel {
        version onHand committed reserved unavailable free incoming
        product { sku } location { id code }
    }""",
    "reservation": """... on Reservation {
        version state lines { quantity product { sku } location { id } }
    }""",
    "payment": """... on Payment {
        version state amount { minor } captured { minor } refunded { minor }
        refundPending { minor } order { id }
        operations { id kind phase providerRef amount { minor } }
        clearing { account debit { minor } credit { minor } }
    }""",
    "order": "... on Order { version payments { id } }",
}
JOURNALLED: Mapping[str, str] = {"level": "StockLevel", "order": "Order", "payment": "Payment"}
"""The GraphQL type of what has a journal."""


class Reader:
    """Asks gateways in turn until one answers."""

    def __init__(self, ports: Sequence[int], history: History) -> None:
        self._ports = ports
        self._history = history

    async def ask(self, query: str, **variables: object) -> Mapping[str, Any]:
        """The data of an answer without errors."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for port in self._ports:
                    try:
                        answer = await wire.post(port, query, variables, ANSWER_WITHIN_SECONDS)
                    except NoAnswer:
                        continue
                    if "errors" not in answer:
                        return answer["data"]
                    assert _is_unavailable(answer), answer["errors"]
                await asyncio.sleep(PAUSE_SECONDS)

    async def note(self, when: str, kind: str, ids: Sequence[str]) -> None:
        """Write down how these things are; in the end, with their journals."""
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id {FIELDS[kind]} }} }}"
            for value in (await self.ask(query, ids=some))["nodes"]:
                assert value, f"one of {some} is gone"
                if kind in JOURNALLED and when == AFTER:
                    value["journal"] = await self._whole_journal(kind, value)
                self._history.add(Read(when=when, kind=kind, value=value))

    async def _whole_journal(
        self, kind: str, value: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """It may be a moment behind; one that stays behind is for the checker to find."""
        deadline = time.monotonic() + BEHIND_SECONDS
        while True:
            found = [entry async for entry in self._journal(kind, value["id"])]
            last = max((e["seq"] for e in found if e["aggregate"] == value["id"]), default=0)
            if kind == "order" or last >= value["version"] or time.monotonic() > deadline:
                return found
            await asyncio.sleep(PAUSE_SECONDS)

    async def _journal(self, kind: str, id: str) -> AsyncIterator[Mapping[str, Any]]:
        after, more = None, True
        while more:
            page = await self.page(kind, id, after)
            for edge in page["edges"]:
                yield edge["node"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    async def page(self, kind: str, id: str, after: str | None) -> Mapping[str, Any]:
        """What a journal holds behind a cursor."""
        query = f"""query ($id: ID!, $after: Cursor) {{ node(id: $id) {{
          ... on {JOURNALLED[kind]} {{ journal(first: {PAGE}, after: $after) {{ {ENTRIES} }} }}
        }} }}"""
        return (await self.ask(query, id=id, after=after))["node"]["journal"]


def _is_unavailable(answer: Mapping[str, Any]) -> bool:
    return all(
        error.get("extensions", {}).get("code") == "UNAVAILABLE" for error in answer["errors"]
    )
