"""Says what is wrong with a run, from what clients were told and what the graph shows in the end.

It knows the words of the graph and the rules of the domain, and nothing of how Kassa works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tests.chaos.checker import answers, journal, money, refusals, stock, told
from tests.chaos.checker.run import Run

__all__ = ["CHECKS", "Run", "broken", "granted"]

Check = Callable[[Run], Iterator[str]]

_CHECKS: tuple[Check, ...] = (
    answers.everything_is_answered,
    answers.silence_has_a_reason,
    answers.one_key_has_one_answer,
    answers.a_repeated_answer_says_so,
    answers.an_answer_shows_the_level_as_it_was,
    answers.what_is_later_is_newer,
    refusals.refusals_are_possible_ones,
    refusals.who_is_told_that_units_are_short_asked_for_too_many,
    journal.sequences_have_no_holes,
    journal.an_entry_has_one_number,
    journal.who_follows_misses_nothing,
    journal.each_entry_begins_where_the_last_ended,
    journal.replayed_it_is_the_level,
    journal.it_always_adds_up,
    journal.holds_sum_to_what_is_reserved,
    stock.units_moved_as_wished,
    stock.units_were_promised_as_wished,
    stock.units_were_let_go_as_wished,
    stock.units_were_committed_as_wished,
    money.payments_are_those_recorded,
    money.one_reference_is_one_operation,
    money.operations_are_those_recorded,
    money.sums_are_those_of_the_operations,
    money.every_cent_is_posted_once,
    told.streams_end_for_a_reason,
    told.who_listens_is_told_the_journal,
)
CHECKS: Mapping[str, Check] = MappingProxyType({check.__name__: check for check in _CHECKS})


def broken(run: Run) -> Mapping[str, Sequence[str]]:
    """The claims that do not hold, with what contradicts them; empty if all is well."""
    found = {name: list(_made(check, run)) for name, check in CHECKS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}


def _made(check: Check, run: Run) -> Iterator[str]:
    """What a check says; a run so odd that it cannot be checked has not passed."""
    try:
        yield from check(run)
    except (LookupError, TypeError, ValueError) as error:
        yield f"This cannot even be checked: {error!r}."


def granted(run: Run) -> Mapping[str, int]:
    """How many reservations each level granted."""
    found: dict[str, int] = {}
    for each in run.done("reserveStock"):
        for line in each.input("lines"):
            level = run.level_by_place[line["sku"], line["location"]].id
            found[level] = found.get(level, 0) + 1
    return found
