"""Production, as a real process: what it needs to start, and whom it lets in."""

from __future__ import annotations

import re
import secrets
import subprocess
from asyncio import to_thread
from pathlib import Path

import httpx2
import pytest
from pymongo import MongoClient

from gateway import auth
from gateway.embedded import Embedded
from storage.mongo.driver import Database
from storage.mongo.operations import CHANNELS
from tests.making import a_channel
from tests.processes import KASSA, ROOT, WAIT_SECONDS, environment, run

CHANNELS_THERE = "{ channels { code } }"


@pytest.fixture
async def settings(servers: Embedded, database: Database, tmp_path: Path) -> dict[str, object]:
    pepper = tmp_path / "pepper"
    pepper.write_text(secrets.token_hex(32))
    await database.add(CHANNELS.name, [CHANNELS.document(a_channel())])
    return {
        "env": "production",
        "port": 0,
        "mongodb_url": servers.mongodb_url,
        "redis_url": servers.redis_url,
        "mongodb_database": database.name,
        "pepper_file": pepper,
    }


@pytest.fixture
def production(settings: dict[str, object]):
    """A gateway that has started, and where it is."""
    with subprocess.Popen(
        [KASSA, "serve"],
        cwd=ROOT,
        env=environment(**settings, allow_old_servers="true"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        try:
            found = re.search(r"Kassa is at (\S+)", "".join(lines))
            assert found, lines
            yield found[1]
        finally:
            process.terminate()
            process.communicate(timeout=WAIT_SECONDS)


async def test_old_servers_are_refused_in_one_sentence(servers: Embedded, settings):
    with MongoClient(servers.mongodb_url) as client:
        version = client.server_info()["version"]

    refused = await to_thread(run, "serve", **settings)

    assert refused.returncode == 1
    assert f"MongoDB {version} has known security holes" in refused.stderr
    assert refused.stderr.count("\n") == 1


async def test_it_is_said_what_production_needs(settings):
    for missing, said in (
        ({"pepper_file": ""}, "set KASSA_ISSUERS to a file"),
        ({"pepper_file": "/nowhere"}, "KASSA_PEPPER_FILE='/nowhere' cannot be read"),
        ({"issuers": "/nowhere"}, "/nowhere cannot be read"),
    ):
        refused = await to_thread(run, "serve", **{**settings, **missing})

        assert refused.returncode == 1
        assert said in refused.stderr


async def test_production_lets_keys_in_and_nobody_who_only_says_so(production: str, settings):
    made = await to_thread(run, "keys", "create", "A shop", "--channel", "channel-0", **settings)
    [key] = re.findall(r"^kassa_live_\w{49}$", made.stdout, re.MULTILINE)

    async with httpx2.AsyncClient(base_url=production) as http:

        async def asked(token: str) -> httpx2.Response:
            headers = {"authorization": f"Bearer {token}"}
            return await http.post("/graphql", json={"query": CHANNELS_THERE}, headers=headers)

        good, bad = await asked(key), await asked(auth.token(auth.Role.SYSTEM))
        page = await http.get("/", headers={"accept": "text/html"})
        config = await http.get("/graphiql/config.json")

    assert good.json()["data"] == {"channels": [{"code": "channel-0"}]}
    assert bad.status_code == 401
    assert (page.status_code, config.status_code) == (404, 404)
