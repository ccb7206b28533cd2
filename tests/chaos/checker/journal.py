"""The journal: without holes or repeats, and replayed it gives what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.chaos.checker.run import HOLD, NUMBERS, Change, Entry, Run, entries


def sequences_have_no_holes(run: Run) -> Iterator[str]:
    """From the opening of a level on, which was there before the first wish; and of payments."""
    for level in run.levels:
        found = [entry.seq for entry in level.journal]
        opened = min(found, default=1)
        wanted = range(opened, level.version + 1)
        if found != list(wanted):
            odd = sorted(set(wanted) ^ set(found))
            repeated = [seq for seq, times in Counter(found).items() if times > 1]
            yield f"{level} is at version {level.version}: odd are {odd}, repeated {repeated}."
        if opened > run.version_before.get(level.id, 1):
            yield f"{level}: the journal begins at {opened}."
    for payment in run.values("after", "payment"):
        own = [each.seq for each in entries(payment) if each.aggregate == payment["id"]]
        if own != list(range(1, payment["version"] + 1)):
            yield f"{payment['id']} is at version {payment['version']}, its journal has {own}."


def an_entry_has_one_number(run: Run) -> Iterator[str]:
    """One entry, one cursor; in all journals together, there is one numbering for everything."""
    entry_by_cursor: dict[str, str] = {}
    cursor_by_change: dict[tuple[str, int], str] = {}
    for entry in _all_entries(run):
        here = f"{entry.aggregate} seq {entry.seq}"
        if (other := entry_by_cursor.setdefault(entry.cursor, here)) != here:
            yield f"{other} and {here} have one cursor: {entry.cursor}."
        change = entry.aggregate, entry.seq
        if (cursor := cursor_by_change.setdefault(change, entry.cursor)) != entry.cursor:
            yield f"{here} has two cursors: {cursor} and {entry.cursor}."


def who_follows_misses_nothing(run: Run) -> Iterator[str]:
    """By cursors, while the journal grew, one sees what the whole journal says in the end."""
    wanted = {
        value["id"]: [(entry.aggregate, entry.seq) for entry in entries(value)]
        for kind in ("level", "order")
        for value in run.values("after", kind)
    }
    for follower, pages in run.followed.items():
        seen = [entry for page in pages for entry in page.entries]
        if seen != wanted[pages[0].thing]:
            missed = sorted(set(wanted[pages[0].thing]) - set(seen))
            yield f"{follower} saw {len(seen)} entries, in another order or without {missed}."


def each_entry_begins_where_the_last_ended(run: Run) -> Iterator[str]:
    for level in run.levels:
        state: Mapping[str, str] = {}
        for entry in level.journal:
            for change in filter(_is_state, entry.changes):
                was = state.get(change.path)
                if state and _known(change.path, was) != _known(change.path, change.before):
                    yield f"{level} seq {entry.seq}: {change.path} was {was}, not {change.before}."
            state = level.states[entry.seq]


def replayed_it_is_the_level(run: Run) -> Iterator[str]:
    """S4."""
    for level in run.levels:
        state = level.states.get(level.version)
        if state is None:
            yield f"{level} is at version {level.version}, which its journal does not reach."
            continue
        for name in NUMBERS:
            if int(state.get(name, 0)) != level.numbers[name]:
                yield f"{level}: {name} is {level.numbers[name]}, replayed {state.get(name)}."


def it_always_adds_up(run: Run) -> Iterator[str]:
    """S1 and S3, at every version: nothing below zero, and no promise beyond what is there."""
    for level in run.levels:
        for seq, state in level.states.items():
            numbers = {name: int(state.get(name, 0)) for name in NUMBERS}
            parts = ("committed", "reserved", "unavailable", "free")
            if numbers["onHand"] != sum(numbers[part] for part in parts):
                yield f"{level} at {seq}: the parts do not sum to what is there: {numbers}."
            if min(numbers.values()) < 0:
                yield f"{level} at {seq}: a number is below zero: {numbers}."


def holds_sum_to_what_is_reserved(run: Run) -> Iterator[str]:
    """S2, at every version."""
    for level in run.levels:
        for seq, state in level.states.items():
            promised = sum(held(text) for path, text in state.items() if path.startswith(HOLD))
            if promised != int(state.get("reserved", 0)):
                yield f"{level} at {seq}: {promised} held, {state.get('reserved')} reserved."


def _is_state(change: Change) -> bool:
    """Some changes are remarks, such as the reason; they do not stay."""
    return change.path in NUMBERS or change.path.startswith(HOLD)


def _known(path: str, value: str | None) -> str | None:
    """A number that was never told of is zero."""
    return "0" if value is None and path in NUMBERS else value


def held(text: str | None) -> int:
    """Units of a hold, as the journal writes it."""
    return int(text.split()[0]) if text else 0


def _all_entries(run: Run) -> Iterator[Entry]:
    for kind in ("level", "order", "payment"):
        for value in run.values("after", kind):
            yield from entries(value)
