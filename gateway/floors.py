"""The versions of servers below which production does not start.

Those older have a hole that needs no credentials, or that lets who has some run code. Looked up in
November 2026; whoever raises one writes down why.

MongoDB: https://www.cve.org/CVERecord?id=CVE-2026-118383 (use after free before authentication, in
a primary's catch-up), which names each version; also CVE-2025-14847 and CVE-2026-9740. 8.2 ended in
July 2026: https://endoflife.date/mongodb.
Redis: https://redis.io/blog/security-advisory-cve-2026-81934/ (strangers run code, over TLS) for
8.2 and later; for those before, the release of the same day, which mends all supported series:
https://github.com/docker-library/official-images/pull/22078. 8.0 gets no repairs any more.
Valkey: https://github.com/valkey-io/valkey/releases/tag/8.1.9 (CVE-2026-56684, CVE-2026-63639: code
is run) and its siblings of 21 July 2026; of 7.2 the next that is known to have them.
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
        "MongoDB": {(6, 0): 30, (7, 0): 48, (8, 0): 37, (8, 3): 16, (9, 0): 7},
        "Redis": {
            (6, 2): 24,
            (7, 2): 16,
            (7, 4): 11,
            (8, 2): 9,
            (8, 4): 6,
            (8, 6): 6,
            (8, 8): 2,
            (8, 10): 1,
        },
        "Valkey": {(7, 2): 16, (8, 0): 10, (8, 1): 9, (9, 0): 5, (9, 1): 1},
    }
)
"""The least patch of each series; series behind the last are taken to have it from the start.

Series that are left out get no repairs any more.
"""


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
