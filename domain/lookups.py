"""That staff looked somebody up: who, how and what for. Whom they found is not kept."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from domain import ids
from domain.customers import IdentityKind, LookupPurpose
from domain.ids import Kind, LocationId
from domain.viewer import Role, Viewer


class Lookup(Struct, frozen=True, kw_only=True):
    """One look-up; `subject` is what the credentials call who did it."""

    id: str = msgspec.field(name="_id")
    at: datetime
    role: Role
    subject: str | None = None
    location_id: LocationId | None = None
    by: IdentityKind
    purpose: LookupPurpose
    found: int


def lookup(
    viewer: Viewer, at: datetime, by: IdentityKind, purpose: LookupPurpose, found: int
) -> Lookup:
    """What is kept of a look-up of a viewer's."""
    return Lookup(
        id=ids.mint(Kind.LOOKUP, at),
        at=at,
        role=viewer.role,
        subject=viewer.subject,
        location_id=viewer.location,
        by=by,
        purpose=purpose,
        found=found,
    )
