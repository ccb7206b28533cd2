"""A stock level as a plain Python program would keep it: what the pipeline is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.stock import Step, StepKind, StepOutcome

ENDINGS = {StepKind.RELEASE, StepKind.COMMIT}


@dataclass
class Held:
    """Units that are held."""

    quantity: int
    state: str
    until: datetime


@dataclass
class Mirror:
    """One level; `told` is its outbox, without what the clock of the server decides."""

    free: int
    reserved: int = 0
    committed: int = 0
    version: int = 1
    holds: dict[str, Held] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)

    def do(self, steps: Sequence[Step], now: datetime) -> list[tuple[StepOutcome, int]]:
        """What becomes of each step, and how many units were free before it."""
        self.expire(now)
        return [self._step(step, now) for step in steps]

    def expire(self, now: datetime) -> None:
        for key, held in list(self.holds.items()):
            if held.state == "ACTIVE" and held.until <= now:
                del self.holds[key]
                hold = {key: [held.quantity, None]}
                self._tell("ReservationExpired", key, [key], hold, free=1, reserved=-1, of=held)

    def _step(self, step: Step, now: datetime) -> tuple[StepOutcome, int]:
        outcome, free = self._outcome(step, now), self.free
        if outcome is StepOutcome.DONE:
            self._change(step, now)
        return outcome, free

    def _outcome(self, step: Step, now: datetime) -> StepOutcome:
        held = self.holds.get(step.reservation)
        if now > step.deadline:
            return StepOutcome.LATE
        if step.kind is StepKind.RESERVE:
            if held:
                return StepOutcome.KNOWN
            enough = step.line.quantity <= self.free
            return StepOutcome.DONE if enough else StepOutcome.SHORT
        if held is None or held.quantity != step.line.quantity:
            return StepOutcome.ABSENT
        spares = step.kind is StepKind.RELEASE and not step.even_pinned
        return StepOutcome.PINNED if spares and held.state == "PINNED" else StepOutcome.DONE

    def _change(self, step: Step, now: datetime) -> None:
        key, units, ahead = (
            step.reservation,
            step.line.quantity,
            now + timedelta(minutes=step.minutes),
        )
        subjects = [key, *step.subjects]
        held = self.holds.get(key) or Held(units, "ACTIVE", ahead)
        moves: dict[str, int] = {}
        hold: dict[str, Any] = {key: [units, None]}
        match step.kind:
            case StepKind.RESERVE:
                moves, hold = {"free": -1, "reserved": 1}, {key: [None, units]}
                self.holds[key] = held
            case StepKind.EXTEND:
                hold = {"until": [_iso(held.until), _iso(max(held.until, ahead))]}
                held.until = max(held.until, ahead)
            case StepKind.PIN:
                hold = {"state": [held.state, "PINNED"]}
                held.state = "PINNED"
            case StepKind.RELEASE:
                moves = {"free": 1, "reserved": -1}
            case StepKind.COMMIT:
                moves = {"committed": 1, "reserved": -1}
        if step.kind in ENDINGS:
            del self.holds[key]
        self._tell(step.kind.value, step.cause, subjects, hold, of=held, **moves)

    def _tell(
        self,
        kind: str,
        cause: str,
        subjects: list[str],
        hold: dict[str, Any],
        *,
        of: Held,
        **moves: int,
    ) -> None:
        changes: dict[str, Any] = {}
        for name, sign in moves.items():
            before = getattr(self, name)
            setattr(self, name, before + sign * of.quantity)
            changes[name] = [before, getattr(self, name)]
        self.version += 1
        told = {"seq": self.version, "type": kind, "cause": cause, "subjects": subjects}
        self.told.append({**told, "changes": {**changes, **hold}})


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
