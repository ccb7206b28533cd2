"""A replica set of one `mongod`: transactions and change streams work as in production."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from gateway.embedded import server

Client = MongoClient[dict[str, Any]]  # a document holds whatever BSON does
# The member's address is a socket in its own folder, not a port: data opens on whatever port is
# free, and `mongod` never asks a stranger on an old port whether it is itself (30 s if mute).
SOCKET = "./mongodb.sock"
REPLICA_SET = {
    "_id": "kassa",
    "members": [{"_id": 0, "host": SOCKET}],
    "settings": {"electionTimeoutMillis": 2000},
}
# A new journal file of 32 MB rather than three of 100 MB halves the time to open; a transaction
# that fits half a gigabyte of cache fits it.
ENGINE = "log=(prealloc=false,file_max=32MB)"
# A client that is killed within a transaction keeps its locks until the server ends it: by default
# a minute later. Ours give up after four seconds.
TRANSACTION_SECONDS = 5
# For how long the past may be read, which nobody does: by default five minutes, in which the files
# of what was dropped stay open too, so that tests with a database each run out of files.
HISTORY_SECONDS = 0


def started(binary: Path, data: Path, lock: int) -> AbstractContextManager[server.Server]:
    folder, port = data / "mongodb", server.free_port()
    command = [str(binary), *_options(folder, port)]
    return server.started(command, log=data / "mongodb.log", folder=folder, port=port, lock=lock)


def ready(mongod: server.Server) -> str:
    """Initiate the replica set if it is new, wait until it takes writes, and return its URL.

    The URL is for a client that talks to this member and does not look for others.

    Raises:
        EmbeddedError: `mongod` ended or is not ready in time.
    """
    mongod.until(lambda: server.listens(mongod.port))
    url = f"mongodb://{server.HOST}:{mongod.port}/?directConnection=true"
    client: Client = MongoClient(url, serverSelectionTimeoutMS=1000, socketTimeoutMS=5000)
    with client:
        mongod.until(lambda: _is_primary(client))
    return url


def _is_primary(client: Client) -> bool:
    try:
        hello = client.admin.command("hello")
        if "setName" not in hello:
            client.admin.command("replSetInitiate", REPLICA_SET)
        return hello["isWritablePrimary"]
    except PyMongoError:
        return False  # not yet; a death is noticed by whoever waits


def _options(folder: Path, port: int) -> list[str]:
    return [
        *("--dbpath", str(folder), "--replSet", str(REPLICA_SET["_id"])),
        *("--bind_ip", f"{server.HOST},{SOCKET}", "--port", str(port), "--nounixsocket"),
        *("--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "256"),
        *("--wiredTigerEngineConfigString", ENGINE),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        *("--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"),
        *("--setParameter", f"minSnapshotHistoryWindowInSeconds={HISTORY_SECONDS}"),
        *("--noscripting", "--quiet"),
    ]
