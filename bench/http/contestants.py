"""Who is measured, and how each is started."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from domain.viewer import Role
from gateway import auth

ROOT = Path(__file__).parents[2]
NODE = Path(__file__).with_name("node")
KASSA = str(Path(sys.executable).with_name("kassa"))
NODE_WANTED = 20
INSTALL_SECONDS = 300

UVICORN = (
    *("-m", "uvicorn", "--factory", "--host", "127.0.0.1", "--loop", "uvloop"),
    *("--http", "httptools", "--no-access-log", "--no-server-header", "--log-level", "warning"),
)


class Unable(Exception):
    """A contestant cannot take part; the message says why."""


class Contestant(Struct, frozen=True):
    """A server of one kind. `run` is a factory, a command of Kassa or a Node script."""

    run: str
    about: str
    is_checked: bool = False

    def command(self, port: int, workers: int = 1) -> Sequence[str]:
        if self.run == "serve":
            return [KASSA, "serve", "--workers", str(workers)]
        if self.run.endswith(".mjs"):
            return [_node(), str(NODE / self.run)]
        options = ("--port", str(port), "--workers", str(workers))
        return [sys.executable, *UVICORN, *options, self.run]

    def environment(self, port: int) -> Mapping[str, str]:
        """What it is told besides where the data is."""
        own = {"KASSA_PORT": str(port), "KASSA_LIMITS": "measure"}
        return {**own, "PORT": str(port), "NODE_ENV": "production"}

    def headers(self, location: str) -> Mapping[str, str]:
        """What a client sends it: a clerk's token where tokens are checked."""
        always = {"content-type": "application/json", "accept": "application/json"}
        token = auth.token(Role.CLERK, location)
        return {**always, "authorization": f"Bearer {token}"} if self.is_checked else always


ALL: Mapping[str, Contestant] = MappingProxyType(
    {
        "kassa": Contestant(
            "bench.http.apps:kassa",
            "Kassa's graph, for one fixed viewer, collecting garbage as the product does",
        ),
        "rest": Contestant(
            "bench.http.peers.rest_app:bare",
            "a Starlette endpoint written by hand, one handler a query, no GraphQL",
        ),
        "kassa-graphql-core": Contestant(
            "bench.http.apps:kassa_graphql_core", "Kassa's graph, executed by graphql-core"
        ),
        "strawberry": Contestant(
            "bench.http.peers.plain_app:application",
            "Strawberry with its DataLoaders and its ASGI view",
        ),
        "apollo": Contestant("apollo.mjs", "Apollo Server with DataLoader"),
        "mercurius": Contestant(
            "mercurius.mjs", "Fastify with Mercurius, `jit: 1`, and DataLoader"
        ),
        "kassa-full": Contestant("serve", "`kassa serve`: all that the product does", True),
        "rest-full": Contestant(
            "bench.http.peers.rest_app:full",
            "the endpoint by hand with the same token, audience filter and headers",
            True,
        ),
        "rest-lean": Contestant(
            "bench.http.peers.rest_app:lean",
            "the endpoint by hand, reading only what it shows",
        ),
    }
)
STANDARD = tuple(name for name in ALL if name != "rest-lean")


def ready(names: Sequence[str]) -> dict[str, str]:
    """Install what these need; those who cannot take part, and why."""
    scripts = [name for name in names if ALL[name].run.endswith(".mjs")]
    try:
        if scripts:
            _installed()
    except Unable as reason:
        return dict.fromkeys(scripts, str(reason))
    return {}


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        raise Unable("Node.js is not installed.")
    return found


def _installed() -> None:
    """The locked packages of the Node servers, where they are not there yet."""
    version = subprocess.run([_node(), "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.removeprefix("v").partition(".")[0]) < NODE_WANTED:
        raise Unable(f"Node.js is {version.stdout.strip()}; {NODE_WANTED} or later is needed.")
    with (NODE / "package-lock.json").open("rb") as lock:
        # Two may start at once; the second waits and finds everything there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(lock.read())


def _install(lock: bytes) -> None:
    stamp = NODE / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unable("npm is not installed.")
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=NODE, check=False, timeout=INSTALL_SECONDS)
    if done.returncode:
        raise Unable("`npm ci` failed.")
    stamp.write_bytes(lock)
