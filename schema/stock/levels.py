"""Stock levels, and what may be promised of them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from domain import stock
from domain.scopes import Scope
from domain.stock import Promise, ReservationState
from domain.viewer import Subject
from resolvers import journal
from resolvers import stock as resolvers
from schema.catalog import Location, Product
from schema.fields import Column, attribute, batched, enumerated, shows
from schema.guards import Needs
from schema.operations import JournalConnection
from schema.shared import FORWARD, Connection, Freshness, Node, Versioned

enumerated(Promise, ReservationState)


@shows(stock.Authority)
class Authority:
    """Which system decides a number."""

    field: str = attribute("Which number.")
    system: str = attribute("`kassa` itself, or the system that reports to it.")
    since: datetime = attribute("Since when.")


@shows(stock.StockHold, guarded=Scope.RESERVE)
class StockHold:
    """Units of a level promised for a while."""

    reservation: ID = attribute("By which reservation.")
    quantity: int = attribute("How many units.")
    state: ReservationState = attribute("ACTIVE, or PINNED: waiting for a payment in flight.")
    until: datetime = attribute("When an ACTIVE one runs out.")


@shows(stock.StockLevel, keys=["id", "product { sku } location { code }"], guarded=Subject.STOCK)
class StockLevel(Node, Versioned):
    """Units of one product at one location.

    onHand = committed + reserved + unavailable + free, at every instant.
    """

    product: Product = batched(resolvers.level_product, "What it is of.")
    location: Location = batched(resolvers.level_location, "Where it is.")
    on_hand: int = attribute("Units that are there.")
    committed: int = attribute("Units that placed orders wait for.")
    reserved: int = attribute("Units promised for a while, to carts and payments in flight.")
    unavailable: int = attribute("Units that cannot be sold: damaged, on display.")
    free: int = attribute("Units that may be promised.")
    incoming: int = attribute("Units on their way here.")
    holds: list[StockHold] = batched(
        resolvers.level_holds,
        "What is held now, the next to run out first; up to 50.",
        None,
        Needs(Scope.RESERVE, ()),
    )
    is_low: bool = attribute("Is it time to reorder?")
    authority: Authority = attribute("Which system decides these numbers.")
    freshness: Freshness = batched(resolvers.level_freshness, "How old these numbers are.")
    journal: JournalConnection = batched(
        journal.journal, "What happened to it, the oldest first.", Column.OPERATIONS, **FORWARD
    )


@strawberry.type(description="A page of stock levels.")
class StockLevelConnection(Connection[StockLevel]):
    """A page of stock levels."""


@shows(stock.AvailabilityTerm)
class AvailabilityTerm:
    """One step of the arithmetic behind a number; the steps sum to it."""

    label: str = attribute("What is counted.")
    quantity: int = attribute("Units, added or (negative) taken away.")
    source: str = attribute("Which system says so.")
    as_of: datetime = attribute("When it said so.")


@shows(stock.Availability)
class Availability:
    """What a channel may promise of a product from one location, with the arithmetic."""

    location: Location = attribute("From where.")
    promise: Promise = attribute("What to tell the buyer.")
    sellable: int = attribute("Units that this channel may sell.")
    exact: bool = attribute("Is the number live, and not an older report?")
    earliest: datetime | None = attribute("When the wanted units can be there, where known.")
    distance_km: float | None = attribute("How far from `near`, where that was given.")
    freshness: Freshness = attribute("How old the number is.")
    explain: list[AvailabilityTerm] = attribute("Why: the terms sum to `sellable`.")


@strawberry.type(description="A page of locations and what they can promise.")
class AvailabilityConnection(Connection[Availability]):
    """A page of locations and what they can promise."""
