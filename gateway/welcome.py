"""Who a developer may be, and what to try first: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from graphql import parse, validate
from msgspec import Struct

from domain.catalog import LocationKind
from domain.ids import CustomerId
from domain.operations import Channel, ChannelKind
from domain.ports import Repositories
from domain.viewer import SYSTEM, Role
from gateway import auth
from gateway.examples import Example, examples
from schema.views import View

REGULAR, HOME_STORE, HOME_WEBSHOP = "K-1001", "STO", "webshop-se"
"""The demo shop's best-known customer, and where she buys."""


class Guise(Struct, frozen=True):
    """A role to act in, with its development token."""

    name: Role
    label: str
    token: str


class Welcome(Struct, frozen=True):
    """What a developer is offered."""

    roles: Sequence[Guise]
    examples: Sequence[Example]

    def page_config(self) -> Mapping[str, object]:
        """As GraphiQL's page reads it."""
        return {"endpoint": "/graphql", **msgspec.to_builtins(self)}


async def welcome(repositories: Repositories, view: View) -> Welcome:
    """Tokens for the shop at hand, and the examples that `view` can answer.

    Where it is not the demo shop, some roles have no subject.
    """
    channels = await repositories.channels.all(SYSTEM)
    named = [await _shopper(repositories), await _clerk(repositories), _partner(channels)]
    bare = [
        Guise(Role.SUPPORT, "Support", auth.token(Role.SUPPORT)),
        Guise(Role.FINANCE, "Finance", auth.token(Role.FINANCE)),
        Guise(Role.SYSTEM, "System", auth.token(Role.SYSTEM)),
    ]
    webshop = _first(channels, ChannelKind.WEBSHOP, HOME_WEBSHOP)
    offered = examples(webshop.id if webshop else "")
    answered = [each for each in offered if not validate(view.core, parse(each.query))]
    return Welcome([*(guise for guise in named if guise), *bare], answered)


async def _shopper(repositories: Repositories) -> Guise | None:
    found = (await repositories.customers.by_numbers(SYSTEM, [REGULAR])).get(REGULAR)
    if found is None:
        return None
    token = auth.token(Role.SHOPPER, CustomerId(found.id))
    return Guise(Role.SHOPPER, f"Shopper {found.display_name}", token)


async def _clerk(repositories: Repositories) -> Guise | None:
    stores = await repositories.catalog.locations(SYSTEM, [LocationKind.STORE], None)
    if not stores:
        return None
    store = next((each for each in stores if each.code == HOME_STORE), stores[0])
    return Guise(Role.CLERK, f"Clerk at {store.name}", auth.token(Role.CLERK, store.id))


def _partner(channels: Sequence[Channel]) -> Guise | None:
    sold_in = _first(channels, ChannelKind.MARKETPLACE)
    if sold_in is None:
        return None
    return Guise(Role.PARTNER, f"Partner {sold_in.name}", auth.token(Role.PARTNER, sold_in.id))


def _first(channels: Sequence[Channel], kind: ChannelKind, code: str = "") -> Channel | None:
    """The channel with this code, or else the first of its kind."""
    found = [channel for channel in channels if channel.kind is kind]
    return next((channel for channel in found if channel.code == code), next(iter(found), None))
