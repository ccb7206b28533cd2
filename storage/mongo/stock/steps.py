"""A batch of steps on a level: granted in order, while enough is free, by one update.

The update is a fold over the steps. It carries the numbers on from step to step, notes what became
of each in `last`, what to tell in `_told`, and which holds are new. What a client knows beforehand
is a literal, which the database neither parses nor evaluates: that is most of a step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from domain.stock import ReservationState, Step, StepKind, StepOutcome
from storage.mongo.driver import Filter
from storage.mongo.stock.expiry import NONE

ONE_MINUTE = timedelta(minutes=1) // timedelta(milliseconds=1)

ENDINGS = frozenset({StepKind.RELEASE, StepKind.COMMIT})
MOVES: Mapping[StepKind, Mapping[str, int]] = {
    StepKind.RESERVE: {"free": -1, "reserved": 1},
    StepKind.EXTEND: {},
    StepKind.PIN: {},
    StepKind.RELEASE: {"free": 1, "reserved": -1},
    StepKind.COMMIT: {"reserved": -1, "committed": 1},
}
"""Where the units go, for each unit of the step."""

COUNTERS = ("free", "reserved", "committed")


def grant(steps: Sequence[Step]) -> list[Filter]:
    """Do the steps, each with another reservation; `last` says what became of each."""
    held = [f"$reservations.{step.reservation}" for step in steps]
    start: dict[str, Any] = {
        **{name: f"${name}" for name in COUNTERS},
        "version": "$version",
        "told": "$_told",
        "new": NONE,
        "last": NONE,
    }
    asked = {"$literal": [_asked(n, step) for n, step in enumerate(steps)]}
    kinds = sorted({step.kind for step in steps})
    fold = {"$reduce": {"input": asked, "initialValue": start, "in": _stepped(kinds)}}
    return [
        {"$set": {"_held": held}},
        {"$set": {"_fold": fold}},
        {"$set": _granted(steps)},
        *([_without(steps)] if not ENDINGS.isdisjoint(kinds) else []),
        {"$unset": ["_fold", "_held"]},
    ]


def _asked(n: int, step: Step) -> Filter:
    """A step as the fold sees it."""
    return {
        "n": n,
        "kind": step.kind,
        "reservation": step.reservation,
        "needs": step.line.quantity,
        "lasts": step.minutes * ONE_MINUTE,
        "deadline": step.deadline,
        "even_pinned": step.even_pinned,
        "tells": {
            "type": step.kind,
            "actor": msgspec.to_builtins(step.actor),
            "cause": step.cause,
            "subjects": [step.reservation, *step.subjects],
        },
        "hold": _hold_change(step),
    }


def _hold_change(step: Step) -> Filter:
    quantity = step.line.quantity
    if step.kind is StepKind.RESERVE:
        return {step.reservation: [None, quantity]}
    return {step.reservation: [quantity, None]} if step.kind in ENDINGS else {}


def _stepped(kinds: Sequence[StepKind]) -> Filter:
    """One step of the fold: the new numbers if it is done, the old ones if not."""
    same = {name: f"$$value.{name}" for name in (*COUNTERS, "version", "told", "new")}
    done = _by_kind(kinds, {kind: _done(kind) for kind in kinds})
    undone = {**same, "last": _remembered("$$outcome")}
    is_done = {"$eq": ["$$outcome", StepOutcome.DONE]}
    outcome = {"vars": {"outcome": _outcome(kinds)}, "in": {"$cond": [is_done, done, undone]}}
    held = {"held": {"$arrayElemAt": ["$_held", "$$this.n"]}}
    return {"$let": {"vars": held, "in": {"$let": outcome}}}


def _by_kind(kinds: Sequence[StepKind], cases: Mapping[StepKind, Any]) -> Any:
    """One of the cases; only those that this batch has are written down."""
    chosen = cases[kinds[0]]
    for kind in kinds[1:]:
        chosen = {"$cond": [{"$eq": ["$$this.kind", kind]}, cases[kind], chosen]}
    return chosen


def _outcome(kinds: Sequence[StepKind]) -> Filter:
    is_late = {"$gt": ["$$NOW", "$$this.deadline"]}
    return {"$cond": [is_late, StepOutcome.LATE, _by_kind(kinds, {k: _judged(k) for k in kinds})]}


def _judged(kind: StepKind) -> Filter:
    """What becomes of a step that is in time."""
    if kind is StepKind.RESERVE:
        fits = {"$gte": ["$$value.free", "$$this.needs"]}
        granted = {"$cond": [fits, StepOutcome.DONE, StepOutcome.SHORT]}
        return {"$cond": [{"$gt": ["$$held", None]}, StepOutcome.KNOWN, granted]}
    allowed: Any = StepOutcome.DONE
    if kind is StepKind.RELEASE:
        pinned = {"$eq": ["$$held.state", ReservationState.PINNED]}
        spared = {"$and": [pinned, {"$not": "$$this.even_pinned"}]}
        allowed = {"$cond": [spared, StepOutcome.PINNED, StepOutcome.DONE]}
    is_there = {"$eq": ["$$held.quantity", "$$this.needs"]}
    return {"$cond": [is_there, allowed, StepOutcome.ABSENT]}


def _done(kind: StepKind) -> Filter:
    """The numbers after a step of this kind, and what it tells."""
    after = {name: _moved(name, MOVES[kind][name]) for name in MOVES[kind]}
    changes = {name: [f"$$value.{name}", number] for name, number in after.items()}
    tale = {
        "seq": {"$add": ["$$value.version", 1]},
        "at": "$$NOW",
        "changes": {"$mergeObjects": [{**changes, **_other_changes(kind)}, "$$this.hold"]},
    }
    return {
        **{name: after.get(name, f"$$value.{name}") for name in COUNTERS},
        "version": {"$add": ["$$value.version", 1]},
        "told": {"$concatArrays": ["$$value.told", [{"$mergeObjects": ["$$this.tells", tale]}]]},
        "new": "$$value.new" if kind in ENDINGS else _with_hold(kind),
        "last": _remembered(StepOutcome.DONE, _until(kind)),
    }


def _moved(name: str, sign: int) -> Filter:
    return {"$add" if sign > 0 else "$subtract": [f"$$value.{name}", "$$this.needs"]}


def _other_changes(kind: StepKind) -> Filter:
    if kind is StepKind.EXTEND:
        return {"until": [{"$dateToString": {"date": at}} for at in ("$$held.until", _until(kind))]}
    if kind is StepKind.PIN:
        return {"state": ["$$held.state", ReservationState.PINNED]}
    return {}


def _until(kind: StepKind) -> Any:
    """Until when the units are held: a hold that is there already is never cut short."""
    ahead = {"$add": ["$$NOW", "$$this.lasts"]}
    if kind is StepKind.RESERVE:
        return ahead
    return {"$max": ["$$held.until", ahead]} if kind is StepKind.EXTEND else "$$held.until"


def _with_hold(kind: StepKind) -> Filter:
    """The holds that are new, or no longer what they were, with one more."""
    states = {StepKind.RESERVE: ReservationState.ACTIVE, StepKind.PIN: ReservationState.PINNED}
    state = states.get(kind, "$$held.state")
    hold = {"quantity": "$$this.needs", "state": state, "until": _until(kind)}
    return {"$concatArrays": ["$$value.new", [{"k": "$$this.reservation", "v": hold}]]}


def _remembered(outcome: Any, until: Any = "$$held.until") -> Filter:
    remembered = {"outcome": outcome, "free": "$$value.free", "until": until}
    return {"$concatArrays": ["$$value.last", [remembered]]}


def _granted(steps: Sequence[Step]) -> Filter:
    new = [step.minutes for step in steps if step.kind is StepKind.RESERVE]
    soonest = [{"$add": ["$$NOW", min(new) * ONE_MINUTE]}] if new else []
    return {
        **{name: f"$_fold.{name}" for name in (*COUNTERS, "version", "last")},
        "reservations": {"$mergeObjects": ["$reservations", {"$arrayToObject": "$_fold.new"}]},
        "_told": "$_fold.told",
        "next_expiry": {"$ifNull": [{"$min": ["$next_expiry", *soonest]}, "$$REMOVE"]},
    }


def _without(steps: Sequence[Step]) -> Filter:
    """Holds that ended are gone."""
    return {
        "$set": {
            f"reservations.{step.reservation}": {
                "$cond": [_is_done(n), "$$REMOVE", f"$reservations.{step.reservation}"]
            }
            for n, step in enumerate(steps)
            if step.kind in ENDINGS
        }
    }


def _is_done(n: int) -> Filter:
    outcome = {"$arrayElemAt": ["$_fold.last.outcome", n]}
    return {"$eq": [outcome, StepOutcome.DONE]}
