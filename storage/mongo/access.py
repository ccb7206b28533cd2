"""A viewer's reach as a database filter. The owner filter belongs in the read, nowhere else."""

from __future__ import annotations

from msgspec import Struct

from domain.viewer import (
    AtLocation,
    DoneBy,
    Everything,
    Nothing,
    OfChannels,
    OfCustomer,
    Published,
    Reach,
)
from storage.mongo.driver import Filter


class Owners(Struct, frozen=True):
    """In which fields of a document its owners stand."""

    customer: str = "customer_id"
    channel: str = "channel_id"
    location: str = "location_ids"
    published: str = "is_published"
    principal: str = "owner"


def within(reach: Reach, owners: Owners) -> Filter | None:
    """What a read must add to its filter; None where there is nothing to read."""
    match reach:
        case Everything():
            return {}
        case Nothing():
            return None
        case Published():
            return {owners.published: True}
        case OfCustomer(customer):
            return {owners.customer: customer}
        case OfChannels(channels):
            return {owners.channel: {"$in": list(channels)}}
        case DoneBy(principal):
            return {owners.principal: principal}
        case AtLocation(location):
            return {owners.location: location}
