"""What is posted becomes entries, each read for itself: one that is wrong stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, cast

import msgspec
from msgspec import Struct

from adapters.till.translate import entries as told
from adapters.till.translate.entries import Clock
from adapters.till.translate.words import PARTS, TYPES, Batch, Head, Message
from domain.channels.inbound import Unreadable
from domain.channels.numbered import Asked, Entry, EntryKey, Log, Outcome
from domain.channels.told import Word

Document = Mapping[str, Any]
LONGEST_WORD = 40


def read(body: bytes) -> Batch:
    """The batch that was posted, of which each entry can be told from all others.

    Raises:
        Unreadable: it is none.
    """
    try:
        batch = msgspec.json.decode(body, type=Batch)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable(f"It is no batch: {error}.") from error
    for n, raw in enumerate(batch.entries):
        try:
            msgspec.json.decode(raw, type=Head)
            _document(raw)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise Unreadable(f"entries[{n}] cannot be told from others: {error}.") from error
    return batch


def _head(raw: msgspec.Raw) -> Head:
    return msgspec.json.decode(raw, type=Head)


def _key(raw: msgspec.Raw) -> EntryKey:
    head = _head(raw)
    return EntryKey(head.device, head.sequence)


def _document(raw: msgspec.Raw) -> Document:
    return msgspec.json.decode(raw, type=dict[str, Any])


def digest(raw: msgspec.Raw) -> str:
    """What recognises an entry, however its JSON is laid out."""
    return sha256(msgspec.json.encode(_document(raw), order="sorted")).hexdigest()


def devices(batch: Batch) -> set[str]:
    """All that it speaks for, or asks about."""
    return {*batch.devices, *(_head(raw).device for raw in batch.entries)}


def asked(batch: Batch) -> Asked:
    found = {_key(raw): digest(raw) for raw in batch.entries}
    return Asked(found, tuple(sorted(devices(batch))), batch.wait)


def entries(batch: Batch, account: str, clock: Clock) -> list[Entry]:
    """In the order of their logs, so that a return finds its sale."""
    in_order = sorted(batch.entries, key=_key)
    return [_entry(raw, account, clock) for raw in in_order]


def _entry(raw: msgspec.Raw, account: str, clock: Clock) -> Entry:
    head, key = _head(raw), _key(raw)
    if head.type not in TYPES:
        wrong = f"This version knows no entries of the type {head.type!r}."
        return told.wrong(key, digest(raw), clock, wrong, (Word("type", head.type or "(none)"),))
    try:
        message = msgspec.json.decode(raw, type=Message)
    except msgspec.DecodeError as error:
        return told.wrong(key, digest(raw), clock, f"It is no {head.type}: {error}.")
    kind = cast("type[Struct]", type(message))
    words = tuple(_strange(_document(raw), kind, head.type))
    return told.entry(message, digest(raw), account, clock, words)


def _strange(document: Document, kind: type[Struct], where: str) -> list[Word]:
    """Fields that this version does not know, each once."""
    known = {*kind.__struct_fields__, "type"}
    found = [Word(where, name[:LONGEST_WORD] or "(none)") for name in document if name not in known]
    for name, inner in PARTS.get(kind, {}).items():
        held = document.get(name)
        for each in cast("Sequence[Document]", held if isinstance(held, list) else [held]):
            found += _strange(each, inner, f"{where}.{name}") if each else []
    return list(dict.fromkeys(found))


def answer(outcomes: Sequence[Outcome], logs: Sequence[Log]) -> bytes:
    """What the till hears."""
    return msgspec.json.encode(
        {
            "entries": [
                {
                    "device": each.key.device,
                    "sequence": each.key.sequence,
                    "outcome": each.verdict,
                    "why": each.why,
                }
                for each in outcomes
            ],
            "devices": [
                {
                    "device": each.device,
                    "through": each.through,
                    "last": each.last,
                    "missing": each.missing,
                }
                for each in logs
            ],
        }
    )
