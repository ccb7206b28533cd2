"""What may go wrong in a way that a client is told about. The whole tree fits on this page."""

from __future__ import annotations

from typing import ClassVar


class KassaError(Exception):
    """Something a client may read: `message` is a sentence, `code` is for programs."""

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(KassaError):
    """What was asked cannot be understood or is out of bounds."""

    code = "BAD_USER_INPUT"


class Unauthenticated(KassaError):
    """The credentials are missing, damaged or no longer good."""

    code = "UNAUTHENTICATED"


class Forbidden(KassaError):
    """Who asks may not do this, whatever the arguments."""

    code = "FORBIDDEN"


class Unavailable(KassaError):
    """Something that Kassa needs does not answer; the same request may succeed later."""

    code = "UNAVAILABLE"


class DomainError(KassaError):
    """A rule refuses. A subclass is named after the rule and carries what a client may use."""

    code = "INVALID"
