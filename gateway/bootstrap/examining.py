"""What `kassa doctor` asks of servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from domain.errors import Unavailable
from gateway.bootstrap.opening import bell, database
from gateway.doctor import servers
from gateway.doctor.findings import Finding, fail, ok
from gateway.doctor.servers import MONGODB, REDIS, Log
from gateway.settings import Settings
from storage.mongo.driver import Database
from storage.mongo.driver.admin import Oplog, members
from storage.mongo.health import Health, health

LOCAL = "local"


async def mongodb(settings: Settings) -> Sequence[Finding]:
    """How MongoDB is, and what is in it."""
    chosen = database(settings)
    local = Database(settings.mongodb_url or "", LOCAL, driver=settings.mongodb_driver.value)
    try:
        await chosen.ping()
        answers = ok(MONGODB, "It answers.")
        if not (count := await members(chosen)):
            return [answers, servers.members(settings, count)]  # nothing else can be asked of it
        asked = datetime.now(UTC)
        told = await health(chosen, local)
    except Unavailable as error:
        return [fail(MONGODB, error.message, "Start it, or mend KASSA_MONGODB_URL.")]
    finally:
        await chosen.close()
        await local.close()
    return [answers, servers.members(settings, count), *_judged(settings, told, asked)]


def _judged(settings: Settings, told: Health, asked: datetime) -> Sequence[Finding]:
    shape, disk = told.shape, told.disk
    return [
        servers.version(settings, MONGODB, told.version),
        *servers.shape(shape.missing, shape.stray, shape.outdated),
        servers.clock(asked, told.now),
        servers.oplog(settings, _log(told.oplog)),
        servers.journal(told.journal_lag),
        *([servers.disk(f"{MONGODB} disk", disk.free, disk.total)] if disk else ()),
    ]


def _log(oplog: Oplog | None) -> Log | None:
    return oplog and Log(oplog.most, oplog.used, oplog.last - oplog.first)


async def redis(settings: Settings) -> Sequence[Finding]:
    """How Redis is."""
    line = bell(settings)
    try:
        server, version = await line.version()
        most, policy = await line.memory()
    except Unavailable as error:
        return [fail(REDIS, error.message, "Start it, or mend KASSA_REDIS_URL.")]
    finally:
        await line.close()
    return [
        ok(REDIS, "It answers."),
        servers.version(settings, server, version),
        servers.memory(settings, most, policy),
    ]
