"""`kassa channel` and `kassa inbox`, as an operator types them."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import NamedTuple

import pytest

from storage.mongo.pushes import MongoPushes
from tests.channels.conftest import CHANNELS, ENVIRONMENT, NOBODY
from tests.channels.paying import event
from tests.processes import KASSA

ROOT = Path(__file__).parents[2]


class Said(NamedTuple):
    """How a command left, and what it wrote."""

    exit_code: int | None
    output: str


@pytest.fixture
def kassa(tmp_path, servers, desk):
    """The command line over the desk's database."""
    path = tmp_path / "channels.toml"
    path.write_text(CHANNELS.format(url=NOBODY))
    environ = {
        **ENVIRONMENT,
        "KASSA_CHANNELS": str(path),
        "KASSA_MONGODB_URL": servers.mongodb_url,
        "KASSA_REDIS_URL": servers.redis_url,
        "KASSA_MONGODB_DATABASE": desk.database.name,
        "COLUMNS": "300",
    }

    async def run(*words):
        found = await asyncio.create_subprocess_exec(
            *(KASSA, *words),
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=PIPE,
            stderr=STDOUT,
        )
        output, _ = await found.communicate()
        return Said(found.returncode, output.decode())

    return run


async def test_list_says_what_is_connected(kassa):
    found = await kassa("channel", "list")

    assert found.exit_code == 0, found.output
    for word in ("penny-nl", "acct_nl", "/webhooks/penny-nl", "refund"):
        assert word in found.output
    assert all(each not in found.output for each in ENVIRONMENT.values())


async def test_check_leaves_with_1_when_a_channel_does_not_answer(kassa):
    found = await kassa("channel", "check")

    assert found.exit_code == 1
    assert "penny-nl" in found.output
    assert "Traceback" not in found.output


async def test_a_parked_delivery_is_seen_and_tried_anew(kassa, desk):
    await desk.deliver(event("ev_1", "payment.polished"))
    await desk.work()

    listed = await kassa("inbox", "list", "--state", "PARKED")
    shown = await kassa("inbox", "show", "penny-nl:ev_1")
    again = await kassa("inbox", "replay", "penny-nl:ev_1")

    assert "penny-nl:ev_1" in listed.output
    assert "payment.polished" in shown.output
    assert "1 deliveries" in again.output
    [row] = await desk.rows()
    assert (row["state"], row["attempts"]) == ("WAITING", 0)


async def test_a_delivery_that_is_not_there_is_told(kassa):
    found = await kassa("inbox", "show", "nothing")

    assert found.exit_code == 1
    assert "There is no delivery" in found.output


@pytest.mark.parametrize(
    ("name", "said"), [("penny-nl", "The next run goes on"), ("penny-de", "There is no channel")]
)
async def test_what_cannot_be_brought_in_is_told(kassa, name, said):
    found = await kassa("channel", "sync", name, "--since", "2026-01-01")

    assert found.exit_code == 1
    assert said in found.output
    assert "Traceback" not in found.output


SHOP = """
[channels.penny-shop]
kind = "tests.channels.penny"
account = "acct_shop"
base_url = "http://127.0.0.1:9"
key = {{ env = "PENNY_KEY" }}
secrets = [{{ env = "PENNY_WEBHOOK" }}]
locations = {{ "7" = "L0" }}
push_stock = true
"""


async def test_stock_says_what_a_shop_shows(kassa, desk, tmp_path):
    (tmp_path / "channels.toml").write_text((CHANNELS + SHOP).format(url=NOBODY))
    place = (await desk.database.find("locations", {"code": "L0"}))[0]["_id"]
    pushes = MongoPushes(desk.database)
    await pushes.mark("penny-shop", {"7": place}, [("SKU-0", place)])

    found = await kassa("channel", "stock", "penny-shop")
    other = await kassa("channel", "stock", "penny-nl")

    assert found.exit_code == 0, found.output
    for word in ("SKU-0", "1 all, 1 waiting, 0 adrift"):
        assert word in found.output
    assert other.exit_code == 1
    assert "Told are: penny-shop" in other.output
