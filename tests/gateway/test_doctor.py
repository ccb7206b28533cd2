"""`kassa doctor` on real servers: each fault is planted, seen, and told with what to do."""

from __future__ import annotations

import json
import re
import secrets
import socket
import subprocess
import tempfile
from asyncio import to_thread
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from gateway.doctor import servers as judging
from gateway.doctor.findings import Finding, Status
from gateway.embedded import Embedded, binaries
from gateway.embedded import server as launching
from gateway.settings import Env, Settings
from storage.mongo.driver import Database
from tests.gateway.serving import served
from tests.peers.issuer import Peer, toml
from tests.processes import WAIT_SECONDS, run

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PRODUCTION = Settings(env=Env.PRODUCTION)
DEVELOPMENT = Settings()


async def told(**settings: object) -> tuple[Mapping[str, Any], int]:
    """The findings by their check, as JSON tells them, and the exit code."""
    done = await to_thread(run, "doctor", "--json", **settings)
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    by_check = {each["check"]: each for each in found["findings"]}
    return {**by_check, "": found["status"]}, done.returncode


@pytest.fixture
def settings(servers: Embedded, database: Database, tmp_path: Path) -> dict[str, object]:
    return {
        "mongodb_url": servers.mongodb_url,
        "redis_url": servers.redis_url,
        "mongodb_database": database.name,
        "data": tmp_path,
    }


@pytest.fixture
def inside(servers: Embedded, database: Database) -> Iterator[Any]:
    """The database, for a hand that plants."""
    with MongoClient(servers.mongodb_url) as client:
        yield client[database.name]


async def test_a_database_in_order_has_nothing_that_fails(settings):
    found, code = await told(**settings)

    assert code == 0
    for check in ("Settings", "MongoDB", "Indexes", "Journal", "Redis", "Clock", "Documents"):
        assert found[check]["status"] == "OK", found[check]
    assert found["MongoDB version"]["status"] == "WARN"


async def test_it_is_a_table_for_people_and_warnings_count_if_wanted(settings):
    shown, strict = (
        await to_thread(run, "doctor", **settings),
        await to_thread(run, "doctor", "--strict", **settings),
    )

    assert (shown.returncode, strict.returncode) == (0, 1)
    assert "OK" in shown.stdout
    assert "→ Upgrade MongoDB" in shown.stdout


async def test_a_missing_a_stray_and_a_changed_index_are_named(settings, inside):
    inside.journal.drop_index("aggregate_1_seq_1")
    inside.journal.create_index([("aggregate", 1), ("seq", 1)], name="aggregate_1_seq_1")
    inside.reservations.drop_index("expires_at_1")
    inside.orders.create_index("note", name="somebodys")

    found = await to_thread(run, "doctor", "--json", **settings)

    indexes = [each for each in json.loads(found.stdout)["findings"] if each["check"] == "Indexes"]
    assert found.returncode == 1
    assert [each["status"] for each in indexes] == ["FAIL", "WARN"]
    assert {"journal.aggregate_1_seq_1", "reservations.expires_at_1"} == named(indexes[0])
    assert indexes[0]["do"] == "Run `kassa migrate`."
    assert "orders.somebodys" in indexes[1]["found"]

    await to_thread(run, "migrate", **settings)
    inside.journal.drop_index("aggregate_1_seq_1")
    await to_thread(run, "migrate", **settings)


def named(finding: Mapping[str, str]) -> set[str]:
    return set(re.findall(r"\w+\.\w+", finding["found"]))


async def test_a_database_that_was_never_migrated_is_said_to_be(settings):
    found, code = await told(**{**settings, "mongodb_database": f"none_{secrets.token_hex(4)}"})

    assert (code, found["Indexes"]["status"]) == (1, "FAIL")
    assert "customers" in found["Indexes"]["found"]


async def test_a_validator_of_another_version_is_named(settings, inside):
    inside.command({"collMod": "channels", "validator": {}})

    found, code = await told(**settings)

    assert (code, found["Validators"]["status"]) == (1, "FAIL")
    assert "channels" in found["Validators"]["found"]


async def test_a_journal_that_nobody_appends_to_is_told(settings, inside):
    inside.command({"collMod": "stock_levels", "validator": {}})
    since = datetime.now(UTC) - timedelta(minutes=5)
    inside.stock_levels.insert_one({"_id": "x", "pending_since": since, "outbox": []})

    found, code = await told(**settings)

    assert (code, found["Journal"]["status"]) == (1, "FAIL")
    assert "a gateway runs" in found["Journal"]["do"]


