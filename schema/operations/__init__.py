"""Channels, and what happened in all of them."""

from schema.operations.channels import Channel, ChannelKind
from schema.operations.incidents import Incident, IncidentConnection, IncidentKind
from schema.operations.journal import JournalConnection, JournalEntry
from schema.operations.ownership import GOVERNED, OwnershipRule

__all__ = [
    "GOVERNED",
    "Channel",
    "ChannelKind",
    "Incident",
    "IncidentConnection",
    "IncidentKind",
    "JournalConnection",
    "JournalEntry",
    "OwnershipRule",
]
