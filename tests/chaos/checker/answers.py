"""What clients were told: everything in the end, and the same thing each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.chaos.checker.run import NUMBERS, Operation, Run
from tests.chaos.history import Payload

AGREED = frozenset({"UNAVAILABLE", "IN_PROGRESS"})
"""With these a gateway says: ask again with the same key. Any other word is a bug of ours."""


def everything_is_answered(run: Run) -> Iterator[str]:
    for each in run.operations.values():
        if not each.answers:
            yield f"{each} was asked {len(each.silences)} times, and never answered."


def silence_has_a_reason(run: Run) -> Iterator[str]:
    for each in run.operations.values():
        for silence in each.silences:
            if silence.code and silence.code not in AGREED:
                yield f"{each} was answered {silence.code}: {silence.why}"


def one_key_has_one_answer(run: Run) -> Iterator[str]:
    for each in run.operations.values():
        told = [_identity(answer.payload) for answer in each.answers]
        if any(other != told[0] for other in told[1:]):
            yield f"{each} was answered differently under one key: {told}"


def a_repeated_answer_says_so(run: Run) -> Iterator[str]:
    """Whoever asks after an answer was given gets that one."""
    for each in run.operations.values():
        for answer in each.answers[1:]:
            if each.is_done and not answer.payload["replayed"]:
                yield f"{each} was done, and done again: a later answer is not a replayed one."


def an_answer_shows_the_level_as_it_was(run: Run) -> Iterator[str]:
    """A level in an answer is the journal replayed up to the version that it claims."""
    by_id = {level.id: level for level in run.levels}
    for operation, shown in _shown_levels(run):
        level = by_id[shown["id"]]
        state = level.states.get(shown["version"], {})
        wrong = [name for name in NUMBERS if str(shown[name]) != state.get(name, "0")]
        if wrong:
            yield f"{operation} showed {shown}; the journal of {level} says {state}: {wrong}."


def what_is_later_is_newer(run: Run) -> Iterator[str]:
    """Who asks after another was answered sees that one's work.

    Of answers in the order of their times, an operation's version is higher than that of each
    operation that had been answered before it was asked for.
    """
    newest: dict[str, list[tuple[float, int, Operation]]] = {}
    for operation, shown in _shown_levels(run, first_only=True):
        known = newest.setdefault(shown["id"], [])
        known.append((operation.answers[0].at, shown["version"], operation))
    for answered in newest.values():
        yield from _out_of_order(answered)


def _out_of_order(answered: list[tuple[float, int, Operation]]) -> Iterator[str]:
    for at, version, earlier in answered:
        for _, newer, later in answered:
            if later.wish.at > at and newer <= version:
                yield f"{later} is at version {newer}; {earlier}, answered before, at {version}."


def _shown_levels(
    run: Run, *, first_only: bool = False
) -> Iterator[tuple[Operation, Mapping[str, Any]]]:
    for each in run.operations.values():
        for answer in each.answers[:1] if first_only else each.answers:
            if not answer.payload["userErrors"]:
                for level in answer.payload.get("levels") or ():
                    yield each, level


def _identity(payload: Payload) -> Mapping[str, Any]:
    """What an answer decides: what is refused and why, or what was made and changed."""
    if payload["userErrors"]:
        return {"refused": sorted(error["code"] for error in payload["userErrors"])}
    things = {name: value for name, value in payload.items() if isinstance(value, Mapping)}
    levels = sorted(level["id"] for level in payload.get("levels") or ())
    return {"levels": levels, **{name: thing["id"] for name, thing in things.items()}}
