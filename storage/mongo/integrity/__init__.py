"""Checks what must always be true, a piece at a time."""

from storage.mongo.integrity.checking import Checker
from storage.mongo.integrity.watching import Watch

__all__ = ["Checker", "Watch"]
