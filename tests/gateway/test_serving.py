"""`kassa serve`, as real processes: what starts, what stays, and how it all ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import serving as server
from gateway.serving import address
from gateway.settings import Settings
from tests import processes
from tests.processes import Serving, serving

START_SECONDS = 10
"""Twice what is promised, for a busy machine; `pytest -s` prints what it was."""

SERVERS_AND_TWO_WORKERS = 5
"""Python's `multiprocessing` has a process of its own beside the workers."""

NEWEST_ORDER = "{ orders(first: 1) { totalCount edges { node { id number } } } }"


class FirstRun:
    """What was seen of the first start in an empty folder, until Ctrl-C."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        began = time.monotonic()
        with serving(folder) as kassa:
            self.greeting = kassa.greeting
            self.url = kassa.url
            self.token_by_role = kassa.token_by_role
            self.readiness = kassa.http.get("/readyz").json()
            self.seconds = time.monotonic() - began
            self.example = kassa.ask(kassa.query)
            self.newest = kassa.ask(NEWEST_ORDER, "support")["data"]["orders"]
            self.children = kassa.children()
            self.exit_code = kassa.end(signal.SIGINT)
            self.log = kassa.log.read_text()

    def copied(self, name: str) -> Path:
        """A folder of one's own with the same data; quicker than seeding again."""
        return Path(shutil.copytree(self.folder, self.folder.with_name(name)))


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> FirstRun:
    return FirstRun(tmp_path_factory.mktemp("kassa") / "data")


@pytest.fixture(scope="module")
def second_folder(first_run) -> Path:
    return first_run.copied("second")


@pytest.fixture(scope="module")
def second_run(second_folder) -> Iterator[tuple[Serving, float]]:
    """A server over the data of the first run, and the seconds it took to be ready."""
    began = time.monotonic()
    with serving(second_folder) as kassa:
        assert kassa.http.get("/readyz").status_code == 200
        yield kassa, time.monotonic() - began


@pytest.fixture
def kassa(second_run) -> Serving:
    return second_run[0]


def missing(kassa: Serving) -> set[str]:
    """What `/readyz` says does not answer."""
    answer = kassa.http.get("/readyz")
    found = set(answer.json()["missing"])
    assert answer.status_code == (503 if found else 200)
    return found


def test_an_empty_folder_becomes_a_shop_that_is_ready(first_run):
    print(f"first start: {first_run.seconds:.1f} s")  # noqa: T201

    assert first_run.readiness == {"ready": True, "missing": {}}
    assert first_run.newest["edges"]


def test_the_greeting_has_an_address_and_a_token_for_each_role(first_run):
    roles = {"shopper", "clerk", "partner", "support", "finance", "system"}

    assert first_run.url.startswith("http://127.0.0.1:")
    assert f"{first_run.url}/graphql" in first_run.greeting
    assert first_run.token_by_role.keys() == roles


def test_the_query_of_the_greeting_can_be_pasted(first_run):
    customer = first_run.example["data"]["customer"]

    assert "errors" not in first_run.example
    assert customer["displayName"]
    assert customer["orders"]["edges"]


def test_ctrl_c_ends_it_and_all_it_started(first_run):
    assert {"mongod", "redis-server"} <= set(first_run.children.values())
    assert first_run.exit_code == 0
    assert first_run.log == ""
    assert all(processes.ends(child) for child in first_run.children)


def test_a_second_start_is_quick_and_finds_the_data(first_run, second_run):
    kassa, seconds = second_run
    newest = first_run.newest["edges"][0]["node"]
    print(f"second start: {seconds:.1f} s")  # noqa: T201

    answer = kassa.ask(f'{{ order(id: "{newest["id"]}") {{ id number }} }}', "support")

    assert seconds < START_SECONDS
    assert answer["data"] == {"order": newest}
    assert kassa.ask(NEWEST_ORDER, "support")["data"]["orders"] == first_run.newest


def test_a_second_server_in_the_same_folder_is_refused(kassa, second_folder):
    refused = processes.run("serve", "--embedded", data=second_folder, port=0)

    assert refused.returncode == 1
    assert f"runs in {second_folder}, process {kassa.process.pid}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert missing(kassa) == set()


def test_a_port_that_is_taken_is_refused_before_anything_starts(kassa, tmp_path):
    port = int(kassa.url.rpartition(":")[2])

    refused = processes.run("serve", "--embedded", data=tmp_path / "data", port=port)

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"kassa: 127.0.0.1:{port} cannot be listened on")
    assert "KASSA_PORT=" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()
    assert not processes.inside(tmp_path)


def test_a_frozen_mongodb_is_named_and_never_waited_for_without_end(kassa):
    mongod = kassa.child("mongod")
    os.kill(mongod, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert missing(kassa) == {"mongodb"}
        assert time.monotonic() - began < 8  # the driver's deadline is 4
        answer = kassa.ask(NEWEST_ORDER, "support")
        assert time.monotonic() - began < 16
    finally:
        os.kill(mongod, signal.SIGCONT)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
    processes.until(lambda: not missing(kassa))
    assert "errors" not in kassa.ask(NEWEST_ORDER, "support")


def test_without_redis_the_graph_still_answers(kassa):
    redis = kassa.child("redis-server")
    os.kill(redis, signal.SIGKILL)
    assert processes.ends(redis)

    assert missing(kassa) == {"redis"}
    assert "errors" not in kassa.ask(NEWEST_ORDER, "support")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_supervisor_ends_it_cleanly(first_run, workers):
    with serving(first_run.copied(f"ended-{workers}"), "--workers", str(workers)) as kassa:
        assert missing(kassa) == set()
        children = kassa.children()

        exit_code = kassa.end(signal.SIGTERM)

        assert exit_code == 0
        assert kassa.log.read_text() == ""
        assert len(children) >= (2 if workers == 1 else 2 + workers)
        assert all(processes.ends(child) for child in children)


def test_ctrl_c_while_workers_still_start_is_no_error(first_run):
    with serving(first_run.copied("early"), "--workers", "2") as kassa:
        processes.until(lambda: len(kassa.children()) >= SERVERS_AND_TWO_WORKERS)
        children = kassa.children()

        exit_code = kassa.end(signal.SIGINT)

        assert exit_code == 0
        assert kassa.log.read_text() == ""
        assert all(processes.ends(child) for child in children)


def test_not_even_kill_9_leaves_anything_behind(first_run):
    with serving(first_run.copied("killed"), "--workers", "2") as kassa:
        assert missing(kassa) == set()
        children = kassa.children()

        kassa.end(signal.SIGKILL)

        assert len(children) >= 4
        assert all(processes.ends(child) for child in children)


def test_an_address_is_one_that_a_browser_takes():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as sock:
        assert address(sock) == f"http://[::1]:{sock.getsockname()[1]}"


@pytest.mark.parametrize(
    ("host", "exposed"),
    [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)],  # noqa: S104
)
def test_an_address_that_others_can_reach_is_told_apart(host, exposed):
    with server.listening(Settings(host=host, port=0)) as sock:
        assert server.is_exposed(sock) is exposed
