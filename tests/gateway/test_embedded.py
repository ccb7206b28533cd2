"""Real servers, real signals: what is started here is also what the other tests stand on."""

from __future__ import annotations

import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from pymongo import MongoClient
from redis import Redis

from gateway.embedded import Embedded, EmbeddedError, binaries, running, trouble

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 15

HOST_PROGRAM = """
import signal, sys
from pathlib import Path
from gateway.embedded import running

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it in the background
if sys.argv[2] == "polite":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with running(Path(sys.argv[1])) as embedded:
    print(embedded.mongodb_url, flush=True)
    signal.pause()
"""

WORKER_PROGRAM = """
import multiprocessing, os, signal
from gateway.embedded import die_with_parent

def work():
    die_with_parent()
    print(os.getpid(), flush=True)
    signal.pause()

if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=work).start()
    signal.pause()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("kassa")


@pytest.fixture(scope="module")
def embedded(folder) -> Iterator[Embedded]:
    with running(folder) as embedded:
        yield embedded


@contextmanager
def hosted(data: Path, manners: str = "rude") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of its own that keeps both servers running under `data`, and MongoDB's URL."""
    command = [sys.executable, "-c", HOST_PROGRAM, str(data), manners]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as host:
        try:
            yield host, host.stdout.readline().strip()
        finally:
            host.kill()


def servers(data: Path) -> dict[str, int]:
    """Process id by program of what runs inside `data`."""
    found = {}
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "cwd").readlink().is_relative_to(data):
                found[(process / "comm").read_text().strip()] = int(process.name)
        except OSError:
            continue  # gone, or not ours to look at
    return found


def ends(process_id: int) -> bool:
    """Whether the process is gone, after waiting for that event."""
    try:
        descriptor = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    with open(descriptor) as process:  # noqa: PTH123
        return bool(select.select([process], [], [], WAIT_SECONDS)[0])


def remember(url: str, word: str) -> None:
    with MongoClient(url) as client:
        client.kassa.words.insert_one({"_id": word})


def remembered(url: str) -> set[str]:
    with MongoClient(url) as client:
        return {document["_id"] for document in client.kassa.words.find()}


def fake(folder: Path, *, says: str, code: int) -> Path:
    """A `mongod` that prints a line and ends."""
    program = folder / "db" / "bin" / "mongod"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {code}\n")
    program.chmod(0o755)
    return program


def only_packages(monkeypatch, **folder_by_name: Path) -> None:
    """Let no packages be found but these, and nothing on PATH."""

    def find_spec(name: str):
        folder = folder_by_name.get(name)
        return folder and SimpleNamespace(submodule_search_locations=[str(folder)])

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setenv("PATH", "/nonexistent")


def test_mongodb_takes_transactions_and_redis_answers(embedded):
    with MongoClient(embedded.mongodb_url) as client, client.start_session() as session:
        with session.start_transaction():
            client.kassa.orders.insert_one({"_id": 1}, session=session)
        assert client.kassa.orders.count_documents({}) == 1

    with Redis.from_url(embedded.redis_url) as redis:
        assert redis.ping()


def test_change_streams_work(embedded):
    with MongoClient(embedded.mongodb_url) as client, client.kassa.events.watch() as stream:
        client.kassa.events.insert_one({"_id": "first"})

        assert stream.next()["documentKey"] == {"_id": "first"}


def test_a_second_start_in_the_same_folder_is_refused(embedded, folder):
    expected = (
        f"Kassa already runs in {folder}, process {os.getpid()}; "
        "stop it or choose another folder with KASSA_DATA."
    )

    with pytest.raises(EmbeddedError) as refusal, running(folder):
        pass

    assert str(refusal.value) == expected
    assert embedded


def test_data_is_kept_though_another_program_took_the_port(tmp_path):
    with running(tmp_path) as first:
        remember(first.mongodb_url, "before")
        port = int(first.mongodb_url.split(":")[2].split("/")[0])

    with socket.create_server(("127.0.0.1", port)), running(tmp_path) as second:
        assert remembered(second.mongodb_url) == {"before"}
        assert second.mongodb_url != first.mongodb_url


def test_an_exception_in_the_block_stops_both(tmp_path):
    started = {}

    with suppress(ZeroDivisionError), running(tmp_path):
        started |= servers(tmp_path)
        _ = 1 / 0

    assert set(started) == {"mongod", "redis-server"}
    assert servers(tmp_path) == {}


def test_kill_9_of_the_host_takes_both_along_and_the_data_opens_again(tmp_path):
    with hosted(tmp_path) as (host, url):
        remember(url, "before")
        started = servers(tmp_path)
        host.kill()
        with running(tmp_path) as again:  # at once: the dying servers are waited for
            assert remembered(again.mongodb_url) == {"before"}

    assert len(started) == 2
    assert all(ends(process_id) for process_id in started.values())


@pytest.mark.parametrize(
    ("manners", "exit_code"), [("rude", -signal.SIGTERM), ("polite", 0)], ids=["default", "handled"]
)
def test_sigterm_stops_both(tmp_path, manners, exit_code):
    with hosted(tmp_path, manners) as (host, _):
        started = servers(tmp_path)
        host.terminate()

        assert host.wait(WAIT_SECONDS) == exit_code

    assert len(started) == 2
    assert all(ends(process_id) for process_id in started.values())


