"""Changing a document by an update that does nothing when it comes again.

After silence a driver asks for any update once more. Lest it happen twice, MongoDB keeps a copy of
each document that it changes and gives back, which for a large one is as much to write as the
change itself. An update that recognises its own effect needs no copy, and is asked again here.

Source: https://www.mongodb.com/docs/manual/core/retryable-writes/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pymongo
from pymongo.errors import AutoReconnect, WriteConcernError

from storage.mongo.driver import Database, Document, Filter, silence
from storage.mongo.driver.client import SETTINGS

SECONDS: float = SETTINGS["timeoutMS"] / 1000
CONCERN = {"w": SETTINGS["w"], "j": SETTINGS["journal"]}


async def change(
    database: Database, collection: str, where: Filter, update: Sequence[Filter], fields: Filter
) -> Document | None:
    """Change the one document that matches, and give it as it is now.

    Raises:
        Unavailable: there is no answer; it may have happened.
    """
    command = {
        "findAndModify": collection,
        "query": where,
        "update": update,
        "fields": fields,
        "new": True,
        "writeConcern": CONCERN,
    }
    with silence.told(), pymongo.timeout(SECONDS):
        try:
            return await _found(database, command)
        except AutoReconnect:
            return await _found(database, command)


async def _found(database: Database, command: Mapping[str, Any]) -> Document | None:
    answer = await database.command(command)
    if concern := answer.get("writeConcernError"):
        raise WriteConcernError(concern.get("errmsg", ""), concern.get("code"), concern)
    return answer["value"]
