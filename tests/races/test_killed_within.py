"""A gateway that is killed within a transaction does not keep its levels for long."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from time import monotonic

from gateway.embedded import Embedded
from tests.trading import Trading, more

BY_DEFAULT_SECONDS = 60
"""After so long does a server end such a transaction, unless it is told otherwise."""

HOLD_A_LEVEL = """
import sys, time, pymongo
client = pymongo.MongoClient(sys.argv[1])
with client.start_session() as session, session.start_transaction():
    client[sys.argv[2]].stock_levels.update_many({}, {"$set": {"is_held": True}}, session=session)
    print("held", flush=True)
    time.sleep(60)
"""


async def test_a_level_is_free_again_soon_after_its_gateway_was_killed(
    stall: Trading, servers: Embedded
):
    command = [sys.executable, "-c", HOLD_A_LEVEL, servers.mongodb_url or "", stall.database.name]
    gateway = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert gateway.stdout
    await gateway.stdout.readline()
    gateway.kill()
    await gateway.wait()
    killed = monotonic()

    done = await stall.do("adjustStock", changes=[more(3)])

    assert done["userErrors"] == []
    assert monotonic() - killed < BY_DEFAULT_SECONDS / 2
