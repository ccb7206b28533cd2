"""Can a client tell by the clock that something is there that it may not see?

Asked in turns, in an order drawn by chance, over one connection: what is somebody else's, what
nobody has, and once more what nobody has. The last two show how far chance alone puts two samples
apart.
"""

from __future__ import annotations

from collections import defaultdict
from random import Random

import httpx2
import orjson

from bench.limits.figures import Found, apart
from bench.limits.server import Server
from bench.limits.wire import Wire, request

TIMES = 1_500
SYSTEM = "dev.system"
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAMPLE = "{ orders(first: 60) { edges { node { id customer { id } payments { id } } } } }"

KINDS = ("theirs", "nobodys", "nobodys again")

Owned = list[tuple[str, str]]
"""Ids, each with the id of the customer whose it is."""

QUERIES = {
    "node": "query ($id: ID!) { node(id: $id) { id } }",
    "order": "query ($id: ID!) { order(id: $id) { id number state } }",
    "payment": "query ($id: ID!) { payment(id: $id) { id state } }",
    "customer": "query ($id: ID!) { customer(id: $id) { id number } }",
}


async def guessing(server: Server) -> Found:
    """For each query, how far the two kinds are apart."""
    orders, payments = await _sample(server)
    people = sorted({owner for _, owner in orders})
    things = {
        "node": orders,
        "order": orders,
        "payment": payments,
        "customer": [(each, each) for each in people],
    }
    wire, dice, found = Wire(server.port), Random(7), Found()  # noqa: S311 - the same each time
    for name, query in QUERIES.items():
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(TIMES):
            for kind in dice.sample(KINDS, k=len(KINDS)):
                key, owner = dice.choice(things[name])
                asker = dice.choice([each for each in people if each != owner])
                body = {"query": query, "variables": {"id": _id(key, kind, dice)}}
                asked = request(orjson.dumps(body), f"dev.shopper.{asker}")
                status, took = await wire.ask(asked)
                assert status == 200, status
                times[kind].append(took)
        theirs, nobodys, again = (times[kind] for kind in KINDS)
        found[name] = {
            "theirs": apart(theirs, nobodys, dice),
            "chance": apart(again, nobodys, dice),
        }
    wire.close()
    return found


def _id(key: str, kind: str, dice: Random) -> str:
    return key if kind == "theirs" else key[:-16] + "".join(dice.choices(LETTERS, k=16))


async def _sample(server: Server) -> tuple[Owned, Owned]:
    """Orders and payments of the demo shop."""
    headers = {"authorization": f"Bearer {SYSTEM}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        answer = await http.post("/graphql", json={"query": SAMPLE}, headers=headers)
    nodes = [edge["node"] for edge in answer.json()["data"]["orders"]["edges"]]
    owned = [(node, node["customer"]["id"]) for node in nodes if node["customer"]]
    payments = [(each["id"], owner) for node, owner in owned for each in node["payments"]]
    return [(node["id"], owner) for node, owner in owned], payments
