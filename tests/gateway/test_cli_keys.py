"""`kassa keys`, as a real process: a key is made, used, listed and revoked."""

from __future__ import annotations

import re
import subprocess
from asyncio import to_thread

import pytest

from domain.scopes import Scope
from gateway import bootstrap
from gateway.embedded import Embedded
from gateway.settings import Settings
from storage.mongo.api_keys import MongoApiKeys
from storage.mongo.catalog import LOCATIONS
from storage.mongo.driver import Database
from storage.mongo.operations import CHANNELS
from tests.client import Client
from tests.making import a_channel, a_location
from tests.processes import run
from tests.walks.applications import application

KEY = re.compile(r"^kassa_test_\w{49}$", re.MULTILINE)
ID = re.compile(r"key_[0-9A-Z]{26}")
MINE = "{ channels { code } orders { edges { cursor } } }"


@pytest.fixture
def keys(servers: Embedded, database: Database):
    async def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        settings = {"mongodb_url": servers.mongodb_url, "mongodb_database": database.name}
        return await to_thread(run, "keys", *arguments, **settings)

    return command


async def test_a_key_is_made_used_listed_and_revoked(keys, database: Database):
    channel = a_channel()
    await database.add(CHANNELS.name, [CHANNELS.document(channel)])

    made = await keys("create", "Nordic Finds", "--channel", channel.code, "--scope", "orders")
    [text] = KEY.findall(made.stdout)
    [key] = ID.findall(made.stdout)

    async with Client(application(database, door=bootstrap.door(Settings(), database))) as client:
        assert (await client.ask(MINE, text)) == {
            "channels": [{"code": channel.code}],
            "orders": {"edges": []},
        }

    listed = (await keys("list")).stdout
    assert key in listed
    assert "Nordic Finds" in listed
    assert text not in listed

    assert (await keys("revoke", key)).stdout == f"Revoked: Nordic Finds ({key}).\n"
    assert "revoked" in (await keys("list")).stdout
    async with Client(application(database, door=bootstrap.door(Settings(), database))) as client:
        refused = await client.refusal(MINE, text)
    assert refused["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_key_is_made_good_for_less_and_for_everything_again(keys, database: Database):
    channel = a_channel()
    await database.add(CHANNELS.name, [CHANNELS.document(channel)])
    [key] = ID.findall((await keys("create", "Nordic Finds", "--channel", channel.code)).stdout)

    less = await keys("scopes", key, "--scope", "orders", "--scope", "catalog")
    assert "orders" in less.stdout
    assert "all that a" not in less.stdout
    [kept] = await MongoApiKeys(database).all()
    assert kept.scopes == (Scope.CATALOG, Scope.ORDERS)

    assert "all that a" in (await keys("scopes", key, "--everything")).stdout
    [kept] = await MongoApiKeys(database).all()
    assert kept.scopes is None


REFUSALS = {
    "neither channel nor location": (("create", "x"), "for a partner's channels, or for a device"),
    "an unknown channel": (("create", "x", "--channel", "shop"), "There is no channel 'shop'"),
    "an unknown location": (("create", "x", "--location", "A"), "There is no location 'A'"),
    "an unknown scope": (
        ("create", "x", "--location", "L0", "--scope", "all"),
        "There are: catalog, stock,",
    ),
    "an unknown key": (("revoke", "key_1"), "There is no key 'key_1'"),
    "scopes of an unknown key": (("scopes", "key_1", "--scope", "orders"), "There is no key"),
    "no scopes": (("scopes", "key_1"), "Say what the key is good for"),
    "scopes, and everything": (
        ("scopes", "key_1", "--scope", "orders", "--everything"),
        "Say what the key is good for",
    ),
    "a scope that is none": (("scopes", "key_1", "--scope", "all"), "There are: catalog, stock,"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_what_cannot_be_is_said_in_one_sentence(keys, database: Database, name: str):
    await database.add(LOCATIONS.name, [LOCATIONS.document(a_location(0))])
    arguments, said = REFUSALS[name]

    refused = await keys(*arguments)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1


async def test_without_keys_one_is_told_how_to_make_one(keys):
    assert (await keys("list")).stdout == "There are no keys. `kassa keys create` makes one.\n"
