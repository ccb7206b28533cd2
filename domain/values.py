"""What several columns share: entities, actors, remarks, references."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.ids import ChannelId
from domain.viewer import Nothing, Role, Subject, Viewer, reach

MAX_INT = 2**31 - 1
"""The largest GraphQL `Int`."""

MAX_MINOR = 2**53 - 1
"""The largest amount that every JSON client reads exactly."""

Count = Annotated[int, Meta(ge=0, le=MAX_INT)]
"""Units or points that can never be negative. Storage guards it as well."""

Points = Annotated[int, Meta(ge=-MAX_INT, le=MAX_INT)]
"""Points that come (positive) or go (negative)."""

MinorUnits = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
"""An amount that can never be negative."""

Signed = Annotated[int, Meta(ge=-MAX_MINOR, le=MAX_MINOR)]
"""An amount that is added (positive) or taken away (negative)."""

HIDDEN_ID = "•••"


class Entity(Struct, frozen=True, kw_only=True):
    """Something with an id and a version; `version` climbs by one with each change."""

    id: str = msgspec.field(name="_id")
    version: Count = 1
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

    def shown_to(self, viewer: Viewer) -> Actor:
        """As far as `viewer` may know: staff are hidden from others, buyers from who sees none."""
        match self.kind:
            case ActorKind.STAFF:
                is_known = viewer.is_staff
            case ActorKind.SHOPPER:
                is_known = reach(viewer, Subject.CUSTOMERS) != Nothing()
            case _:
                is_known = True
        return self if is_known else replace(self, id=HIDDEN_ID, label=None, device=None)


SYSTEM_ACTOR = Actor(ActorKind.SYSTEM, "kassa")

KIND_BY_ROLE = {Role.SHOPPER: ActorKind.SHOPPER, Role.PARTNER: ActorKind.PARTNER}


def actor(viewer: Viewer, device: str | None = None) -> Actor:
    """Who asks, as the one who did it."""
    if viewer.role is Role.SYSTEM:
        return replace(SYSTEM_ACTOR, device=device)
    channel = viewer.channels[0] if len(viewer.channels) == 1 else None
    kind = KIND_BY_ROLE.get(viewer.role, ActorKind.STAFF)
    who = viewer.customer or viewer.location or channel or viewer.role
    return Actor(kind, who, viewer.role.value, channel, device)


def whole_milliseconds(at: datetime) -> datetime:
    """`at`, as exactly as the graph and the database tell it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class MetadataVisibility(StrEnum):
    """PUBLIC is for the customer's eyes too; INTERNAL for staff only."""

    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"


class MetadataEntry(Struct, frozen=True):
    """A named remark on something."""

    key: str
    value: str
    visibility: MetadataVisibility = MetadataVisibility.INTERNAL


def visible(entries: Iterable[MetadataEntry], viewer: Viewer) -> list[MetadataEntry]:
    """The remarks that `viewer` may read."""
    return [
        entry
        for entry in entries
        if viewer.is_staff or entry.visibility is MetadataVisibility.PUBLIC
    ]


class Seen(Struct, frozen=True, order=True):
    """How old what a channel said last was; `weight` decides between two that are as old."""

    as_of: datetime
    weight: str


class ExternalRef(Struct, frozen=True):
    """How another system names the same thing; (system, kind, value) is unique."""

    system: str
    kind: str
    value: str
    first_seen_at: datetime


def printable(text: str, most: int) -> str:
    """A text from outside as people may read it in one line."""
    clean = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
