"""Whose budget a request is charged to."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from domain.viewer import Role, Viewer

UNKNOWN = "unknown"
NETWORK_BITS = 64
"""One subscriber has this much of IPv6, and may use another address for each request."""


def client(viewer: Viewer, peer: str | None) -> str:
    """The same text for the same client: who signed in, or else where a visitor comes from."""
    if viewer.role is Role.ANONYMOUS:
        return f"visitor:{_place(peer)}"
    return viewer.principal


def _place(peer: str | None) -> str:
    try:
        address = ip_address((peer or "").partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, NETWORK_BITS), strict=False))
    return str(address)
