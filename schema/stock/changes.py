"""What may be asked of stock, and what is answered."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from domain import requests, stock
from domain.scopes import Scope
from domain.stock import ReservationState, TransferState
from domain.viewer import Subject
from resolvers import commands
from resolvers import stock as resolvers
from schema.catalog import Location, Product
from schema.fields import attribute, batched, enumerated, held, shows
from schema.guards import Needs
from schema.inputs import Requested, given
from schema.refusals import MutationResult
from schema.shared import Node, Versioned
from schema.stock.levels import StockLevel

enumerated(TransferState)


@shows(stock.ReservationLine)
class ReservationLine:
    """Units of one product at one location."""

    product: Product | None = batched(resolvers.line_product, "Of what.")
    location: Location | None = batched(resolvers.line_location, "Where.")
    quantity: int = attribute("How many units.")


@shows(stock.Reservation, keys=["id"], guarded=Subject.RESERVATIONS)
class Reservation(Node, Versioned):
    """Units promised for a while: all of its lines, or none."""

    state: ReservationState = batched(resolvers.reservation_state, "Where it stands, now.")
    lines: list[ReservationLine] = attribute("What is held.")
    expires_at: datetime = attribute("When an ACTIVE one runs out.")


@shows(stock.Transfer, keys=["id"], guarded=Subject.STOCK)
class Transfer(Node, Versioned):
    """Units on their way between two locations."""

    state: TransferState = attribute("Where it stands.")
    product: Product | None = batched(resolvers.line_product, "Of what.")
    source: Location | None = batched(resolvers.transfer_source, "From where.")
    target: Location | None = batched(resolvers.transfer_target, "Where to.")
    quantity: int = attribute("How many units were sent.")
    received: int = attribute("How many arrived.")
    sent_at: datetime = attribute("When they left.")


HELD = Needs(Scope.RESERVE)
LEVELS, TRANSFER = Needs(Scope.STOCK, ()), Needs(Scope.STOCK)


@shows(requests.Answer)
class ReservationResult(MutationResult):
    """What became of a reservation."""

    reservation: Reservation | None = held(commands.value, "The reservation, after it.", HELD)


@shows(requests.Answer)
class StockResult(MutationResult):
    """What became of stock levels."""

    levels: list[StockLevel] = held(resolvers.changed_levels, "The levels that changed.", LEVELS)


@shows(requests.Answer)
class TransferResult(MutationResult):
    """What became of a transfer, and of the levels it touches."""

    transfer: Transfer | None = held(resolvers.moved_transfer, "The transfer, after it.", TRANSFER)
    levels: list[StockLevel] = held(resolvers.changed_levels, "The levels that changed.", LEVELS)


@strawberry.input(description="Units of one product at one location.")
class ReservationLineInput:
    """Units of one product at one location."""

    sku: str = given("The product's sku.")
    location_id: ID = given("The location's id.", name="location")
    quantity: int = given("How many units.")


@strawberry.input(description="What to hold, and for how long.")
class ReserveStockInput(Requested):
    """What to hold, and for how long."""

    lines: list[ReservationLineInput] = given("All of these, or nothing.")
    minutes: int = given("For how many minutes, from 1 to 1440.", default=15)


@strawberry.input(description="Hold a reservation longer.")
class ExtendReservationInput(Requested):
    """Hold a reservation longer."""

    reservation: ID = given("The reservation's id.")
    minutes: int = given("For how many minutes from now on, from 1 to 1440.")


@strawberry.input(description="Let a reservation go.")
class ReleaseReservationInput(Requested):
    """Let a reservation go."""

    reservation: ID = given("The reservation's id.")


@strawberry.input(description="The reserved units are sold.")
class CommitReservationInput(Requested):
    """The reserved units are sold."""

    reservation: ID = given("The reservation's id.")
    order: ID | None = given("The order that they wait for.", default=None)


@strawberry.input(description="So many more units, or (negative) fewer, and why.")
class StockDeltaInput:
    """So many more units, or (negative) fewer, and why."""

    sku: str = given("The product's sku.")
    location_id: ID = given("The location's id.", name="location")
    delta: int = given("How many more units, or (negative) fewer.")
    reason: str = given("Why: delivery, breakage, theft …")


@strawberry.input(description="Changes of stock that happened.")
class AdjustStockInput(Requested):
    """Changes of stock that happened."""

    changes: list[StockDeltaInput] = given("All of these, or nothing.")
    occurred_at: datetime | None = given("When; now, if left out.", default=None)


@strawberry.input(description="What was counted, by somebody who saw the level before.")
class StockCountInput:
    """What was counted, by somebody who saw the level before."""

    sku: str = given("The product's sku.")
    location_id: ID = given("The location's id.", name="location")
    counted: int = given("How many units there are.")
    seen_version: int = given("The level's version when counting began; 0 if there was none.")


@strawberry.input(description="What a stock-take found.")
class CountStockInput(Requested):
    """What a stock-take found."""

    counts: list[StockCountInput] = given("All of these, or nothing.")


@strawberry.input(description="Send units to another location.")
class TransferStockInput(Requested):
    """Send units to another location."""

    sku: str = given("The product's sku.")
    source_id: ID = given("From where.", name="source")
    target_id: ID = given("Where to.", name="target")
    quantity: int = given("How many units.")


@strawberry.input(description="Units arrived.")
class ReceiveTransferInput(Requested):
    """Units arrived."""

    transfer_id: ID = given("The transfer's id.", name="transfer")
    received: int | None = given("How many arrived; all, if left out.", default=None)
