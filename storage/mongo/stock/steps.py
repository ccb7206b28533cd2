"""A batch of steps on a level: granted in order, while enough is free, by one update.

The update is a fold over the steps. It carries the numbers on from step to step, notes what became
of each in `last`, and what to tell in `_told`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain.stock import ReservationState, Step, StepKind
from storage.mongo import outbox
from storage.mongo.driver import Filter
from storage.mongo.stock.expiry import NONE

ONE_MINUTE = timedelta(minutes=1) // timedelta(milliseconds=1)

ENDINGS = frozenset({StepKind.RELEASE, StepKind.COMMIT})
MOVES: Mapping[StepKind, Mapping[str, int]] = {
    StepKind.RESERVE: {"free": -1, "reserved": 1},
    StepKind.EXTEND: {},
    StepKind.PIN: {},
    StepKind.RELEASE: {"free": 1, "reserved": -1},
    StepKind.COMMIT: {"committed": 1, "reserved": -1},
}
"""Where the units go, for each unit of the step."""

COUNTERS = ("free", "reserved", "committed")


def grant(steps: Sequence[Step]) -> list[Filter]:
    """Do the steps, each with another reservation; `last` says what became of each."""
    start = {
        **{name: f"${name}" for name in COUNTERS},
        "version": "$version",
        "told": "$_told",
        "last": NONE,
    }
    fold = {
        "$reduce": {
            "input": [_asked(step) for step in steps],
            "initialValue": start,
            "in": _stepped(),
        }
    }
    return [{"$set": {"_fold": fold}}, {"$set": _granted(steps)}]


def _asked(step: Step) -> Filter:
    """A step as the fold sees it. Ids of ours are safe as names of fields."""
    path = f"$reservations.{step.reservation}"
    quantity = step.line.quantity
    return {
        "is_new": step.kind is StepKind.RESERVE,
        "spares_pinned": step.kind is StepKind.RELEASE and not step.even_pinned,
        "is_pinned": {"$eq": [f"{path}.state", ReservationState.PINNED]},
        "is_late": {"$gt": ["$$NOW", step.deadline]},
        "held": {"$ifNull": [f"{path}.quantity", 0]},
        "until": _until(step),
        "needs": quantity,
        **{name: MOVES[step.kind].get(name, 0) * quantity for name in COUNTERS},
        "tells": {
            "type": step.kind,
            "at": "$$NOW",
            "actor": outbox.by_whom(step.actor),
            "cause": step.cause,
            "subjects": [step.reservation, *step.subjects],
        },
        "hold": _hold_change(step),
    }


def _hold_change(step: Step) -> Filter:
    quantity = step.line.quantity
    path = f"$reservations.{step.reservation}"
    if step.kind is StepKind.EXTEND:
        times = [{"$dateToString": {"date": at}} for at in (f"{path}.until", _until(step))]
        return {"until": times}
    if step.kind is StepKind.PIN:
        return {"state": [f"{path}.state", ReservationState.PINNED]}
    held = [None, quantity] if step.kind is StepKind.RESERVE else [quantity, None]
    return {step.reservation: held}


def _until(step: Step) -> Any:
    """Until when the units are held after it: a hold that is there already is never cut short."""
    path = f"$reservations.{step.reservation}.until"
    ahead = {"$add": ["$$NOW", step.minutes * ONE_MINUTE]}
    match step.kind:
        case StepKind.RESERVE:
            return {"$ifNull": [path, ahead]}
        case StepKind.EXTEND:
            return {"$max": [path, ahead]}
        case _:
            return path


def _stepped() -> Filter:
    """One step of the fold: the new numbers if it is done, the old ones if not."""
    outcome = {
        "$switch": {
            "branches": [
                {"case": "$$this.is_late", "then": "LATE"},
                {
                    "case": "$$this.is_new",
                    "then": {
                        "$switch": {
                            "branches": [
                                {"case": {"$gt": ["$$this.held", 0]}, "then": "KNOWN"},
                                {
                                    "case": {"$gte": ["$$value.free", "$$this.needs"]},
                                    "then": "DONE",
                                },
                            ],
                            "default": "SHORT",
                        }
                    },
                },
                {"case": {"$ne": ["$$this.held", "$$this.needs"]}, "then": "ABSENT"},
                {
                    "case": {"$and": ["$$this.is_pinned", "$$this.spares_pinned"]},
                    "then": "PINNED",
                },
            ],
            "default": "DONE",
        }
    }
    sums = {name: {"$add": [f"$$value.{name}", f"$$this.{name}"]} for name in COUNTERS}
    done = {
        **sums,
        "version": {"$add": ["$$value.version", 1]},
        "told": {"$concatArrays": ["$$value.told", [_tale(sums)]]},
        "last": _remembered("$$value.free"),
    }
    same = {name: f"$$value.{name}" for name in (*COUNTERS, "version", "told")}
    return {
        "$let": {
            "vars": {"outcome": outcome},
            "in": {
                "$cond": [
                    {"$eq": ["$$outcome", "DONE"]},
                    done,
                    {**same, "last": _remembered("$$value.free")},
                ]
            },
        }
    }


def _remembered(free: Any) -> Filter:
    outcome = {"outcome": "$$outcome", "free": free, "until": "$$this.until"}
    return {"$concatArrays": ["$$value.last", [outcome]]}


def _tale(sums: Mapping[str, Any]) -> Filter:
    """What the outbox tells of a step; numbers that stay the same are left out of its changes."""
    moved = {
        name: {
            "$cond": [
                {"$eq": [f"$$this.{name}", 0]},
                "$$REMOVE",
                [f"$$value.{name}", sums[name]],
            ]
        }
        for name in COUNTERS
    }
    return {
        "$mergeObjects": [
            "$$this.tells",
            {
                "seq": {"$add": ["$$value.version", 1]},
                "changes": {"$mergeObjects": [moved, "$$this.hold"]},
            },
        ]
    }


def _granted(steps: Sequence[Step]) -> Filter:
    holds = {
        f"reservations.{step.reservation}": _hold(step, {"$arrayElemAt": ["$_fold.last", n]})
        for n, step in enumerate(steps)
    }
    return {
        **{name: f"$_fold.{name}" for name in (*COUNTERS, "version", "last")},
        **holds,
        "_told": "$_fold.told",
        "next_expiry": {"$ifNull": [{"$min": ["$next_expiry", *_new_untils(steps)]}, "$$REMOVE"]},
    }


def _new_untils(steps: Sequence[Step]) -> list[Any]:
    shortest = [step.minutes for step in steps if step.kind is StepKind.RESERVE]
    return [{"$add": ["$$NOW", min(shortest) * ONE_MINUTE]}] if shortest else []


def _hold(step: Step, last: Filter) -> Filter:
    """The hold of a step after it: gone when it ended, untouched when nothing was done."""
    path = f"$reservations.{step.reservation}"
    state = (
        ReservationState.PINNED
        if step.kind is StepKind.PIN
        else {"$ifNull": [f"{path}.state", ReservationState.ACTIVE]}
    )
    hold = {"quantity": step.line.quantity, "state": state, "until": _until(step)}
    now: Any = "$$REMOVE" if step.kind in ENDINGS else hold
    is_done = {"$eq": [{"$getField": {"field": "outcome", "input": last}}, "DONE"]}
    return {"$cond": [is_done, now, {"$ifNull": [path, "$$REMOVE"]}]}
