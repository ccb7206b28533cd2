"""Subscribes by Python's `gql`: subscriber.py URL TOKEN COUNT [CURSOR], a JSON line for each event.

It runs in an environment of its own, for `gql` pins an older graphql-core than Kassa needs.
"""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

STOCK = """subscription ($after: Cursor) { stockChanged(skus: ["SKU-0"], after: $after) {
  kind cursor levels { version free location { code } } } }"""


async def main(url: str, token: str, count: str, after: str | None = None) -> None:
    transport = WebsocketsTransport(
        url=url,
        init_payload={"authorization": f"Bearer {token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    document = gql(STOCK)
    document.variable_values = {"after": after}
    left = int(count)
    async with Client(transport=transport) as session:
        async for result in session.subscribe(document):
            print(json.dumps(result["stockChanged"]), flush=True)  # noqa: T201
            left -= 1
            if not left:
                return


asyncio.run(main(*sys.argv[1:]))
