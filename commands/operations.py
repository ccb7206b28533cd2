"""Commands about the shop as a whole, and about what somebody must look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from commands.running import Call, Command, settled_within
from domain.errors import DomainError
from domain.ids import IncidentId
from domain.incidents import LONGEST_RESOLUTION, Incident
from domain.ports import Shelf, ShelfState, Stores, Work
from domain.refusals import Invalid, NotFound, refuse_any
from domain.shop import Shop
from domain.viewer import Action, Viewer, permitted


class ShelfTaken(DomainError):
    """There is already something where a shop should be put."""

    def __init__(self) -> None:
        super().__init__("The database already holds a shop. To throw it away, say --reset.")


def silent(*_: int) -> None:
    """Nobody listens."""


async def seed(
    shelf: Shelf,
    shop: Callable[[], Shop],
    *,
    reset: bool = False,
    told: Callable[[int, int], None] = silent,
) -> Shop:
    """Put a shop into an empty database. One that was put there by half is cleared away first.

    Raises:
        ShelfTaken: there is a shop already, and it is not to be thrown away.
    """
    state = await shelf.state()
    if state in {ShelfState.STOCKED, ShelfState.FOREIGN} and not reset:
        raise ShelfTaken
    if state is not ShelfState.EMPTY:
        await shelf.clear()
    made = shop()
    await shelf.fill(made, told)
    return made


class ResolveIncident(Struct, frozen=True):
    """An incident was looked at."""

    incident_id: IncidentId
    resolution: str


async def _resolve(stores: Stores, call: Call, asked: ResolveIncident) -> Incident:
    refuse_any(_wrong(asked))

    async def body(work: Work) -> Incident:
        found = await work.close(asked.incident_id, call.actor, asked.resolution, call.cause)
        if found is None:
            raise NotFound(path=("incident",), what="incident", key=asked.incident_id)
        return await settled_within(work, call, found)

    return await stores.transaction(body)


def _wrong(asked: ResolveIncident) -> Iterator[Invalid]:
    text = asked.resolution
    if not (1 <= len(text) <= LONGEST_RESOLUTION and text.isprintable()):
        why = f"A resolution has 1 to {LONGEST_RESOLUTION} printable characters."
        yield Invalid(path=("resolution",), why=why)


def _admit(viewer: Viewer, _: ResolveIncident) -> None:
    permitted(viewer, Action.RESOLVE_INCIDENT)


RESOLVE = Command("resolveIncident", ResolveIncident, Incident, _resolve, _admit, keeps_answer=True)
