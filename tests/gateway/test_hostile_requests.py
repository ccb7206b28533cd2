"""The corpus of hostile requests: each is refused in a sentence, and refusing it is cheap."""

from __future__ import annotations

import tracemalloc

import pytest

from bench.limits.corpus import bodies
from tests.client import Client
from tests.gateway.counting import MOST_CALLS, counting

MIB = 2**20
CORPUS = bodies()


@pytest.mark.parametrize("name", CORPUS)
async def test_a_hostile_request_is_refused_and_costs_little(kassa: Client, name: str):
    body = CORPUS[name]
    assert len(body) <= MIB
    headers = {"content-type": "application/json"}

    with counting() as calls:
        response = await kassa.http.post("/graphql", content=body, headers=headers)

    assert "data" not in response.json()
    assert all(each["message"] and each["extensions"]["code"] for each in response.json()["errors"])
    assert calls.count < MOST_CALLS


@pytest.mark.parametrize("name", CORPUS)
async def test_a_hostile_request_takes_little_memory(kassa: Client, name: str):
    body = CORPUS[name].replace(b'"{', b'"{ ', 1)  # what was refused before is remembered
    headers = {"content-type": "application/json"}

    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await kassa.http.post("/graphql", content=body, headers=headers)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak - before < 16 * MIB
