"""What several columns share: entities, actors, remarks, references."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from domain.ids import ChannelId


class Entity(Struct, frozen=True, kw_only=True):
    """Something with an id and a version; `version` climbs by one with each change."""

    id: str = msgspec.field(name="_id")
    version: int = 1
    updated_at: datetime


class ActorKind(StrEnum):
    """Who did something."""

    SHOPPER = "SHOPPER"
    STAFF = "STAFF"
    PARTNER = "PARTNER"
    ADAPTER = "ADAPTER"
    SYSTEM = "SYSTEM"


class Actor(Struct, frozen=True):
    """Who did something, and from where."""

    kind: ActorKind
    id: str
    label: str | None = None
    channel_id: ChannelId | None = None
    device: str | None = None


class MetadataVisibility(StrEnum):
    """PUBLIC is for the customer's eyes too; INTERNAL for staff only."""

    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"


class MetadataEntry(Struct, frozen=True):
    """A named remark on something."""

    key: str
    value: str
    visibility: MetadataVisibility = MetadataVisibility.INTERNAL


class ExternalRef(Struct, frozen=True):
    """How another system names the same thing; (system, kind, value) is unique."""

    system: str
    kind: str
    value: str
    first_seen_at: datetime