def test_ctrl_c_reaches_the_host_only_and_it_stops_both(tmp_path, capfd):
    with hosted(tmp_path) as (host, _):
        started = servers(tmp_path)
        os.killpg(host.pid, signal.SIGINT)
        host.wait(WAIT_SECONDS)

    received = [line for line in _log(tmp_path) if "Received signal" in line]
    assert len(received) == 1
    assert '"signal":15' in received[0]
    assert all(ends(process_id) for process_id in started.values())
    assert "KeyboardInterrupt" in capfd.readouterr().err


def test_data_opens_again_after_kill_9_of_mongod(tmp_path):
    with running(tmp_path) as first:
        remember(first.mongodb_url, "before")
        os.kill(servers(tmp_path)["mongod"], signal.SIGKILL)

    assert (tmp_path / "mongodb" / "mongod.lock").read_text()
    with running(tmp_path) as second:
        assert remembered(second.mongodb_url) == {"before"}


def test_a_worker_dies_with_its_parent(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(WORKER_PROGRAM)
    with subprocess.Popen(
        [sys.executable, program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        worker = int(parent.stdout.readline())

        parent.kill()

        assert ends(worker)


def test_a_missing_binary_is_a_sentence(tmp_path, monkeypatch):
    only_packages(monkeypatch)

    with pytest.raises(EmbeddedError) as error, running(tmp_path):
        pass

    assert "no `mongod`" in str(error.value) or "`mongod` for Linux x86_64 only" in str(error.value)
    assert "put `mongod` on PATH, set KASSA_MONGODB_URL" in str(error.value)
    assert "`docker compose up`" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_another_platform_is_named(monkeypatch):
    only_packages(monkeypatch)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")

    with pytest.raises(EmbeddedError, match="Linux x86_64 only, and this is Darwin arm64"):
        binaries.mongod()


def test_a_lost_executable_bit_is_set_again(tmp_path, monkeypatch):
    program = fake(tmp_path, says="", code=0)
    program.chmod(0o644)
    only_packages(monkeypatch, fiftyone=tmp_path)

    assert binaries.mongod() == program
    assert os.access(program, os.X_OK)


def test_a_missing_library_is_named_with_its_package(tmp_path, monkeypatch):
    says = (
        "mongod: error while loading shared libraries: libcurl.so.4: "
        "cannot open shared object file: No such file or directory"
    )
    fake(tmp_path / "package", says=says, code=127)
    only_packages(monkeypatch, fiftyone=tmp_path / "package")

    with pytest.raises(EmbeddedError) as error, running(tmp_path / "data"):
        pass

    assert str(error.value) == (
        "mongod needs libcurl.so.4, which this machine lacks: `apt install libcurl4`, "
        "set KASSA_MONGODB_URL to a MongoDB of yours, or run `docker compose up`."
    )
    assert servers(tmp_path / "data") == {}


def test_a_binary_that_is_no_program_is_a_sentence(tmp_path, monkeypatch):
    fake(tmp_path / "package", says="", code=0).write_bytes(b"\x7fELF of another kind")
    only_packages(monkeypatch, fiftyone=tmp_path / "package")

    with (
        pytest.raises(EmbeddedError, match="mongod cannot be run: Exec format error"),
        running(tmp_path / "data"),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(EmbeddedError) as error, running(tmp_path / "file" / "data"):
        pass

    assert str(error.value) == (
        f"{tmp_path}/file/data cannot be written (Not a directory): "
        "choose another folder with KASSA_DATA."
    )


def test_garbage_data_is_a_sentence(tmp_path):
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb" / "storage.bson").write_bytes(b"garbage")

    with pytest.raises(EmbeddedError) as error, running(tmp_path):
        pass

    message = str(error.value)
    assert "(exit code 14): Unable to read the storage engine metadata file: " in message
    assert message.endswith(
        f" See {tmp_path}/mongodb.log, or choose another folder with KASSA_DATA."
    )
    assert "\n" not in message


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            '{"s":"F","msg":"Wrong mongod version","attr":{"error":"UPGRADE PROBLEM: Found …"}}',
            "was written by another version of MongoDB",
        ),
        (
            '{"s":"E","msg":"","attr":{"message":{"msg":"No space left on device"}}}',
            "is full: free some space",
        ),
        (
            '{"s":"E","msg":"x","attr":{"error":"a lock file on a read-only directory: x"}}',
            "mongod may not write in",
        ),
        (
            '{"s":"E","msg":"Error","attr":{"error":{"errmsg":"Address already in use"}}}',
            "start again",
        ),
        (
            "mongod: /lib/libc.so.6: version `GLIBC_2.34' not found (required by mongod)",
            "mongod needs GLIBC_2.34, and this system is older",
        ),
        ("", "exit code 62): it said nothing"),
    ],
)
def test_what_mongod_says_becomes_what_to_do(tmp_path, line, sentence):
    log = tmp_path / "mongodb.log"
    log.write_text(f'{{"s":"I","msg":"Permission denied is not meant here"}}\n{line}\n')

    assert sentence in trouble.explained("mongod", 62, log)


def _log(data: Path) -> list[str]:
    return (data / "mongodb.log").read_text().splitlines()
