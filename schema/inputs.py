"""What every mutation's input has."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.money import Currency
from schema.scalars import Minor

REQUIRED: Any = object()


def given(description: str, *, name: str | None = None, default: Any = REQUIRED) -> Any:
    """A field of an input."""
    options = {} if default is REQUIRED else {"default": default}
    return strawberry.field(description=description, name=name, **options)


@strawberry.input(description="A request, recognised when it comes again.")
class Requested:
    """A request, recognised when it comes again."""

    idempotency_key: str = given(
        "Yours for this request, for ever: whoever sends it again with the same arguments gets the "
        "same answer, and nothing is done twice."
    )
    device: str | None = given("The till or telephone it comes from.", default=None)


@strawberry.input(description="An amount in one currency.")
class MoneyInput:
    """An amount in one currency."""

    minor: Minor = given("Integer minor units, at least one.")
    currency: Currency = given("The currency.")
