"""`kassa import` on the terminal: progress, a report to read, a report for programs."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adapters import files
from commands.imports import Told
from domain.errors import BadInput
from domain.imports.report import ImportStopped, Report
from domain.money import Currency, Money
from gateway import bootstrap
from gateway.settings import Settings

QUARANTINE = "kassa-quarantine.ndjson"


class Plan(msgspec.Struct, frozen=True):
    """What the command line says about one import."""

    folder: Path
    mapping: Path | None
    quarantine: Path | None
    tolerate: float
    report: Path | None

    @property
    def mapping_path(self) -> Path:
        return self.mapping or self.folder / files.MAPPING_NAME

    @property
    def quarantine_path(self) -> Path:
        return self.quarantine or Path(QUARANTINE)


def describe(folder: Path) -> str:
    """A proposal for the mapping, as TOML."""
    return files.describe(folder)


def run(settings: Settings, plan: Plan, out: Console) -> Report:
    """Import, show what came of it, and answer it.

    Raises:
        KassaError: it cannot be done, or was stopped; what there is to report is reported.
    """
    mapping = files.load(plan.mapping_path)
    if not plan.folder.is_dir():
        raise BadInput(f"{plan.folder} is no folder.")
    try:
        with bars(out) as told:
            report = asyncio.run(
                bootstrap.imported(
                    settings, plan.folder, mapping, plan.quarantine_path, plan.tolerate, told
                )
            )
    except ImportStopped as stopped:
        _keep(plan, stopped.report)
        show(stopped.report, out)
        raise
    _keep(plan, report)
    show(report, out)
    return report


def _keep(plan: Plan, report: Report) -> None:
    if plan.report is None:
        return
    try:
        plan.report.write_bytes(msgspec.json.format(msgspec.json.encode(as_data(report))) + b"\n")
    except OSError as error:
        raise BadInput(f"{plan.report} cannot be written: {error.strerror}.") from error


def as_data(report: Report) -> dict[str, object]:
    """The report for programs."""
    data: dict[str, object] = msgspec.to_builtins(report)
    return {**data, "rows": report.rows, "writes": report.writes, "agrees": report.agrees}


@contextmanager
def bars(out: Console) -> Generator[Told]:
    """A bar for each thing that is done; the last one moves."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    moving = out.is_terminal  # elsewhere, even a bar that is gone again leaves a line
    with Progress(*columns, console=out, transient=True, disable=not moving) as progress:
        tasks: dict[str, int] = {}

        def told(what: str, more: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(escape(what), total=of or None)
            progress.advance(tasks[what], more)  # type: ignore[arg-type]

        yield told


def show(report: Report, out: Console) -> None:
    """What came in, what became of it, why something did not, and the proof."""
    out.print(_files(report))
    out.print(_entities(report))
    out.print(_proof(report))
    if report.refused:
        out.print(
            f"{report.refused:,} rows wait in [bold]{escape(report.quarantine or '')}[/]. "
            "Mend them there or in the files, and import again.",
            soft_wrap=True,
        )
    if report.masked:
        out.print(f"Card numbers were masked in {report.masked:,} fields; none was written.")
    rate = report.rows / report.seconds if report.seconds else 0
    out.print(
        f"{report.rows:,} rows in {report.seconds:.1f} s ({rate:,.0f} a second), "
        f"{report.writes:,} documents written.",
        soft_wrap=True,
    )


def _table(title: str, first: str, numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _files(report: Report) -> Table:
    table = _table("Rows", "file", ("rows", "said twice", "no key", "masked", "refused"))
    table.add_column("why")
    for name, tally in report.files.items():
        why = ", ".join(f"{reason} {times:,}" for reason, times in tally.refused.most_common())
        counts = (tally.rows, tally.repeated, tally.skipped, tally.masked, tally.bad)
        table.add_row(escape(name), *(f"{count:,}" for count in counts), why)
    return table


def _entities(report: Report) -> Table:
    table = _table("Documents", "of", ("new", "changed", "same"))
    for name, tally in report.entities.items():
        table.add_row(name, f"{tally.new:,}", f"{tally.changed:,}", f"{tally.same:,}")
    return table


def _proof(report: Report) -> Table:
    title = "Proof: both agree" if report.agrees else "[bold red]Proof: they do not agree[/]"
    table = _table(title, "what came in", ("the files say", "the database says"))
    said, found = report.of_files, report.of_database
    for name in ("orders", "lines", "units", "payments"):
        table.add_row(name, f"{getattr(said, name):,}", f"{getattr(found, name):,}")
    for what, ours, theirs in (
        ("ordered", said.ordered, found.ordered),
        ("paid", said.paid, found.paid),
    ):
        for code in sorted({*ours, *theirs}):
            amounts = (Money(side[code], Currency(code)).amount for side in (ours, theirs))
            table.add_row(f"{what}, {code}", *amounts)
    return table
