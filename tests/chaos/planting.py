"""Ways in which the history of a good day is made wrong, by the claim that must then be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from tests.chaos.checker.run import HOLD

Line = dict[str, Any]
Lines = list[Line]
Plant = Callable[[Lines], object]


def done(lines: Lines, kind: str) -> Iterator[tuple[Line, Line]]:
    """The wish and the first answer of each operation of a kind that was acknowledged."""
    answers = {line["op"]: line for line in reversed(lines) if line["event"] == "answered"}
    for line in lines:
        if line["event"] == "invoked" and line["kind"] == kind:
            answer = answers[line["op"]]
            if not answer["payload"]["userErrors"]:
                yield line, answer


def a_done(lines: Lines, kind: str) -> tuple[Line, Line]:
    return next(done(lines, kind))


def read(lines: Lines, kind: str) -> Iterator[Line]:
    """What was read after the last wish."""
    for line in lines:
        if line["event"] == "read" and (line["when"], line["kind"]) == ("after", kind):
            yield line["value"]


def a_level(lines: Lines) -> Line:
    return next(read(lines, "level"))


def a_change(lines: Lines, beginning: str) -> tuple[Line, Line]:
    """An entry after the opening of a level, and a change of it, by the beginning of its path."""
    return next(
        (entry, change)
        for level in read(lines, "level")
        for entry in level["journal"][1:]
        for change in entry["changes"]
        if change["path"].startswith(beginning)
    )


def an_answer_got_lost(lines: Lines) -> None:
    wish, _ = a_done(lines, "reserveStock")
    lines[:] = [x for x in lines if not (x["event"] == "answered" and x["op"] == wish["op"])]


def a_gateway_broke(lines: Lines) -> None:
    wish, _ = a_done(lines, "reserveStock")
    why = {"event": "unanswered", "op": wish["op"], "gateway": 0, "why": "?", "at": wish["at"]}
    lines.append({**why, "code": "INTERNAL_SERVER_ERROR"})


def another_answer_was_given(lines: Lines) -> None:
    _, answer = a_done(lines, "reserveStock")
    other = deepcopy(answer)
    other["payload"]["reservation"]["id"] = "rsv_other"
    lines.append(other)


def it_was_done_again(lines: Lines) -> None:
    _, answer = a_done(lines, "reserveStock")
    lines.append(deepcopy(answer))


def a_level_was_shown_wrong(lines: Lines) -> None:
    _, answer = a_done(lines, "adjustStock")
    answer["payload"]["levels"][0]["free"] += 1


def an_old_version_was_shown(lines: Lines) -> None:
    *_, (_, answer) = done(lines, "adjustStock")
    answer["payload"]["levels"][0]["version"] = 2


def a_key_was_mistaken(lines: Lines) -> None:
    _, answer = a_done(lines, "adjustStock")
    answer["payload"]["userErrors"] = [{"code": "IDEMPOTENCY_MISMATCH"}]


def a_buyer_was_sent_away(lines: Lines) -> None:
    _, answer = a_done(lines, "reserveStock")
    answer["payload"]["userErrors"] = [{"code": "INSUFFICIENT_STOCK"}]


def an_entry_is_missing(lines: Lines) -> None:
    del a_level(lines)["journal"][3]


def the_journal_begins_too_late(lines: Lines) -> None:
    del a_level(lines)["journal"][:5]


def an_entry_is_there_twice(lines: Lines) -> None:
    journal = a_level(lines)["journal"]
    journal.insert(3, deepcopy(journal[3]))


def two_entries_have_one_number(lines: Lines) -> None:
    one, other, *_ = read(lines, "level")
    one["journal"][3]["cursor"] = other["journal"][3]["cursor"]


def an_entry_has_two_numbers(lines: Lines) -> None:
    journal = a_level(lines)["journal"]
    journal.insert(4, {**journal[3], "cursor": "another"})


def an_entry_appeared_behind_a_cursor(lines: Lines) -> None:
    followed = [line for line in lines if line["event"] == "followed"]
    lines.remove(followed[3])


def entries_came_in_another_order(lines: Lines) -> None:
    one, other = [line for line in lines if line["event"] == "followed"][3:5]
    one["entries"], other["entries"] = other["entries"], one["entries"]


def an_entry_begins_elsewhere(lines: Lines) -> None:
    _, change = a_change(lines, "free")
    change["before"] = "7"


def a_level_differs_from_its_journal(lines: Lines) -> None:
    a_level(lines)["onHand"] += 1


def the_journal_ends_too_early(lines: Lines) -> None:
    a_level(lines)["journal"].pop()


def the_parts_do_not_sum(lines: Lines) -> None:
    _, change = a_change(lines, "free")
    change["after"] = str(int(change["after"]) + 1)


def more_was_promised_than_was_there(lines: Lines) -> None:
    for change in a_change(lines, "free")[0]["changes"]:
        if change["path"] in {"free", "onHand"}:
            change["after"] = str(int(change["after"]) - 10**9)


def a_hold_is_missing(lines: Lines) -> None:
    entry, change = a_change(lines, HOLD)
    entry["changes"].remove(change)


def another_delta_was_asked_for(lines: Lines) -> None:
    wish, _ = a_done(lines, "adjustStock")
    wish["input"]["changes"][0]["delta"] += 1


def less_was_on_its_way(lines: Lines) -> None:
    _, change = a_change(lines, "incoming")
    change["after"] = str(int(change["after"]) - 1)


def a_stranger_holds_units(lines: Lines) -> None:
    _, change = a_change(lines, HOLD)
    change["path"] = f"{HOLD}rsv_stranger"


def a_grant_is_smaller(lines: Lines) -> None:
    wish, _ = a_done(lines, "reserveStock")
    wish["input"]["lines"][0]["quantity"] += 1


def another_was_let_go(lines: Lines) -> None:
    wish, _ = a_done(lines, "releaseReservation")
    wish["input"]["reservation"] = "rsv_other"


def more_is_committed(lines: Lines) -> None:
    a_level(lines)["committed"] += 1


def a_payment_is_missing(lines: Lines) -> None:
    order = next(order for order in read(lines, "order") if order["payments"])
    order["payments"].pop()


def a_payment_came_from_nowhere(lines: Lines) -> None:
    next(read(lines, "order"))["payments"].append({"id": "pay_stranger"})


def a_capture_is_there_twice(lines: Lines) -> None:
    operations = next(read(lines, "payment"))["operations"]
    operations.append(operations[0])


def a_refund_is_missing(lines: Lines) -> None:
    wish, _ = a_done(lines, "recordRefund")
    ref = wish["input"]["providerRef"]
    for each, _ in done(lines, "recordRefund"):
        each["input"]["amount"]["minor"] += each["input"]["providerRef"] == ref


def a_report_made_another_payment(lines: Lines) -> None:
    wish, answer = a_done(lines, "recordPayment")
    lines += [{**wish, "op": -1}, {**deepcopy(answer), "op": -1}]
    lines[-1]["payload"]["payment"]["id"] = "pay_other"


def a_report_made_another_operation(lines: Lines) -> None:
    operations = next(read(lines, "payment"))["operations"]
    operations.append({**operations[0], "id": "pop_other", "phase": "REQUESTED"})


def a_success_was_forgotten(lines: Lines) -> None:
    next(read(lines, "payment"))["operations"][0]["phase"] = "REQUESTED"


def a_change_of_a_payment_is_untold(lines: Lines) -> None:
    next(read(lines, "payment"))["journal"].pop()


def a_posting_has_one_side(lines: Lines) -> None:
    next(read(lines, "payment"))["clearing"].pop()


def a_capture_is_posted_twice(lines: Lines) -> None:
    clearing = next(read(lines, "payment"))["clearing"]
    clearing += clearing[:2]


def a_sum_is_wrong(lines: Lines) -> None:
    next(read(lines, "payment"))["captured"]["minor"] += 1


def heard(lines: Lines) -> Line:
    """What a listener for stock was told over its second connection, changes all of it."""
    return [line for line in lines if line["event"] == "heard" and line["kind"] == "stock"][1]


def a_change_was_not_told(lines: Lines) -> None:
    del heard(lines)["told"][2]


def the_last_change_was_not_told(lines: Lines) -> None:
    [*_, last] = [x for x in lines if x["event"] == "heard" and x["kind"] == "stock"]
    last["told"].pop()


def a_change_of_an_order_was_not_told(lines: Lines) -> None:
    [*_, last] = [x for x in lines if x["event"] == "heard" and x["kind"] == "order"]
    del last["told"][1]


def a_change_was_told_twice(lines: Lines) -> None:
    told = heard(lines)["told"]
    told.insert(2, told[2])


def changes_were_told_in_another_order(lines: Lines) -> None:
    told = heard(lines)["told"]
    told[2], told[3] = told[3], told[2]


def a_level_was_told_as_it_was_not(lines: Lines) -> None:
    event = heard(lines)["told"][2]
    event["versions"] = {name: version + 1 for name, version in event["versions"].items()}


def the_cursor_was_forgotten(lines: Lines) -> None:
    heard(lines)["told"].insert(0, {"kind": "SNAPSHOT", "versions": {}})


def there_was_a_gap(lines: Lines) -> None:
    heard(lines)["told"].insert(0, {"kind": "GAP"})


def a_snapshot_was_torn(lines: Lines) -> None:
    first = next(line for line in lines if line["event"] == "heard" and line["kind"] == "stock")
    shown = first["told"][0]["versions"]
    shown[next(iter(shown))] += 1


def more_was_folded_than_was_said(lines: Lines) -> None:
    first = next(line for line in lines if line["event"] == "heard" and line["kind"] == "stock")
    first["told"][1]["conflated"] -= 1


def a_stream_broke(lines: Lines) -> None:
    heard(lines)["error"] = "INTERNAL_SERVER_ERROR"


PLANTS: Mapping[str, tuple[Plant, ...]] = MappingProxyType(
    {
        "everything_is_answered": (an_answer_got_lost,),
        "silence_has_a_reason": (a_gateway_broke,),
        "one_key_has_one_answer": (another_answer_was_given,),
        "a_repeated_answer_says_so": (it_was_done_again,),
        "an_answer_shows_the_level_as_it_was": (a_level_was_shown_wrong,),
        "what_is_later_is_newer": (an_old_version_was_shown,),
        "refusals_are_possible_ones": (a_key_was_mistaken,),
        "who_is_told_that_units_are_short_asked_for_too_many": (a_buyer_was_sent_away,),
        "sequences_have_no_holes": (
            an_entry_is_missing,
            an_entry_is_there_twice,
            the_journal_begins_too_late,
            a_change_of_a_payment_is_untold,
        ),
        "an_entry_has_one_number": (two_entries_have_one_number, an_entry_has_two_numbers),
        "who_follows_misses_nothing": (
            an_entry_appeared_behind_a_cursor,
            entries_came_in_another_order,
        ),
        "each_entry_begins_where_the_last_ended": (an_entry_begins_elsewhere,),
        "replayed_it_is_the_level": (
            a_level_differs_from_its_journal,
            the_journal_ends_too_early,
        ),
        "it_always_adds_up": (the_parts_do_not_sum, more_was_promised_than_was_there),
        "holds_sum_to_what_is_reserved": (a_hold_is_missing,),
        "units_moved_as_wished": (another_delta_was_asked_for, less_was_on_its_way),
        "units_were_promised_as_wished": (a_stranger_holds_units, a_grant_is_smaller),
        "units_were_let_go_as_wished": (another_was_let_go,),
        "units_were_committed_as_wished": (more_is_committed,),
        "payments_are_those_recorded": (a_payment_is_missing, a_payment_came_from_nowhere),
        "one_reference_is_one_operation": (
            a_report_made_another_payment,
            a_report_made_another_operation,
        ),
        "operations_are_those_recorded": (
            a_capture_is_there_twice,
            a_refund_is_missing,
            a_success_was_forgotten,
        ),
        "every_cent_is_posted_once": (a_posting_has_one_side, a_capture_is_posted_twice),
        "sums_are_those_of_the_operations": (a_sum_is_wrong,),
        "streams_end_for_a_reason": (a_stream_broke,),
        "who_listens_is_told_the_journal": (
            a_change_was_not_told,
            the_last_change_was_not_told,
            a_change_of_an_order_was_not_told,
            a_change_was_told_twice,
            changes_were_told_in_another_order,
            a_level_was_told_as_it_was_not,
            the_cursor_was_forgotten,
            there_was_a_gap,
            a_snapshot_was_torn,
            more_was_folded_than_was_said,
        ),
    }
)
