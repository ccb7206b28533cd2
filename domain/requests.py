"""A request to change something, recognised when it comes again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from domain.refusals import REFUSALS, Invalid, Refusal, Refused
from domain.values import Actor
from domain.viewer import Viewer

T = TypeVar("T")

LONGEST_KEY = 255

NOTHING = msgspec.Raw(msgspec.msgpack.encode(None))

KINDS = {kind.__name__: kind for kind in REFUSALS}


class Request(Struct, frozen=True):
    """Who wants what, under which key. `arguments` are the parsed ones, as MessagePack.

    An open one must be finished, or undone, even if nobody asks for it again.
    """

    operation: str
    viewer: Viewer
    actor: Actor
    key: str
    arguments: bytes
    is_open: bool = True

    @property
    def id(self) -> str:
        """The same for the same principal, operation and key, and for no other."""
        return _digest(self.viewer.principal, self.operation, self.key)

    @property
    def fingerprint(self) -> str:
        """The same for the same arguments."""
        return sha256(self.arguments).hexdigest()


class Claim(Struct, frozen=True):
    """The right to carry a request out, until the database's clock is past `deadline`.

    `id` is the request's; effects derive their own ids from it.
    """

    id: str
    fingerprint: str
    owner: str
    deadline: datetime
    is_open: bool = True


class Answer(Struct, Generic[T], frozen=True):
    """What came of a request: a value, or why not. `replayed` if it was carried out before."""

    value: T | None = None
    refusals: tuple[Refusal, ...] = ()
    replayed: bool = False


class Kept(Struct, frozen=True):
    """An answer as it is kept: the value, or the names and data of the refusals."""

    value: msgspec.Raw = NOTHING
    refusals: Sequence[tuple[str, msgspec.Raw]] = ()


def checked(key: str) -> str:
    """`key`, if it may be one.

    Raises:
        Refused: it is empty, too long, or not made of printable ASCII.
    """
    if 1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable():
        return key
    why = f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters."
    raise Refused([Invalid(path=("idempotencyKey",), why=why)])


def kept(answer: Answer[T]) -> bytes:
    """An answer, to be told again."""
    encode = msgspec.msgpack.encode
    value = msgspec.Raw(encode(answer.value))
    refusals = [(type(each).__name__, msgspec.Raw(encode(each))) for each in answer.refusals]
    return encode(Kept(value, refusals))


def told_again(raw: bytes, kind: type[T]) -> Answer[T]:
    """A kept answer."""
    found = msgspec.msgpack.decode(raw, type=Kept)
    is_nothing = bytes(found.value) == bytes(NOTHING)
    value = None if is_nothing else msgspec.msgpack.decode(found.value, type=kind)
    refusals = [msgspec.msgpack.decode(each, type=KINDS[name]) for name, each in found.refusals]
    return Answer(value, tuple(refusals), replayed=True)


def _digest(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()[:40]
