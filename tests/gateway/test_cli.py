"""The command `kassa`, as a real process: what it does, and what it says when it cannot."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from gateway.embedded import Embedded
from tests import processes
from tests.processes import ROOT, run

SNAPSHOT = ROOT / "schema/sdl/unified.graphql"
REDIS = "redis://127.0.0.1:1"

# Each row: the command, its settings, and words of the sentence.
REFUSALS: Mapping[str, tuple[str, dict[str, object], str]] = {
    "a port that is no number": ("serve", {"port": "abc"}, "KASSA_PORT='abc' cannot be used"),
    "a port that is too large": ("serve", {"port": 99999}, "KASSA_PORT='99999' cannot be used"),
    "a host that is none": (
        "serve --embedded",
        {"host": "no host"},
        "no host:8000 cannot be listened on",
    ),
    "an unknown setting": ("serve", {"x": 1}, "KASSA_X is not a setting. There are: KASSA_ENV,"),
    "production": ("serve --embedded", {"env": "production"}, "KASSA_ENV=production needs"),
    "seeding in production": ("seed --embedded", {"env": "production"}, "KASSA_ENV=production"),
    "driver": ("serve --embedded", {"mongodb_driver": "mongo"}, "MONGODB_DRIVER='mongo' cannot"),
    "a database that cannot be called so": (
        "serve --embedded",
        {"mongodb_database": "a/b"},
        "KASSA_MONGODB_DATABASE='a/b' cannot be used",
    ),
    "no MongoDB": ("serve", {"port": 0}, "Set KASSA_MONGODB_URL and KASSA_REDIS_URL"),
    "no MongoDB to seed": ("seed", {}, "Set KASSA_MONGODB_URL"),
    "no Redis": ("serve", {"port": 0, "mongodb_url": "mongodb://127.0.0.1:1"}, "KASSA_REDIS_URL"),
    "a MongoDB that is not there": (
        "serve",
        {"port": 0, "mongodb_url": "mongodb://127.0.0.1:1", "redis_url": REDIS},
        "MongoDB does not answer: 127.0.0.1:1",
    ),
    "a MongoDB URL that is none": (
        "serve",
        {"port": 0, "mongodb_url": "mongodb://[red]:x", "redis_url": REDIS},
        "The MongoDB URL cannot be used",
    ),
    "a Redis URL that is none": (
        "serve --embedded --workers 2",
        {"port": 0, "redis_url": "[red]nonsense"},
        "The Redis URL cannot be used",
    ),
    "no MongoDB to check": ("check", {}, "Set KASSA_MONGODB_URL"),
    "a MongoDB to check that is not there": (
        "check --json",
        {"mongodb_url": "mongodb://127.0.0.1:1"},
        "MongoDB does not answer: 127.0.0.1:1",
    ),
    "a rest that is no number": (
        "serve",
        {"check_seconds": "-1"},
        "KASSA_CHECK_SECONDS='-1' cannot",
    ),
    "no MongoDB to explain by": ("explain {channels{id}}", {}, "Set KASSA_MONGODB_URL"),
    "a data folder that is a file": (
        "serve --embedded",
        {"port": 0, "data": ROOT / "pyproject.toml"},
        "choose another folder with KASSA_DATA",
    ),
}

HELP = {
    "": (
        "serve",
        "seed",
        "migrate",
        "schema",
        "KASSA_MONGODB_URL",
        "KASSA_REDIS_URL",
        "KASSA_PORT",
    ),
    "serve": ("--embedded", "--workers", "demo shop", "KASSA_DATA", "KASSA_MONGODB_URL", "Ctrl-C"),
    "seed": ("--embedded", "--reset", "demo shop", "empty database"),
    "migrate": ("--embedded", "collections", "indexes"),
    "schema": ("--check", "--write", "SDL"),
    "check": ("--json", "--most", "--embedded", "status 1", "Changes nothing"),
    "explain": ("--variables", "--token", "plan", "what is read"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("refused")


Ran = Mapping[str, Future[subprocess.CompletedProcess[str]]]


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Runs what stands alone, several at once."""
    with ThreadPoolExecutor(4) as found:
        yield found


@pytest.fixture(scope="module")
def refusals(pool, folder) -> Ran:
    return {
        name: pool.submit(run, *command.split(), **{"data": folder / name, **settings})
        for name, (command, settings, _) in REFUSALS.items()
    }


@pytest.fixture(scope="module")
def helps(pool) -> Ran:
    return {command: pool.submit(run, *command.split(), "--help") for command in HELP}


@pytest.fixture
def shelf(servers: Embedded) -> Iterator[Database]:
    """An empty database of this test alone."""
    with MongoClient(servers.mongodb_url) as client:
        found = client[f"cli_{secrets.token_hex(6)}"]
        yield found
        client.drop_database(found.name)


def on(shelf: Database) -> dict[str, object]:
    """The settings that lead to it."""
    host, port = shelf.client.address
    url = f"mongodb://{host}:{port}/?directConnection=true"
    return {"mongodb_url": url, "redis_url": REDIS, "mongodb_database": shelf.name}


