"""Acknowledged ⊆ present ⊆ attempted, for units: each change has one wish, each wish its change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tests.chaos.checker.run import HOLD, Level, Operation, Place, Run

Expected = Counter[tuple[str, int]]
"""How often a level's id and a difference belong together."""

COUNTS = "adjustStock", "countStock", "transferStock", "receiveTransfer"


def units_moved_as_wished(run: Run) -> Iterator[str]:
    """What is there, and what is on its way, changed by what was acknowledged and nothing else."""
    for path, differences in (("onHand", _on_hand), ("incoming", _incoming)):
        sure, possible = Expected(), Expected()
        for each in run.wished(*COUNTS):
            if each.is_done:
                sure.update(differences(run, each))
            elif not each.answers:
                possible.update(differences(run, each))
        yield from _compared(path, sure, possible, _seen(run, path))


def _compared(path: str, sure: Expected, possible: Expected, seen: Expected) -> Iterator[str]:
    for (level, difference), times in (sure - seen).items():
        yield f"{level}: {path} {difference:+} was acknowledged and is not there ({times} times)."
    for (level, difference), times in (seen - sure - possible).items():
        yield f"{level}: {path} {difference:+} is there, and nobody wished it ({times} times)."


def _seen(run: Run, path: str) -> Expected:
    found = Expected()
    for level in run.levels:
        for _, change in level.since(run.version_before.get(level.id, 0)):
            if change.path == path and change.delta:
                found[level.id, change.delta] += 1
    return found


def _on_hand(run: Run, wish: Operation) -> Iterator[tuple[str, int]]:
    """The differences that a wish makes to what is there."""
    match wish.wish.kind:
        case "adjustStock":
            for change in wish.input("changes"):
                yield _at(run, change).id, change["delta"]
        case "countStock":
            for count in wish.input("counts"):
                level = _at(run, count)
                seen = int(level.states.get(count["seenVersion"], {}).get("onHand", 0))
                if count["counted"] != seen:
                    yield level.id, count["counted"] - seen
        case "transferStock":
            yield run.level_by_place[wish.input("sku"), wish.input("source")].id, -_quantity(wish)
        case _:
            for sent in _sending(run, wish):
                yield _target(run, sent), wish.input("received")


def _incoming(run: Run, wish: Operation) -> Iterator[tuple[str, int]]:
    """The differences that a wish makes to what is on its way."""
    if wish.wish.kind == "transferStock":
        yield _target(run, wish), _quantity(wish)
    for sent in _sending(run, wish):
        yield _target(run, sent), -_quantity(sent)


def _sending(run: Run, receiving: Operation) -> Iterator[Operation]:
    """The transfer that is received, if its number was told."""
    if receiving.wish.kind == "receiveTransfer":
        for sent in run.done("transferStock"):
            if sent.made("transfer") == receiving.input("transfer"):
                yield sent


def _target(run: Run, sent: Operation) -> str:
    return run.level_by_place[sent.input("sku"), sent.input("target")].id


def _quantity(wish: Operation) -> int:
    return wish.input("quantity")


def _at(run: Run, named: Mapping[str, Any]) -> Level:
    return run.level_by_place[named["sku"], named["location"]]


def units_were_promised_as_wished(run: Run) -> Iterator[str]:
    """Each granted reservation appears once in each of its levels; no other one appears."""
    appeared = {level.id: _holds(run, level, appeared=True) for level in run.levels}
    for name, wish in run.granted.items():
        for place, quantity in _asked_for(wish).items():
            level = run.level_by_place[place]
            if appeared[level.id].get(name) != [quantity]:
                took = appeared[level.id].get(name)
                yield f"{wish}: {level} should hold {quantity}, once, and not {took}."
    yield from _strangers(
        run, {name for holds in appeared.values() for name in holds} - run.granted.keys()
    )


def _strangers(run: Run, ids: set[str]) -> Iterator[str]:
    """Of several lines some may have been held for a moment, until another one was refused."""
    last = [level.states.get(level.version, {}) for level in run.levels]
    held = {path.removeprefix(HOLD) for state in last for path in state}
    unsure = len(run.open("reserveStock"))
    if len(kept := ids & held) > unsure:
        yield f"Nobody was granted what is held for {sorted(kept)}; {unsure} wishes are open."
    wide = [each for each in run.wished("reserveStock") if len(_asked_for(each)) > 1]
    refused = sum(not each.is_done for each in wide if each.answers)
    if len(ids) > unsure + refused:
        yield f"Nobody wished {len(ids)} of these: {sorted(ids)}; {unsure} open, {refused} refused."


def units_were_let_go_as_wished(run: Run) -> Iterator[str]:
    """What was released or committed is held no longer; all else is held still."""
    kinds = "releaseReservation", "commitReservation"
    ended = Counter(each.input("reservation") for each in run.done(*kinds))
    unsure = {each.input("reservation") for each in run.open(*kinds)}
    gone = {level.id: _holds(run, level, appeared=False) for level in run.levels}
    for name, wish in run.granted.items():
        for place, quantity in _asked_for(wish).items():
            found = gone[run.level_by_place[place].id].get(name, [])
            wanted = [quantity] if ended[name] else []
            if found != wanted and not (name in unsure and found == [quantity]):
                yield f"{wish}, ended {ended[name]} times: {found} was let go, not {wanted}."


def units_were_committed_as_wished(run: Run) -> Iterator[str]:
    """What orders wait for grew by what was committed."""
    units = partial(_units_by_level, run)
    sure, possible = units(run.done("commitReservation")), units(run.open("commitReservation"))
    for level in run.levels:
        before = int(level.states.get(run.version_before[level.id], {}).get("committed", 0))
        grown = level.numbers["committed"] - before
        if not 0 <= grown - sure[level.id] <= possible[level.id]:
            yield f"{level}: {sure[level.id]} units were committed, and {grown} are."


def _units_by_level(run: Run, commits: Sequence[Operation]) -> Counter[str]:
    found = Counter[str]()
    for commit in commits:
        wish = run.granted.get(commit.input("reservation"))
        for place, quantity in (_asked_for(wish) if wish else {}).items():
            found[run.level_by_place[place].id] += quantity
    return found


def _asked_for(wish: Operation) -> Mapping[Place, int]:
    found = Counter[Place]()
    for line in wish.input("lines"):
        found[line["sku"], line["location"]] += line["quantity"]
    return found


def _holds(run: Run, level: Level, *, appeared: bool) -> Mapping[str, list[int]]:
    """How many units each reservation took in a level, each time that it took or let go any."""
    found: dict[str, list[int]] = {}
    for _, change in level.since(run.version_before.get(level.id, 0)):
        if change.path.startswith(HOLD) and (change.delta > 0) is appeared and change.delta:
            found.setdefault(change.path.removeprefix(HOLD), []).append(abs(change.delta))
    return found
