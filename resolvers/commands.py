"""Commands: what is asked, in whose name, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from commands import running
from commands.running import Command
from domain.refusals import ErrorCode, Refusal
from domain.requests import Answer
from resolvers.context import Info

A = TypeVar("A", bound=Struct)
R = TypeVar("R")


def command(wanted: Command[A, R]) -> Callable[..., Awaitable[Answer[R]]]:
    """The resolver of a mutation."""

    async def resolve(info: Info, asked: A, *, key: str, device: str | None) -> Answer[R]:
        stores = info.context.stores
        return await running.run(stores, wanted, info.viewer, key, asked, device)

    return resolve


def value(answer: Answer[Any]) -> Any:
    """What came of it, if nothing was refused."""
    return answer.value


class Told(Struct, frozen=True):
    """A refusal as a value: an executor takes an exception for the failure of its field."""

    refusal: Refusal

    def __getattr__(self, name: str) -> Any:
        return getattr(self.refusal, name)


def refusals(answer: Answer[Any]) -> Sequence[Told]:
    return [Told(each) for each in answer.refusals]


def refusal(told: Told) -> Refusal:
    return told.refusal


def code(told: Told) -> ErrorCode:
    return told.refusal.reason
