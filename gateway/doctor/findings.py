"""What was found, as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Status(StrEnum):
    """FAIL: something does not work, or will be lost. WARN: it works, for now."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


COLOURS = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


class Finding(Struct, frozen=True, omit_defaults=True):
    """`found` says how it is, `do` what to do about it, in one sentence."""

    check: str
    status: Status
    found: str
    do: str = ""


def ok(check: str, found: str) -> Finding:
    return Finding(check, Status.OK, found)


def warn(check: str, found: str, do: str) -> Finding:
    return Finding(check, Status.WARN, found, do)


def fail(check: str, found: str, do: str) -> Finding:
    return Finding(check, Status.FAIL, found, do)


def worst(findings: Sequence[Finding]) -> Status:
    """What all of them come to."""
    there = {each.status for each in findings}
    return next(each for each in (Status.FAIL, Status.WARN, Status.OK) if each in there)


def as_json(findings: Sequence[Finding]) -> str:
    data = {"status": worst(findings), "findings": findings}
    return msgspec.json.format(msgspec.json.encode(data)).decode()


def show(findings: Sequence[Finding], out: Console) -> None:
    """A line for each, with what to do below it, and one for all."""
    table = Table(title="How Kassa is", title_justify="left")
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", overflow="fold")
    for each in findings:
        colour = COLOURS[each.status]
        do = f"\n[bold]→ {escape(each.do)}[/]" if each.do else ""
        table.add_row(f"[{colour}]{each.status}[/]", each.check, escape(each.found) + do)
    out.print(table)
