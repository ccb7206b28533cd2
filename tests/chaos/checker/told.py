"""What subscribers were told, over all their connections together: the journal, once, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.checker.run import Run
from tests.chaos.history import Heard, Told

AGREED = frozenset({"UNAVAILABLE", "TOO_SLOW"})
"""With these a gateway says: come back with the cursor. Any other word is a bug of ours."""

Entry = tuple[str, int]
STOCK = "stock"


class Wrong(Exception):
    """A message that should not have come, or not yet."""


def streams_end_for_a_reason(run: Run) -> Iterator[str]:
    for listener, lines in run.heard.items():
        for line in lines:
            if line.error and line.error not in AGREED:
                yield f"{listener} was sent away by gateway {line.gateway}: {line.error}."


def who_listens_is_told_the_journal(run: Run) -> Iterator[str]:
    """Nothing missed, repeated or out of order, wherever and however often somebody came back.

    What a snapshot shows is the journal up to one place of it, and what is told goes on from
    there. Several changes in one message are so many as it says, and the next ones. Nobody is ever
    away for long enough to be told of a gap.
    """
    for listener, lines in run.heard.items():
        ears = Ears(_journal(run, lines[0]), is_of_stock=lines[0].kind == STOCK)
        try:
            for line in lines:
                ears.hear(line)
            ears.end()
        except Wrong as wrong:
            yield f"{listener}, who listens for {list(lines[0].things)}: {wrong}"


def _journal(run: Run, line: Heard) -> Sequence[Entry]:
    if line.kind != STOCK:
        return run.journal_of(line.things)
    levels = [level for level in run.levels if level.place[0] in line.things]
    found = sorted(
        (each.id, each.aggregate, each.seq) for level in levels for each in level.journal
    )
    return [(aggregate, seq) for _, aggregate, seq in found]


class Ears:
    """One subscriber, and how far it has been told the journal."""

    def __init__(self, journal: Sequence[Entry], *, is_of_stock: bool) -> None:
        self._journal = journal
        self._known = {aggregate for aggregate, _ in journal}
        self._is_of_stock = is_of_stock
        self._at: int | None = None
        self._has_begun = False

    def hear(self, line: Heard) -> None:
        """All of one connection."""
        if line.with_cursor != self._has_begun:
            raise Wrong("it came with a cursor that nobody gave it, or lost one.")
        shown: dict[str, int] = {}
        for n, told in enumerate(line.told):
            if told.kind == "SNAPSHOT":
                if self._has_begun and not (n and line.told[n - 1].kind == "SNAPSHOT"):
                    raise Wrong("it was told how things are, and had come with a cursor.")
                shown |= told.versions
                self._begin(shown)
            elif told.kind == "GAP":
                raise Wrong("it was told of a gap, and had not been away for long.")
            elif not self._has_begun:
                raise Wrong(f"a {told.kind} came first.")
            elif told.kind == "CHANGE":
                self._change(told)
            self._has_begun = True

    def end(self) -> None:
        """Nothing more was told."""
        if self._at is None and self._journal:
            raise Wrong("it was never told anything.")
        left = self._journal[self._at or 0 :]
        if left:
            raise Wrong(f"{len(left)} changes were never told; the first is {left[0]}.")

    def _begin(self, versions: Mapping[str, int]) -> None:
        """A snapshot of levels tells where it is; one of orders is before the first change."""
        if not self._is_of_stock:
            return
        covered = [seq <= versions.get(aggregate, 0) for aggregate, seq in self._journal]
        self._at = covered.index(False) if False in covered else len(covered)
        if any(covered[self._at :]):
            raise Wrong("a snapshot shows a later change and lacks an earlier one.")

    def _change(self, told: Told) -> None:
        if told.conflated:
            self._folded(told)
            return
        if len(told.entries) != 1:
            raise Wrong(f"{len(told.entries)} entries came with one change.")
        [entry] = told.entries
        if self._is_of_stock and entry[0] not in self._known:
            return  # another level of the sku, which nobody read in the end
        if self._at is None:
            self._at = self._journal.index(entry) if entry in self._journal else 0
        self._step(entry)
        if self._is_of_stock and told.versions != dict([entry]):
            raise Wrong(f"{entry} came with levels of the versions {dict(told.versions)}.")

    def _folded(self, told: Told) -> None:
        """Several changes in one: the next ones, up to the versions that it shows."""
        if not self._is_of_stock:
            raise Wrong("changes of an order were left out.")
        assert self._at is not None
        begin, shown = self._at, dict(told.versions)
        until = {name: version for name, version in shown.items() if name in self._known}
        reached: dict[str, int] = {}
        while reached != until:
            if self._at == len(self._journal):
                raise Wrong(f"it was shown {until}, which never was.")
            aggregate, seq = self._journal[self._at]
            if seq > until.get(aggregate, 0):
                raise Wrong(f"{(aggregate, seq)} was left out of {told.conflated} changes.")
            reached[aggregate] = seq
            self._at += 1
        if until == shown and self._at - begin != told.conflated:
            raise Wrong(f"{self._at - begin} changes were told as {told.conflated}.")

    def _step(self, entry: Entry) -> None:
        assert self._at is not None
        due = self._journal[self._at] if self._at < len(self._journal) else None
        if entry != due:
            raise Wrong(f"it was told {entry}, and {due} is next.")
        self._at += 1
