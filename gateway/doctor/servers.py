"""Judging MongoDB and Redis by what they told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from gateway import floors
from gateway.doctor.findings import Finding, fail, ok, warn
from gateway.settings import Settings, SettingsError

MIB, GIB = 2**20, 2**30
LEAST_OPLOG = 990 * MIB
"""What MongoDB itself gives a set at least, for production. Source: its manual, `oplogSizeMB`."""

LEAST_OPLOG_EMBEDDED = 200 * MIB
LEAST_WINDOW = timedelta(hours=24)
KNOWN_WINDOW = timedelta(hours=1)
"""A younger oplog says nothing of how long it lasts."""

CLOCK_WARN, CLOCK_FAIL = timedelta(seconds=1), timedelta(seconds=30)
LAG_WARN_SECONDS, LAG_FAIL_SECONDS = 5, 60
MEMBERS = 3
ROOM_WARN, ROOM_FAIL = 0.15, 0.05
FORGETFUL = frozenset({"allkeys-random", "volatile-random", "allkeys-lfu", "volatile-lfu"})
"""They drop whoever spends just now; the others drop who has not asked for longest, or nobody."""

MIGRATE = "Run `kassa migrate`."
MONGODB, REDIS = "MongoDB", "Redis"


def version(settings: Settings, server: str, found: str) -> Finding:
    try:
        floors.check(server, found)
    except SettingsError as error:
        if settings.is_development or settings.allow_old_servers:
            do = f"Upgrade {server} before it serves anybody else."
            return warn(f"{server} version", f"{found}, which has known security holes.", do)
        return fail(f"{server} version", f"{found}.", str(error))
    return ok(f"{server} version", f"{found}.")


def members(settings: Settings, count: int) -> Finding:
    check = f"{MONGODB} members"
    if count == 0:
        do = "Start it with --replSet and initiate it: there is no transaction without."
        return fail(check, "It is no replica set.", do)
    if count < MEMBERS and not settings.is_development:
        do = f"Make it {MEMBERS}, on {MEMBERS} machines: the loss of one then loses nothing."
        return warn(check, f"A replica set of {count}.", do)
    return ok(check, f"A replica set of {count}.")


def shape(
    missing: Sequence[str], stray: Sequence[str], outdated: Sequence[str]
) -> Iterator[Finding]:
    check = "Indexes"
    if missing:
        yield fail(check, f"Missing or different: {_few(missing)}.", MIGRATE)
    if stray:
        do = "Drop what nobody else needs (`db.orders.dropIndex(…)`): each write pays for it."
        yield warn(check, f"Not ours: {_few(stray)}.", do)
    if not missing and not stray:
        yield ok(check, "All there, and no others.")
    if outdated:
        yield fail("Validators", f"Of another version: {_few(outdated)}.", MIGRATE)


def clock(here: datetime, there: datetime) -> Finding:
    apart = abs(here - there)
    found = f"{apart.total_seconds():.1f} s apart from MongoDB's."
    do = "Let NTP set the clocks of both machines: tokens are judged by this one."
    if apart > CLOCK_FAIL:
        return fail("Clock", found, do)
    return warn("Clock", found, do) if apart > CLOCK_WARN else ok("Clock", found)


class Log(Struct, frozen=True):
    """An oplog: bytes, and the time that it spans."""

    most: int
    used: int
    spans: timedelta

    @property
    def window(self) -> timedelta | None:
        """How long it lasts when it is full, at the pace until now; None if that is not known."""
        if self.spans < KNOWN_WINDOW or not self.used:
            return None
        return self.spans * (max(self.most, self.used) / self.used)


def oplog(settings: Settings, log: Log | None) -> Finding:
    check = f"{MONGODB} oplog"
    if log is None:
        do = "Give its user `clusterMonitor`, and `read` on the database `local`; or look yourself."
        return warn(check, "This user may not look at it.", do)
    least = LEAST_OPLOG_EMBEDDED if settings.is_development else LEAST_OPLOG
    do = "Make it larger: `db.adminCommand({replSetResizeOplog: 1, size: 4096})` on each member."
    if log.most < least:
        return fail(check, f"{log.most // MIB} MiB, less than {least // MIB}.", do)
    if log.window and log.window < LEAST_WINDOW:
        hours = log.window / timedelta(hours=1)
        return warn(check, f"{log.most // MIB} MiB, which last {hours:.0f} hours.", do)
    lasts = f", which last {log.window / timedelta(hours=1):.0f} hours" if log.window else ""
    return ok(check, f"{log.most // MIB} MiB{lasts}.")


def journal(seconds: float) -> Finding:
    found = f"{seconds:.1f} s behind."
    do = "See that a gateway runs, and what its log says of `journal`: one of them appends for all."
    if seconds > LAG_FAIL_SECONDS:
        return fail("Journal", found, do)
    return warn("Journal", found, do) if seconds > LAG_WARN_SECONDS else ok("Journal", found)


def disk(check: str, free: int, total: int, *, of: str = "") -> Finding:
    found = f"{free / GIB:.1f} of {total / GIB:.1f} GiB free{of}."
    do = "Make room before it is full: MongoDB then ends."
    if free < ROOM_FAIL * total:
        return fail(check, found, do)
    return warn(check, found, do) if free < ROOM_WARN * total else ok(check, found)


def memory(settings: Settings, most: int, policy: str) -> Finding:
    check = f"{REDIS} memory"
    if most and policy in FORGETFUL:
        do = "Set `maxmemory-policy` to volatile-ttl (or noeviction)."
        found = f"{policy}: when it is full, whoever spends most is forgotten, and may spend again."
        return warn(check, found, do)
    if not most and not settings.is_development:
        return warn(check, "It may take all memory there is.", "Set `maxmemory` to 128mb.")
    return ok(check, f"{most // MIB} MiB at most, then {policy}." if most else "No bound.")


def _few(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
