"""Which addresses outside may be called, and which would lead to something of our own.

Whoever may write a URL must not reach what only this machine, or its network, can reach. Names
are resolved once, every address is checked, and the connection goes to a checked one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

PORTS = frozenset({443, 8443})
LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?=.{{4,253}}\Z)({LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
"""A host's name, with a dot in it; whatever a resolver might read as a number is none."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


def is_public(text: str) -> bool:
    """Does this address belong to the open Internet, however it is wrapped?"""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in _meant(address))


def _meant(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """The address, and the one that is written inside of it."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
        return
    yield address
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if any(address in network for network in NAT64):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def wrong_url(url: str, *, is_development: bool) -> str | None:
    """Why calls may not go there; None if they may. In development, loopback may be http."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "It is no URL."
    if parts.username or parts.password or parts.query or parts.fragment:
        return "It may hold neither a user, nor a query, nor a fragment."
    if is_development and host in LOOPBACK and parts.scheme in {"http", "https"}:
        return None
    if parts.scheme != "https":
        return "It must begin with https://."
    if port not in {None, *PORTS}:
        return "Only the ports 443 and 8443 may be called."
    if not NAME.fullmatch(host):
        return "It must name a host such as api.example.com, not an address or a short name."
    return None
