"""Who is measured, and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from bench import npm
from bench.npm import Unable
from domain.viewer import Role
from gateway import auth

ROOT = Path(__file__).parents[2]
NODE = Path(__file__).with_name("node")
KASSA = str(Path(sys.executable).with_name("kassa"))

UVICORN = (
    *("-m", "uvicorn", "--factory", "--host", "127.0.0.1", "--loop", "uvloop"),
    *("--http", "httptools", "--no-access-log", "--no-server-header", "--log-level", "warning"),
)


class Contestant(Struct, frozen=True):
    """A server of one kind. `run` is a factory, a command of Kassa or a Node script."""

    run: str
    about: str
    is_checked: bool = False

    def command(self, port: int, workers: int = 1) -> Sequence[str]:
        if self.run == "serve":
            return [KASSA, "serve", "--workers", str(workers)]
        if self.run.endswith(".mjs"):
            return [npm.node(), str(NODE / self.run)]
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
            npm.installed(NODE)
    except Unable as reason:
        return dict.fromkeys(scripts, str(reason))
    return {}
