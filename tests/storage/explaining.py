"""How MongoDB found an answer, as it says itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storage.mongo import MongoRepositories
from storage.mongo.clock import Clock
from storage.mongo.driver import Database
from storage.mongo.landing import MongoRecords
from tests.storage.listening import Told

SMALL = {"channels", "locations"}
"""Collections that are read whole, and fit on a page."""

NOT_PASSED_ON = {"lsid", "$db", "$clusterTime", "txnNumber", "maxTimeMS", "readConcern"}


class Answer:
    """How MongoDB found what one command asked for."""

    def __init__(self, command: dict[str, Any], explained: dict[str, Any]) -> None:
        self.collection = command.get("find") or command.get("aggregate")
        self.explained = explained

    @property
    def stages(self) -> set[str]:
        return {each["stage"] for each in self._plans(self.explained)}

    def _plans(self, part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            if isinstance(part.get("stage"), str):
                yield part
            for name, inner in part.items():
                if name not in {"rejectedPlans", "command", "allPlansExecution"}:
                    yield from self._plans(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from self._plans(inner)

    def sums(self, name: str) -> int:
        """All values of `name`, wherever MongoDB says it."""
        return sum(self._values(self.explained, name))

    def _values(self, part: Any, name: str) -> Iterator[int]:
        if isinstance(part, dict):
            if isinstance(part.get(name), int):
                yield part[name]
            for inner, value in part.items():
                if inner not in {"rejectedPlans", "command", "allPlansExecution"}:
                    yield from self._values(value, name)
        elif isinstance(part, list):
            for inner in part:
                yield from self._values(inner, name)


class Asker:
    """Asks the repositories, and then MongoDB how it went."""

    def __init__(self, database: Database, listener: Told) -> None:
        self.found = MongoRepositories(database)
        self.records = MongoRecords(database, Clock(database))
        self._database = database
        self._listener = listener

    async def explained(self, question: Any) -> tuple[Any, list[Answer]]:
        """What a repository answers, and how MongoDB found it."""
        self._listener.heard()
        answer = await question
        commands = [
            {name: value for name, value in command.items() if name not in NOT_PASSED_ON}
            for command in self._listener.heard()
        ]
        return answer, [Answer(each, await self._explain(each)) for each in commands]

    async def _explain(self, command: dict[str, Any]) -> dict[str, Any]:
        return await self._database.command({"explain": command, "verbosity": "executionStats"})


def without_scans(answers: list[Answer]) -> None:
    assert answers
    for answer in answers:
        if answer.collection not in SMALL:
            assert answer.stages.isdisjoint({"COLLSCAN", "SORT"}), answer.explained
            assert answer.sums("collectionScans") == 0, answer.explained


def documents_read(answers: list[Answer]) -> int:
    return sum(answer.sums("totalDocsExamined") for answer in answers)
