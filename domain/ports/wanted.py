"""What an answer shows of stored values, so that a read may leave out the rest."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

Attributes = Mapping[str, bool]
"""Names of attributes: with all that is in their values, or with what is wanted of those."""


class Wanted(Struct, frozen=True, eq=False, weakref=True):
    """The attributes that somebody looks at, by class; a class that is not named is wanted whole.

    A narrowed value has no other attributes. It counts as an instance of its class.
    """

    by_class: Mapping[type, Attributes]

    def of(self, kind: type) -> Attributes | None:
        """What is wanted of values of a class; None: everything."""
        return self.by_class.get(kind)


EVERYTHING = Wanted({})