def content(shelf: Database) -> str:
    return shelf.command("dbHash")["md5"]


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_is_said_in_one_sentence(refusals, folder, name):
    refused = refusals[name].result()

    assert REFUSALS[name][2] in refused.stderr
    assert refused.stderr.startswith("kassa: ")
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""
    assert refused.returncode == 1
    assert not processes.inside(folder / name)


def test_a_sentence_shows_a_setting_as_it_was_written():
    """Square brackets are colours to the library that prints it."""
    assert "KASSA_PORT='[red]1[/]' cannot" in run("serve", port="[red]1[/]").stderr


def test_seeding_fills_an_empty_database_or_starts_over_when_told_to(shelf):
    first = run("seed", **on(shelf))
    counted = shelf.orders.count_documents({})
    before = content(shelf)
    again = run("seed", **on(shelf))

    assert (first.returncode, first.stderr) == (0, "")
    assert f"{counted} orders" in first.stdout
    assert again.returncode == 1
    assert again.stderr == (
        "kassa: The database already holds a shop. To throw it away, say --reset.\n"
    )
    assert content(shelf) == before

    shelf.orders.delete_many({})
    reset = run("seed", "--reset", **on(shelf))

    assert (reset.returncode, reset.stderr) == (0, "")
    assert shelf.orders.count_documents({}) == counted


def test_what_is_not_a_shop_of_ours_is_not_seeded_over(shelf):
    shelf.orders.insert_one({"_id": "theirs"})

    assert run("seed", **on(shelf)).returncode == 1
    assert [order["_id"] for order in shelf.orders.find()] == ["theirs"]


def test_a_seed_that_was_killed_half_way_is_done_again(shelf):
    command = [processes.KASSA, "seed"]
    with subprocess.Popen(command, cwd=ROOT, env=processes.environment(**on(shelf))) as seeding:
        processes.until(lambda: shelf.marks.find_one({"is_whole": False}))
        os.kill(seeding.pid, signal.SIGKILL)
    assert shelf.marks.find_one({"is_whole": False})

    again = run("seed", **on(shelf))

    assert (again.returncode, again.stderr) == (0, "")
    assert f"{shelf.orders.count_documents({})} orders" in again.stdout
    assert shelf.marks.find_one({"is_whole": True})


def test_migrating_twice_changes_nothing_the_second_time(shelf):
    first = run("migrate", **on(shelf))
    names = set(shelf.list_collection_names())
    indexes = {name: shelf[name].index_information() for name in names}

    again = run("migrate", **on(shelf))

    assert (first.returncode, again.returncode) == (0, 0)
    assert first.stdout
    assert {"orders", "customers"} <= names == set(shelf.list_collection_names())
    assert {name: shelf[name].index_information() for name in names} == indexes


EXPLAINED = {
    "a field that is not there": (["{ nothing }"], "Cannot query field 'nothing' on type 'Query'"),
    "what is no query": (["{ channels {"], "Syntax Error: Expected Name, found <EOF>. (line 1,"),
    "an empty query": ([""], "Syntax Error: Unexpected <EOF>."),
    "variables that are no JSON": (["{channels{id}}", "--variables", "{"], "are no JSON object"),
    "variables that are no object": (["{channels{id}}", "--variables", "3"], "are no JSON object"),
    "a variable that does not fit": (
        ["query($n: Int!) {orders(first: $n) {edges{cursor}}}", "--variables", '{"n": "x"}'],
        "Variable '$n' has invalid value",
    ),
    "an operation that is not there": (
        ["{channels{id}}", "--operation", "Other"],
        "has no operation of that name",
    ),
    "a token that is none": (["{channels{id}}", "--token", "[red]x"], "with a development token"),
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_cannot_be_explained_is_said_in_one_sentence(shelf, name):
    arguments, words = EXPLAINED[name]

    refused = run("explain", *arguments, **on(shelf))

    assert refused.stderr.startswith("kassa: ")
    assert words in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert (refused.returncode, refused.stdout) == (1, "")


def test_a_query_is_explained_by_its_reads(shelf):
    run("migrate", **on(shelf))

    said = run("explain", '{ products(skus: ["A", "B"]) { name levels { free } } }', **on(shelf))

    assert (said.returncode, said.stderr) == (0, "")
    assert "products [Product]! once" in said.stdout
    assert "read catalog.products_by_skus 2 keys" in said.stdout
    assert "levels [StockLevel!]! not asked: no parent" in said.stdout


def test_embedded_servers_are_gone_when_the_command_is_done(tmp_path):
    data = tmp_path / "data"

    migrated = run("migrate", "--embedded", data=data)

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert (data / "mongodb").is_dir()
    assert not processes.inside(tmp_path)


def test_the_schema_is_printed_as_its_snapshot_has_it():
    printed = run("schema")

    assert printed.returncode == 0
    assert printed.stdout == SNAPSHOT.read_text()
    assert run("schema", "--check", str(SNAPSHOT.parent)).returncode == 0


@pytest.mark.parametrize("command", HELP)
def test_help_says_what_a_stranger_needs(helps, command):
    said = helps[command].result()

    words = " ".join(said.stdout.replace("│", " ").split())
    assert said.returncode == 0
    assert [word for word in HELP[command] if word not in words] == []
