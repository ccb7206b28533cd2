"""Channels."""

from __future__ import annotations

from domain import operations
from domain.money import Currency
from domain.operations import ChannelKind
from domain.viewer import Subject
from schema.fields import attribute, enumerated, shows
from schema.scalars import Country
from schema.shared import Node

enumerated(ChannelKind)


@shows(operations.Channel, keys=["id"], guarded=Subject.AVAILABILITY)
class Channel(Node):
    """Somewhere the retailer sells or is fed from."""

    code: str = attribute("The retailer's own name for it.")
    kind: ChannelKind = attribute("What sort of channel it is.")
    name: str = attribute("A name for people.")
    currency: Currency | None = attribute("In which currency it sells.")
    country: Country | None = attribute("In which country it sells.")
