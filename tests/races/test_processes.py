"""Three server processes, as a retailer runs them, and one request that comes many times."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

from tests.processes import serving

LEVEL = """{ stockLevels(first: 50) { edges { node {
  product { sku } free reserved location { id } } } } }"""
COPIES = 30


def test_copies_that_reach_three_processes_hold_units_once(tmp_path):
    with serving(tmp_path / "data", "--workers", "3") as kassa:
        level = _stocked(kassa)
        sku, location = level["product"]["sku"], level["location"]["id"]
        text = f"""mutation {{ reserveStock(input: {{ idempotencyKey: "a-key", lines: [{{
            sku: {json.dumps(sku)}, location: "{location}", quantity: 2 }}] }})
            {{ userErrors {{ code }} reservation {{ id expiresAt }} }} }}"""

        def copy(_: int) -> Any:
            headers = {"authorization": f"Bearer {kassa.token_by_role['clerk']}"}
            with httpx2.Client(base_url=kassa.url, timeout=30, headers=headers) as client:
                return client.post("/graphql", json={"query": text}).json()["data"]

        with ThreadPoolExecutor(COPIES) as pool:
            answers = list(pool.map(copy, range(COPIES)))

        assert all(answer == answers[0] for answer in answers), answers
        assert answers[0]["reserveStock"]["userErrors"] == []
        after = _stocked(kassa, sku, location)
        assert after["reserved"] - level["reserved"] == 2


def _stocked(kassa, sku=None, location=None):
    """A level with something to sell; that of a sku and location, where they are given."""
    edges = kassa.ask(LEVEL)["data"]["stockLevels"]["edges"]
    levels = [edge["node"] for edge in edges]
    return next(
        level
        for level in levels
        if (level["product"]["sku"] == sku and level["location"]["id"] == location)
        or (sku is None and level["free"] > 5)
    )
