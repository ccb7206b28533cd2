"""Why a server did not start, in a sentence that says what to do."""

from __future__ import annotations

import re
import signal
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

ELSEWHERE = "choose another folder with KASSA_DATA"
ALTERNATIVES: Mapping[str, str] = MappingProxyType(
    {
        "mongod": "set KASSA_MONGODB_URL to a MongoDB of yours, or run `docker compose up`",
        "redis-server": "set KASSA_REDIS_URL to a Redis of yours, or run `docker compose up`",
    }
)
PACKAGE_BY_LIBRARY: Mapping[str, str] = MappingProxyType(
    {
        "libcrypto.so.3": "libssl3",
        "libcurl.so.4": "libcurl4",
        "libgcc_s.so.1": "libgcc-s1",
        "liblzma.so.5": "liblzma5",
        "libssl.so.3": "libssl3",
    }
)
# What to say when the causes in a log match; the first match counts.
SENTENCES: Sequence[tuple[str, str]] = (
    (
        r"loading shared libraries: (?P<library>[^:\s]+)",
        "{name} needs {library}, which this machine lacks: {install}, {alternative}.",
    ),
    (
        r"version `(?P<library>[^']+)' not found",
        "{name} needs {library}, and this system is older: {alternative}.",
    ),
    (
        r"No space left on device",
        "The disk of {data} is full: free some space, or {elsewhere}.",
    ),
    (
        r"UPGRADE PROBLEM|Wrong mongod version|any compatibility version|unsupported WiredTiger",
        "{data} was written by another version of MongoDB: {version}, or {elsewhere}.",
    ),
    (
        r"Permission denied|Read-only file system|read-only directory|Operation not permitted",
        "{name} may not write in {data}: change its owner or its rights, or {elsewhere}.",
    ),
    (
        r"Address already in use",
        "Another program took the port of {name} at this very moment: start again.",
    ),
)


class EmbeddedError(Exception):
    """An embedded server cannot be had; the message is a sentence or two that say what to do."""


class Line(msgspec.Struct):
    """One line of MongoDB's log. Source: https://www.mongodb.com/docs/manual/reference/log-messages/."""

    severity: str = msgspec.field(name="s")
    message: str = msgspec.field(name="msg")
    attributes: dict[str, Any] = msgspec.field(name="attr", default_factory=dict[str, Any])

    def __str__(self) -> str:
        inner = (_text(self.attributes.get(name)) for name in ("error", "message"))
        return ": ".join(filter(None, (self.message, *inner)))


@contextmanager
def writing(data: Path) -> Generator[None]:
    """Raises EmbeddedError where the block cannot write under `data`."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(f"{data} cannot be written ({error.strerror}): {ELSEWHERE}.") from error


def explained(name: str, code: int | None, log: Path) -> str:
    """Why `name` ended with exit code `code`, or hangs if that is None."""
    causes = list(_causes(log))
    everything = "\n".join(causes)
    for pattern, sentence in SENTENCES:
        if found := re.search(pattern, everything):
            return sentence.format_map(_words(name, log, found))
    if code == -signal.SIGILL:  # MongoDB 5 and later need AVX
        return f"This processor lacks what {name} needs: {ALTERNATIVES[name]}."
    why = causes[0].rstrip(".") if causes else "it said nothing"
    return f"{name} {_ended(code)}: {why}. See {log}, or {ELSEWHERE}."


def _ended(code: int | None) -> str:
    return "is not ready in time" if code is None else f"stopped at its start (exit code {code})"


def _words(name: str, log: Path, found: re.Match[str]) -> Mapping[str, str]:
    library = found.groupdict().get("library", "")
    package = PACKAGE_BY_LIBRARY.get(library)
    return {
        "name": name,
        "data": str(log.parent),
        "library": library,
        "install": f"`apt install {package}`" if package else "install it",
        "alternative": ALTERNATIVES[name],
        "elsewhere": ELSEWHERE,
        "version": "run that one (likely newer) and set KASSA_MONGODB_URL",
    }


def _causes(log: Path) -> Iterator[str]:
    """What went wrong: MongoDB's errors from the first on, then plain text from the last back."""
    lines = log.read_text(errors="replace").splitlines()
    yield from (str(line) for line in map(_parsed, lines) if line and line.severity in ("E", "F"))
    yield from (line.strip() for line in reversed(lines) if line.strip() and not _parsed(line))


def _parsed(line: str) -> Line | None:
    try:
        return msgspec.json.decode(line, type=Line)
    except msgspec.DecodeError:
        return None


def _text(said: object) -> str:
    match said:
        case {"msg": str(text), "error_str": str(error)}:  # WiredTiger
            return f"{text}: {error}"
        case str(text) | {"msg": str(text)} | {"errmsg": str(text)}:
            return text
        case _:
            return ""
