"""What MongoDB may answer that a caller has to tell apart."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from bson.errors import InvalidBSON


class Taken(Exception):
    """A unique value is there already."""


class Invalid(Exception):
    """The validator of a collection refuses the document at `position` of those to be added."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class Undecodable(Exception):
    """Bytes are there that are no document."""


@contextmanager
def decoding(collection: str) -> Generator[None]:
    """For reads of documents.

    Raises:
        Undecodable: one of them has a date, or a text, that cannot be.
    """
    try:
        yield
    except InvalidBSON as error:
        raise Undecodable(collection) from error
