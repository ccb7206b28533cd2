"""The versions of servers below which production does not start: those with holes known to be used.

Sources: https://www.mongodb.com/docs/manual/release-notes/ (CVE-2025-14847: strangers read the
server's memory), https://redis.io/blog/security-advisory-cve-2025-49844/ and
https://github.com/valkey-io/valkey/releases (CVE-2025-49844: scripts run code).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from gateway.settings import SettingsError

Series = tuple[int, int]
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")

FLOORS: Mapping[str, Mapping[Series, int]] = MappingProxyType(
    {
        "MongoDB": {(6, 0): 27, (7, 0): 28, (8, 0): 17, (8, 2): 3},
        "Redis": {(6, 2): 20, (7, 2): 11, (7, 4): 6, (8, 0): 4, (8, 2): 2},
        "Valkey": {(7, 2): 11, (8, 0): 6, (8, 1): 4},
    }
)
"""The least patch of each series; series behind the last are taken to have it from the start."""


def check(server: str, version: str) -> None:
    """Refuse a server that is too old.

    Raises:
        SettingsError: it is; the message says what to do.
    """
    floors = FLOORS[server]
    found = VERSION.match(version)
    if found and is_enough(floors, *map(int, found.groups())):
        return
    least = ", ".join(f"{major}.{minor}.{patch}" for (major, minor), patch in floors.items())
    raise SettingsError(
        f"{server} {version} has known security holes; production needs one of {least} or newer. "
        "KASSA_ALLOW_OLD_SERVERS=true starts all the same."
    )


def is_enough(floors: Mapping[Series, int], major: int, minor: int, patch: int) -> bool:
    """Is a version one of those with the holes mended?"""
    series = (major, minor)
    return series > max(floors) or patch >= floors.get(series, patch + 1)
