"""`kassa doctor`, the command: it asks, `gateway.doctor` judges."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from gateway import bootstrap, serving
from gateway import settings as environment
from gateway.bootstrap import examining
from gateway.doctor import findings, servers
from gateway.doctor import settings as chosen
from gateway.doctor.findings import Finding, Status
from gateway.settings import Settings, SettingsError
from gateway.terminal import Embedded, out, sentences


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take a WARN for a FAIL.")] = False,
    embedded: Embedded = False,
) -> None:
    """Look whether settings, servers and this machine are as a shop needs them. Changes nothing.

    Leaves with status 1 if anything fails; gateways may go on working meanwhile.
    """
    with sentences(), serving.ending_on_sigterm():
        found = _all(embedded=embedded)
    if as_json:
        typer.echo(findings.as_json(found))
    else:
        findings.show(found, out)
    worst = findings.worst(found)
    if worst is Status.FAIL or (strict and worst is Status.WARN):
        raise typer.Exit(1)


def _all(*, embedded: bool) -> Sequence[Finding]:
    try:
        settings = bootstrap.check(environment.read())
        with serving.beside(settings, wanted=embedded) as ready:
            return asyncio.run(_examined(ready))
    except SettingsError as error:
        return [findings.fail(chosen.SETTINGS, str(error), "Mend it; nothing else was looked at.")]


async def _examined(settings: Settings) -> Sequence[Finding]:
    return [
        *chosen.chosen(settings),
        *await chosen.issuing(settings),
        chosen.documents(settings),
        *await examining.mongodb(settings),
        *await examining.redis(settings),
        *([_own_disk(settings)] if settings.is_development else ()),
        chosen.files(),
    ]


def _own_disk(settings: Settings) -> Finding:
    return servers.disk("Disk", *chosen.room(settings.data), of=f" below {settings.data}")
