"""Incidents: what a person must look at."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from domain import incidents, requests
from domain.incidents import IncidentKind
from domain.scopes import Scope
from domain.viewer import Subject
from resolvers import commands
from resolvers import operations as resolvers
from schema.fields import attribute, batched, enumerated, held, shows
from schema.guards import Needs
from schema.inputs import Requested, given
from schema.operations.channels import Channel
from schema.refusals import MutationResult
from schema.shared import Actor, Connection, Node

enumerated(IncidentKind)

SEEN = Needs(Scope.INCIDENTS)


@shows(incidents.Incident, keys=["id"], guarded=Subject.INCIDENTS)
class Incident(Node):
    """Something that no rule can settle. Of one kind and subject, one is open at a time."""

    kind: IncidentKind = attribute("What sort of thing it is.")
    subject: str = attribute("What it is about, as a program compares it.")
    detail: str = attribute("What happened, as a person reads it.")
    opened_at: datetime = attribute("When it was found.")
    opened_by: Actor = attribute("Who found it.")
    channel: Channel | None = batched(resolvers.incident_channel, "The channel it is about.")
    closed_at: datetime | None = attribute("When somebody said that it was looked at.")
    closed_by: Actor | None = attribute("Who said so.")
    resolution: str | None = attribute("What was done about it.")


@strawberry.type(description="A page of incidents, the newest first.")
class IncidentConnection(Connection[Incident]):
    """A page of incidents, the newest first."""


@shows(requests.Answer)
class IncidentResult(MutationResult):
    """What became of an incident."""

    incident: Incident | None = held(commands.value, "The incident, after it.", SEEN)


@strawberry.input(description="An incident was looked at.")
class ResolveIncidentInput(Requested):
    """An incident was looked at."""

    incident_id: ID = given("Which.", name="incident")
    resolution: str = given("What was done about it, for who comes after.")
