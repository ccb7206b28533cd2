"""What several columns show: nodes, pages, money, actors, remarks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

import strawberry
from strawberry import ID

from domain import freshness, money, pages, values
from domain.freshness import FreshnessState
from domain.money import Currency
from domain.pages import Cursor
from domain.values import ActorKind, MetadataVisibility
from resolvers import operations
from schema.fields import argument, attribute, batched, computed, enumerated, shows
from schema.scalars import Milliseconds, Minor

if TYPE_CHECKING:
    from schema.operations import Channel

T = TypeVar("T")

FORWARD = {
    "first": argument(int | None, "How many, from 1 to 100; 20 if left out."),
    "after": argument(Cursor | None, "Start behind this cursor."),
}
EITHER_WAY = {
    **FORWARD,
    "last": argument(int | None, "How many from the end, instead of `first`."),
    "before": argument(Cursor | None, "End in front of this cursor, with `last`."),
}


MAX_AGE = {
    "max_age": argument(
        int | None,
        "At most so many seconds old (from 2; for shoppers from 30): else the channel is asked.",
    ),
}


enumerated(ActorKind, MetadataVisibility, FreshnessState)


@strawberry.interface(description="Anything that can be asked for again by its id.")
class Node:
    """Anything that can be asked for again by its id."""

    id: ID = attribute("Opaque, unique over the whole graph, and kept for ever.")


@strawberry.interface(description="Something that changes; `version` climbs with each change.")
class Versioned:
    """Something that changes."""

    id: ID = attribute("Opaque, unique over the whole graph, and kept for ever.")
    version: int = attribute("Climbs by one with each change.")
    updated_at: datetime = attribute("When it last changed.")


@shows(pages.Page)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = attribute("Is there more behind it?")
    has_previous_page: bool = attribute("Is there more in front of it?")
    start_cursor: Cursor | None = attribute("The place of its first item.")
    end_cursor: Cursor | None = attribute("The place of its last item.")


@shows(pages.Edge)
class Edge(Generic[T]):
    """An item of a list, and its place there."""

    node: T = attribute("The item.")
    cursor: Cursor = attribute("Its place in the list.")


@shows(pages.Page)
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = attribute("The items, in the order of the list.")
    page_info: PageInfo = attribute("Where the page stands in its list.")


@shows(money.Money)
class Money:
    """An amount in one currency. `minor` is what it is; the rest says the same otherwise."""

    minor: Minor = attribute("Integer minor units.")
    amount: str = attribute('The same as an exact decimal: "12.50".')
    currency: Currency = attribute("The currency.")
    exponent: int = attribute("How many decimals the currency has: 0, 2 or 3.")
    display: str = computed(
        money.Money.display,
        "For people, by the habits of a locale.",
        locale=argument(str, "A locale such as `sv-SE`.", "en"),
    )


@shows(money.TaxLine)
class TaxLine:
    """One rate's part of an amount."""

    code: str = attribute("The tax code.")
    rate_bps: int = attribute("The rate in basis points: 2500 is 25 %.")
    base: Money = attribute("What is taxed.")
    amount: Money = attribute("The tax.")


@shows(money.TaxedMoney)
class TaxedMoney:
    """An amount with its taxes: net + tax = gross, always, in minor units."""

    net: Money = attribute("Without tax.")
    tax: Money = attribute("The tax, over all rates.")
    gross: Money = attribute("With tax.")
    tax_lines: list[TaxLine] = attribute("The tax by rate.")


@shows(freshness.Freshness)
class Freshness:
    """Where an answer came from and how old it is."""

    source: str = attribute("The system that told it.")
    as_of: datetime = attribute("When it was true.")
    age_ms: Milliseconds = attribute("How long ago that was.")
    state: FreshnessState = attribute("May it be relied upon?")
    reason: str | None = attribute("Why it is not live, where that is known.")


@shows(values.MetadataEntry)
class MetadataEntry:
    """A named remark."""

    key: str = attribute("Its name.")
    value: str = attribute("What it says.")
    visibility: MetadataVisibility = attribute("Who may read it.")


@shows(values.ExternalRef)
class ExternalRef:
    """How another system names the same thing; one external thing maps to one of ours."""

    system: str = attribute("The other system.")
    kind: str = attribute("What it calls such a thing.")
    value: str = attribute("Its name there.")
    first_seen_at: datetime = attribute("When we first heard of it.")


ChannelRef = Annotated["Channel", strawberry.lazy("schema.operations")]


@shows(values.Actor)
class Actor:
    """Who did something, and from where."""

    kind: ActorKind = attribute("In what capacity.")
    id: ID = batched(
        operations.actor_id, "Who, as the channel knows them; staff and buyers hidden from others."
    )
    label: str | None = batched(operations.actor_label, "A name for people.")
    channel: ChannelRef | None = batched(operations.actor_channel, "Through which channel.")
    device: str | None = batched(operations.actor_device, "On which device.")
