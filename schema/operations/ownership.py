"""Who owns which field."""

from __future__ import annotations

from domain import ownership
from domain.ownership import ConflictPolicy
from domain.scopes import Scope
from schema.fields import attribute, enumerated, shows
from schema.guards import Needs

enumerated(ConflictPolicy)

GOVERNED = Needs(Scope.INCIDENTS, ())


@shows(ownership.OwnershipRule, guarded=Scope.INCIDENTS)
class OwnershipRule:
    """Which system says what a field is, and what becomes of what others say."""

    entity: str = attribute("Of what.")
    field: str = attribute("Which field; `all` stands for all of them.")
    authority: str = attribute(
        "Who says so: a channel's name, `kassa`, `first` (who told first) or `teller` (its own)."
    )
    fallback: str | None = attribute("Who may as long as the authority has said nothing.")
    conflict: ConflictPolicy = attribute("What becomes of what others say.")
