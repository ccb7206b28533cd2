"""What the console is told: where to ask, and who somebody may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gateway import pages
from gateway.identity.issuers import Issuer
from gateway.settings import Settings


class Provider(Struct, frozen=True):
    """Where staff sign in, by code flow with PKCE: `client` is what the provider calls us."""

    url: str
    client: str
    scope: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def providers(issuers: Iterable[Issuer]) -> Sequence[Provider]:
    """Those of the issuers at which the console may sign somebody in."""
    return [
        Provider(each.url, each.console.client, each.console.scope)
        for each in issuers
        if each.console
    ]


def shown(
    settings: Settings, development: pages.Config, providers: Sequence[Provider]
) -> Mapping[str, object]:
    """As the console reads it. In production no role is offered: a token says who somebody is."""
    told = {"endpoint": "/graphql", "providers": msgspec.to_builtins(providers)}
    if not settings.is_development:
        return {**told, "roles": [], "graphiql": None}
    return {**told, "roles": development()["roles"], "graphiql": "/graphiql"}
