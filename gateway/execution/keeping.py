"""How long the answer of an operation may be kept, by the shortest-lived of its fields."""

from __future__ import annotations

from gateway.execution.bindings import Wiring
from gateway.execution.plan import Composite, Level, Plan


def seconds(plan: Plan, wiring: Wiring) -> int:
    """0 if it may not be kept at all, or if nothing says how long."""
    if plan.serial:
        return 0
    found = _of_level(plan.root, wiring)
    return found or 0


def _of_level(level: Level, wiring: Wiring) -> int | None:
    shortest: int | None = None
    for field in level.fields:
        if not isinstance(field.target, Composite):
            continue
        own = wiring.kept(field.parent, field.name)
        below = [_of_level(each, wiring) for each in field.target.levels.values()]
        said = [each for each in (shortest, own, *below) if each is not None]
        shortest = min(said, default=None)
    return shortest
