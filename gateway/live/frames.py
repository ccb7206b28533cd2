"""Frames of a WebSocket, as they stand on the wire."""

from __future__ import annotations

from collections.abc import Sequence


def framed(text: bytes) -> bytes:
    """One unmasked text frame. Source: RFC 6455, 5.2."""
    size = len(text)
    if size < 126:
        return b"\x81%c%b" % (size, text)
    if size < 2**16:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), text)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), text)


def is_utf8(frames: Sequence[bytes]) -> bool:
    """Is a message, of these frames, text?"""
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
