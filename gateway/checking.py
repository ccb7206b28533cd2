"""What must always be true: `kassa check` on the terminal, and the watch that a gateway keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.integrity import IntegrityCheck
from gateway import logs
from gateway.metrics import instruments
from gateway.upkeep import Job

MOST = 10
"""So many ids are named of what breaks an invariant."""


def all_hold(checks: Sequence[IntegrityCheck]) -> bool:
    return all(check.holds for check in checks)


def as_json(checks: Sequence[IntegrityCheck]) -> str:
    """The checks for programs."""
    data = {"holds": all_hold(checks), "checks": checks}
    return msgspec.json.format(msgspec.json.encode(data)).decode()


def show(checks: Sequence[IntegrityCheck], out: Console) -> None:
    """A line for each invariant, and one for all."""
    table = Table(title="What must always be true", title_justify="left")
    table.add_column("", no_wrap=True)
    table.add_column("says")
    table.add_column("checked", justify="right", no_wrap=True)
    table.add_column("broken", justify="right", no_wrap=True)
    table.add_column("first ids", overflow="fold")
    for check in checks:
        broken = f"[bold red]{check.broken:,}[/]" if check.broken else "0"
        ids = escape("\n".join(check.ids))
        table.add_row(check.name, check.says, f"{check.checked:,}", broken, ids)
    out.print(table)
    out.print(_in_a_word(checks), soft_wrap=True)


def _in_a_word(checks: Sequence[IntegrityCheck]) -> str:
    broken = [check.name for check in checks if not check.holds]
    if broken:
        return f"[bold red]Broken: {', '.join(broken)}.[/] docs/integrity.md says what to do."
    if not any(check.checked for check in checks):
        return "There is nothing to check: the database is empty."
    return "All of it holds."


def watching(look: Callable[[], Awaitable[Sequence[IntegrityCheck]]]) -> Job:
    """A job that keeps a line in the log of what `look` finds broken, and then rests."""

    async def job() -> int:
        for check in await look():
            instruments.INVARIANT_BREAKS.labels(check.name).inc()
            logs.broken(check.name, check.says, check.broken, check.ids)
        return 0

    return job
