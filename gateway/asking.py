"""`kassa explain`: one query, executed from the terminal, and what it came to."""

from __future__ import annotations

from time import perf_counter

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.markup import escape

from domain.errors import BadInput
from domain.ports import Repositories, Stores
from gateway import auth, bootstrap, explaining
from gateway.contexts import contexts
from gateway.execution.engine import Engine, Outcome
from gateway.execution.errors import METHOD_NOT_ALLOWED, code_of
from gateway.execution.watching import Watch
from gateway.settings import Settings
from gateway.wiring import WIRING
from schema import views

WIDE = 200
"""Columns of the tree; a terminal that has fewer wraps them."""

NO_MUTATION = "A mutation is not explained: it would have to be executed."


class Question(Struct, frozen=True):
    """What the command line asks, as whom."""

    text: str
    variables: str
    operation: str | None
    token: str

    def given(self) -> dict[str, object]:
        """The variables.

        Raises:
            BadInput: they are no JSON object.
        """
        try:
            return msgspec.json.decode(self.variables, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeError) as error:
            raise BadInput(f"The variables are no JSON object: {error}.") from error


async def run(settings: Settings, question: Question, out: Console) -> None:
    """Execute a query and draw what came of it.

    Raises:
        KassaError: it cannot be asked, or is refused.
    """
    viewer, variables = auth.viewer(f"Bearer {question.token}"), question.given()
    view = views.named(settings.subgraph)
    engine = Engine(view.core, WIRING)

    async def asked(repositories: Repositories, stores: Stores) -> tuple[Outcome, Watch]:
        watch = Watch()
        context = contexts(view, repositories, stores, settings.country)
        outcome = await engine.execute(
            question.text,
            variables=variables,
            operation_name=question.operation,
            context=context(viewer, True),
            allow_mutation=False,
            watch=watch,
        )
        return outcome, watch

    async with bootstrap.parts(settings) as parts:
        _check((await asked(*parts))[0])  # and so no connection and no plan is made in the second
        began = perf_counter()
        outcome, watch = await asked(*parts)
        _show(outcome, watch, (perf_counter() - began) * 1000, out)


def _check(outcome: Outcome) -> None:
    if outcome.executed:
        return
    error = outcome.errors[0]
    if code_of(error) == METHOD_NOT_ALLOWED:
        raise BadInput(NO_MUTATION)
    places = [f" (line {place.line}, column {place.column})" for place in error.locations or ()]
    raise BadInput(f"{error.message.partition(chr(10))[0]}{''.join(places[:1])}")


def _show(outcome: Outcome, watch: Watch, took_ms: float, out: Console) -> None:
    found = explaining.explained(watch)
    reads = f"{found.reads} read{'s' * (found.reads != 1)}"
    drawn = explaining.tree(found, f"{took_ms:.1f} ms, {reads}")
    Console(file=out.file, width=max(out.width, WIDE), highlight=False).print(drawn)
    for error in outcome.errors:
        where = ".".join(map(str, error.path or ()))
        out.print(f"[red]error[/] at {where}: {escape(error.message)}", soft_wrap=True)
