"""Whose pages may open a socket or a stream: WebSocket knows no protection of the same origin.

Source: https://www.rfc-editor.org/rfc/rfc6455#section-10.2
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit


def is_own(headers: Mapping[str, str], origins: Collection[str]) -> bool:
    """Is it no browser's, or of a page from here or from an origin that is allowed?"""
    origin = headers.get("origin")
    return origin is None or origin in origins or urlsplit(origin).netloc == headers.get("host")
