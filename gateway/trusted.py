"""Documents that need not be sent: those that the operator registered, and those that came before.

What is registered is read from a manifest when the gateway starts, and never changes while it
runs. What a client sends with its hash is remembered for a while, by this gateway alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType

from msgspec import Struct

from domain.viewer import Role, Viewer
from gateway.execution.documents import MAX_SOURCE_LENGTH
from gateway.execution.measuring import AD_HOC, REGISTERED, Limits
from gateway.execution.recent import Recent
from gateway.reading import Asked

NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_REGISTERED = "DOCUMENT_NOT_REGISTERED"
BAD_REQUEST = "BAD_REQUEST"

OUTSIDE = frozenset({Role.ANONYMOUS, Role.SHOPPER})
"""Who uses the retailer's own front ends, whose documents are known beforehand."""

MAX_REMEMBERED, MAX_REMEMBERED_BYTES = 1_000, 8 * 2**20

NOTHING: Mapping[str, str] = MappingProxyType({})


class Text(Struct, frozen=True):
    """A document to execute, and how large it may be."""

    text: str
    limits: Limits = AD_HOC

    @property
    def is_registered(self) -> bool:
        return self.limits is REGISTERED


class Missing(Struct, frozen=True):
    """Why there is none."""

    message: str
    code: str


@dataclass(frozen=True, slots=True)
class _Remembered:
    text: str

    @property
    def weight(self) -> int:
        return 4 * len(self.text)


class Library:
    """Finds documents. `registered` are texts by hash; `bound` are roles that may ask no others."""

    def __init__(
        self, registered: Mapping[str, str] = NOTHING, bound: Collection[Role] = ()
    ) -> None:
        self._registered = registered
        self._bound = bound
        self._remembered: Recent[_Remembered] = Recent(MAX_REMEMBERED, MAX_REMEMBERED_BYTES)

    def found(self, asked: Asked, viewer: Viewer) -> Text | Missing:
        """The document that is asked for, if this viewer may ask it."""
        if asked.document:
            text = self._registered.get(asked.document)
            return Text(text, REGISTERED) if text else NO_SUCH
        found = self._sent(asked)
        if viewer.role in self._bound and isinstance(found, Text) and not found.is_registered:
            return FOR_OTHERS
        return found

    def _sent(self, asked: Asked) -> Text | Missing:
        """A document that came with the request, or before."""
        key = asked.digest
        if key is None:
            return self._known(asked.query) if self._bound else Text(asked.query)
        if key in self._registered:
            return Text(self._registered[key], REGISTERED)
        if not asked.query:
            before = self._remembered.get(key)
            return Text(before.text) if before else SEND_IT
        if digest(asked.query) != key:
            return NOT_ITS_HASH
        if len(asked.query) <= MAX_SOURCE_LENGTH and not self._remembered.get(key):
            self._remembered.put(key, _Remembered(asked.query))
        return Text(asked.query)

    def _known(self, text: str) -> Text:
        """A text that is registered may as well be sent."""
        is_registered = len(text) <= MAX_SOURCE_LENGTH and digest(text) in self._registered
        return Text(text, REGISTERED) if is_registered else Text(text)


def digest(text: str) -> str:
    """By what a document is asked for: 64 hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


NO_SUCH = Missing("No such document is registered.", NOT_FOUND)
SEND_IT = Missing("PersistedQueryNotFound", NOT_FOUND)
"""Apollo's clients know it by its message, and send the text."""

NOT_ITS_HASH = Missing("`sha256Hash` is not the hash of `query`.", BAD_REQUEST)
FOR_OTHERS = Missing(
    "Only registered documents are answered here: send a `documentId`.", NOT_REGISTERED
)
