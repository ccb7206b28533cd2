"""What the primary wrote and no majority acknowledged is neither done nor failed."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pymongo.errors import BulkWriteError, OperationFailure, WriteConcernError, WTimeoutError

from domain.errors import Unavailable
from gateway.embedded import Embedded
from storage.mongo.driver import Database, Driver, Write, silence

TWO_OF_ONE = 2
"""As many members as must acknowledge a write here, where there is only one."""

THERE, NEW = {"_id": "there"}, {"_id": "new"}


async def _put_within(database: Database) -> None:
    await database.put("things", NEW)


WRITES: dict[str, Callable[[Database], Awaitable[Any]]] = {
    "put": lambda database: database.put("things", NEW),
    "add": lambda database: database.add("things", [NEW]),
    "add, some of it twice": lambda database: database.add("things", [THERE, NEW]),
    "add in order": lambda database: database.add_in_order("things", [NEW]),
    "change": lambda database: database.change("things", THERE, {"$set": {"n": 1}}),
    "change all": lambda database: database.change_all("things", {}, {"$set": {"n": 1}}),
    "change each": lambda database: database.change_each("things", [({}, {"$set": {"n": 1}})]),
    "write": lambda database: database.write("things", [Write(NEW)]),
    "replace": lambda database: database.replace("things", NEW),
    "delete": lambda database: database.delete("things", THERE),
    "transaction": lambda database: database.transaction(_put_within),
}


@pytest.fixture
async def lonely(servers: Embedded, driver: Driver) -> AsyncIterator[Database]:
    """A database whose primary has lost those who should acknowledge a write."""
    name = f"test_{secrets.token_hex(6)}"
    heard = Database(servers.mongodb_url or "", name, driver=driver)
    await heard.insert("things", [THERE])
    found = Database(servers.mongodb_url or "", name, driver=driver, w=TWO_OF_ONE)
    yield found
    await heard.drop()
    for each in (heard, found):
        await each.close()


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_that_no_majority_acknowledged_may_be_there(lonely: Database, write: str):
    before = await lonely.find("things", {})

    with pytest.raises(Unavailable, match=r"does not answer"):
        await WRITES[write](lonely)

    assert await lonely.find("things", {}) != before


UNKNOWN = {
    "not acknowledged in time": WTimeoutError("waiting for replication timed out", 64),
    "not acknowledged within maxTimeMS": WriteConcernError("operation exceeded time limit", 50),
    "only some of it acknowledged": BulkWriteError(
        {"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "timed out"}]}
    ),
    "no majority to read from yet": OperationFailure("not available yet", 134),
}
CLEAR = {
    "refused": OperationFailure("Document failed validation", 121),
    "some of it refused": BulkWriteError({"writeErrors": [{"code": 121}]}),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_nobody_knows_what_became_of_it(what: str):
    with pytest.raises(Unavailable), silence.told():
        raise UNKNOWN[what]


@pytest.mark.parametrize("what", CLEAR)
def test_a_clear_answer_is_not_silence(what: str):
    error = CLEAR[what]

    with pytest.raises(type(error)), silence.told():
        raise error
