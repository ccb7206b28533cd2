"""Commands about the shop as a whole."""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import DomainError
from domain.ports import Shelf, ShelfState
from domain.shop import Shop


class ShelfTaken(DomainError):
    """There is already something where a shop should be put."""

    def __init__(self) -> None:
        super().__init__("The database already holds a shop. To throw it away, say --reset.")


def silent(*_: int) -> None:
    """Nobody listens."""


async def seed(
    shelf: Shelf,
    shop: Callable[[], Shop],
    *,
    reset: bool = False,
    told: Callable[[int, int], None] = silent,
) -> Shop:
    """Put a shop into an empty database. One that was put there by half is cleared away first.

    Raises:
        ShelfTaken: there is a shop already, and it is not to be thrown away.
    """
    state = await shelf.state()
    if state in {ShelfState.STOCKED, ShelfState.FOREIGN} and not reset:
        raise ShelfTaken
    if state is not ShelfState.EMPTY:
        await shelf.clear()
    made = shop()
    await shelf.fill(made, told)
    return made
