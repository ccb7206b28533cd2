"""Channels."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from domain import operations
from domain.channels import standing
from domain.channels.standing import AdapterState
from domain.money import Currency
from domain.operations import ChannelKind
from domain.scopes import Scope
from domain.viewer import Subject
from resolvers import operations as resolvers
from schema.fields import attribute, batched, enumerated, held, shows
from schema.guards import Needs
from schema.scalars import Country
from schema.shared import Node

enumerated(ChannelKind, AdapterState)

SEEN = Needs(Scope.CHANNELS, ())


@shows(standing.ParkedDelivery, guarded=Scope.CHANNELS)
class ParkedDelivery:
    """A delivery that a person must look at. `kassa inbox show` shows it as it came."""

    delivery: str = attribute("As `kassa inbox` calls it.")
    received_at: datetime = attribute("When it came.")
    attempts: int = attribute("How often it was tried.")
    why: str | None = attribute("Why it cannot be applied.")


@shows(standing.ReadingStatus, guarded=Scope.CHANNELS)
class ReadingStatus:
    """How far what changed at a channel was read."""

    thing: str = attribute("Of what: payment, order, customer, product or stock.")
    is_backfill: bool = attribute("Is it one that `kassa channel sync` began?")
    since: datetime = attribute("Where the next reading, or the one under way, begins.")
    is_running: bool = attribute("Is one under way?")
    count: int = attribute("News in the one under way, so far.")
    read_at: datetime | None = attribute("When the last whole one ended.")
    due_at: datetime | None = attribute("When the next one, or the next attempt, begins.")
    failed: str | None = attribute("Why the last attempt did not succeed.")


@shows(standing.AdapterStatus, guarded=Scope.CHANNELS)
class AdapterStatus:
    """How a connected account is doing, as all gateways together know it."""

    code: str = attribute("Its name in the configuration: it posts to /webhooks/{code}.")
    provider: str = attribute("Which adapter speaks with it.")
    account: str = attribute("The account there.")
    state: AdapterState = attribute("How it is.")
    capabilities: list[str] = attribute("What it can do, in words.")
    lag_ms: int = attribute("How long the oldest counted delivery waits; 0 if none does.")
    last_event_at: datetime | None = attribute("When it last sent something new.")
    backlog: int = attribute("Deliveries that are not applied yet, counted up to 10,000.")
    parked: int = attribute("Deliveries that a person must look at, counted up to 10,000.")
    parked_deliveries: list[ParkedDelivery] = held(
        attrgetter("parked_deliveries"), "The newest five of them.", SEEN
    )
    readings: list[ReadingStatus] = held(
        attrgetter("readings"), "How far what changed there was read.", SEEN
    )
    last_error: str | None = attribute("Why it could not be read the last time.")
    taken: int = attribute("Deliveries that were taken since it was first connected.")
    repeated: int = attribute("Deliveries that had been there already.")
    refused: int = attribute("Deliveries that were refused: forged, too old or too long.")


@shows(operations.Channel, keys=["id"], guarded=Subject.AVAILABILITY)
class Channel(Node):
    """Somewhere the retailer sells or is fed from."""

    code: str = attribute("The retailer's own name for it.")
    kind: ChannelKind = attribute("What sort of channel it is.")
    name: str = attribute("A name for people.")
    currency: Currency | None = attribute("In which currency it sells.")
    country: Country | None = attribute("In which country it sells.")
    adapters: list[AdapterStatus] = batched(
        resolvers.channel_adapters,
        "For staff: its connected accounts, by their names; none where nothing is connected.",
        None,
        SEEN,
    )