async def test_servers_that_are_not_there_are_sentences(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gone = {
        "mongodb_url": f"mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=500",
        "redis_url": f"redis://127.0.0.1:{port}",
    }

    found, code = await told(**{**settings, **gone})

    assert code == 1
    for server in ("MongoDB", "Redis"):
        assert found[server]["status"] == "FAIL"
        assert f"KASSA_{server.upper()}_URL" in found[server]["do"]


async def test_settings_that_cannot_be_used_are_the_finding(settings):
    found, code = await told(**{**settings, "port": "abc"})

    assert code == 1
    assert found.keys() == {"", "Settings"}
    assert "KASSA_PORT='abc' cannot be used" in found["Settings"]["found"]


async def test_what_is_open_to_everybody_is_told(settings):
    found, code = await told(**{**settings, "host": "0.0.0.0"})  # noqa: S104
    figures, _ = await told(**{**settings, "metrics": "0.0.0.0:9464"})

    assert (code, found["Exposure"]["status"]) == (1, "FAIL")
    assert figures["Exposure"]["status"] == "WARN"


async def test_documents_of_another_graph_are_told(settings, tmp_path: Path):
    manifest, file = tmp_path / "documents.json", tmp_path / "mine.graphql"
    file.write_text("{ channels { code } }")
    await to_thread(run, "documents", "register", str(file), documents=manifest)
    fits, _ = await told(**settings, documents=manifest)

    body = "{ nothing }"
    operation = {
        "id": sha256(body.encode()).hexdigest(),
        "name": "Old",
        "type": "query",
        "body": body,
    }
    manifest.write_text(json.dumps({"operations": [operation]}))
    found, code = await told(**settings, documents=manifest)

    assert fits["Documents"]["found"].startswith("1 registered")
    assert (code, found["Documents"]["status"]) == (1, "FAIL")


async def test_an_issuer_that_does_not_tell_its_keys_is_named(settings, tmp_path: Path):
    file, peer = tmp_path / "issuers.toml", Peer()
    async with served(peer.application) as peer.url:
        file.write_text(toml(peer.url))
        good, _ = await told(**settings, issuers=file)
        peer.fault = "down"
        bad, code = await told(**settings, issuers=file)

    assert good["Issuer"]["status"] == "OK"
    assert (code, bad["Issuer"]["status"]) == (1, "FAIL")
    assert peer.url in bad["Issuer"]["found"]


async def test_an_old_server_fails_in_production(settings, tmp_path: Path):
    pepper = tmp_path / "pepper"
    pepper.write_text(secrets.token_hex(32))

    found, code = await told(**settings, env="production", pepper_file=pepper)

    assert code == 1
    assert found["MongoDB version"]["status"] == "FAIL"
    assert found["MongoDB members"]["status"] == "WARN"
    assert found["MongoDB oplog"]["status"] == "FAIL"
    assert found["Documents"]["status"] == "WARN"
    assert found["Redis memory"]["status"] == "WARN"


async def test_a_redis_that_forgets_whoever_spends_is_told(settings, tmp_path: Path):
    with redis(tmp_path, "--maxmemory", "8mb", "--maxmemory-policy", "allkeys-random") as url:
        found, _ = await told(**{**settings, "redis_url": url})

    assert found["Redis memory"]["status"] == "WARN"
    assert "volatile-ttl" in found["Redis memory"]["do"]


@contextmanager
def redis(folder: Path, *options: str) -> Iterator[str]:
    port = launching.free_port()
    command = [str(binaries.redis_server()), "--bind", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen([*command, *options], cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            while not launching.listens(port):
                assert process.poll() is None
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.kill()


async def test_a_small_oplog_and_a_mongod_alone_are_told(settings):
    with tempfile.TemporaryDirectory() as folder, mongod(Path(folder)) as url:
        alone, code = await told(**{**settings, "mongodb_url": url})
        with MongoClient(url) as client:
            client.admin.command("replSetInitiate", MEMBER)
            while not client.admin.command("hello")["isWritablePrimary"]:
                pass
        small, _ = await told(**{**settings, "mongodb_url": url})

    assert (code, alone["MongoDB members"]["status"]) == (1, "FAIL")
    assert "--replSet" in alone["MongoDB members"]["do"]
    assert small["MongoDB members"]["status"] == "OK"
    assert (small["MongoDB oplog"]["status"], small["MongoDB oplog"]["found"][:6]) == (
        "FAIL",
        "16 MiB",
    )
    assert "replSetResizeOplog" in small["MongoDB oplog"]["do"]


async def test_a_user_who_may_not_look_is_told_what_to_be_given(settings, tmp_path: Path):
    key = tmp_path / "key"
    key.write_text("of this test alone")
    key.chmod(0o600)
    with tempfile.TemporaryDirectory() as folder, mongod(Path(folder), key) as url:
        with MongoClient(url) as client:
            client.admin.command("replSetInitiate", MEMBER)
            while not client.admin.command("hello")["isWritablePrimary"]:
                pass
            client.admin.command("createUser", "root", pwd="root", roles=["root"])  # noqa: S106
        with MongoClient(url, username="root", password="root") as client:  # noqa: S106
            client.shop.command("createUser", "kassa", pwd="pw", roles=OWN)  # noqa: S106
            own = {
                **settings,
                "mongodb_url": f"{url.replace('//', '//kassa:pw@')}&authSource=shop",
                "mongodb_database": "shop",
            }
            await to_thread(run, "migrate", **own)
            without, _ = await told(**own)
            more = [{"role": "clusterMonitor", "db": "admin"}, {"role": "read", "db": "local"}]
            client.shop.command("grantRolesToUser", "kassa", roles=more)
            allowed, _ = await told(**own)
        wrong, code = await told(**{**own, "mongodb_url": own["mongodb_url"].replace("pw@", "x@")})

    assert without["MongoDB oplog"]["status"] == "WARN"
    assert "clusterMonitor" in without["MongoDB oplog"]["do"]
    assert without["Indexes"]["status"] == without["MongoDB disk"]["status"] == "OK"
    assert allowed["MongoDB oplog"]["found"].startswith("16 MiB")
    assert (code, wrong["MongoDB"]["status"]) == (1, "FAIL")
    assert "Authentication failed" in wrong["MongoDB"]["found"]


OWN = ["readWrite", "dbAdmin"]
MEMBER = {"_id": "small", "members": [{"_id": 0, "host": "./s.sock"}]}


@contextmanager
def mongod(folder: Path, key: Path | None = None) -> Iterator[str]:
    port = launching.free_port()
    command = [
        *(str(binaries.mongod()), "--dbpath", ".", "--port", str(port), "--replSet", "small"),
        *("--bind_ip", "127.0.0.1,./s.sock", "--nounixsocket", "--oplogSize", "16", "--quiet"),
        *(("--keyFile", str(key)) if key else ()),
    ]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            while not launching.listens(port):
                assert process.poll() is None
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true"
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS)


# What cannot be planted on a machine that others use is judged by figures.

HOUR, MIB, GIB = timedelta(hours=1), 2**20, 2**30


def log(most_mib: int, used_mib: int, hours: float) -> judging.Log:
    return judging.Log(most_mib * MIB, used_mib * MIB, hours * HOUR)


JUDGED: list[tuple[Finding, Status]] = [
    (judging.clock(NOW, NOW + timedelta(seconds=0.9)), Status.OK),
    (judging.clock(NOW, NOW + timedelta(seconds=1.1)), Status.WARN),
    (judging.clock(NOW, NOW - timedelta(seconds=31)), Status.FAIL),
    (judging.journal(4.9), Status.OK),
    (judging.journal(5.1), Status.WARN),
    (judging.journal(61), Status.FAIL),
    (judging.disk("Disk", 20 * GIB, 100 * GIB), Status.OK),
    (judging.disk("Disk", 10 * GIB, 100 * GIB), Status.WARN),
    (judging.disk("Disk", 4 * GIB, 100 * GIB), Status.FAIL),
    (judging.oplog(PRODUCTION, None), Status.WARN),
    (judging.oplog(PRODUCTION, log(989, 1, 0)), Status.FAIL),
    (judging.oplog(PRODUCTION, log(990, 1, 0.5)), Status.OK),
    (judging.oplog(PRODUCTION, log(1_000, 500, 11)), Status.WARN),
    (judging.oplog(PRODUCTION, log(1_000, 500, 13)), Status.OK),
    (judging.oplog(PRODUCTION, log(1_000, 1_010, 23)), Status.WARN),
    (judging.oplog(DEVELOPMENT, log(256, 1, 2)), Status.OK),
    (judging.members(PRODUCTION, 3), Status.OK),
    (judging.members(PRODUCTION, 2), Status.WARN),
    (judging.members(DEVELOPMENT, 1), Status.OK),
    (judging.members(DEVELOPMENT, 0), Status.FAIL),
    (judging.memory(PRODUCTION, 128 * MIB, "noeviction"), Status.OK),
    (judging.memory(PRODUCTION, 128 * MIB, "volatile-ttl"), Status.OK),
    (judging.memory(PRODUCTION, 128 * MIB, "allkeys-lfu"), Status.WARN),
    (judging.memory(PRODUCTION, 0, "noeviction"), Status.WARN),
    (judging.memory(DEVELOPMENT, 0, "noeviction"), Status.OK),
]


@pytest.mark.parametrize(("finding", "status"), JUDGED)
def test_what_is_found_is_judged(finding: Finding, status: Status):
    assert finding.status is status
    assert bool(finding.do) == (status is not Status.OK)
