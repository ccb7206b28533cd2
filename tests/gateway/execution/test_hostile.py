"""What a plan answers is what graphql-core answers, over graphs that go wrong in every way.

Each case is a seed, so a failure is the same when it is run again; `pytest --first-seed N` runs
others than those of every day.
"""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest
from graphql import GraphQLObjectType

from gateway.execution.engine import Engine, Outcome
from gateway.execution.planner import PLANNED
from tests.gateway.execution.comparing import difference
from tests.gateway.execution.hostile import Toy
from tests.gateway.execution.operations import Operation, Writer

SCHEMAS, OPERATIONS, MOODS = 50, 30, 4
"""How many graphs, how many operations over each, and how often each is executed."""

HOSTILITY = (0, 1, 3, 10, 30)
SAMPLES: dict[str, Any] = {
    "Int": [0, 1, -5],
    "String": ["", "x", 'quo"te'],
    "Even": [0, 2, -6],
}
WORDS = ("query", "query", "query", "mutation", "subscription")


class Pair:
    """A toy graph under both executors."""

    def __init__(self, seed: int) -> None:
        self.toy = Toy(seed, HOSTILITY[seed % len(HOSTILITY)])
        self.planned = Engine(self.toy.schema, self.toy.wiring)
        self.oracle = Engine(self.toy.schema)
        self.oracle._documents = self.planned._documents

    def operation(self, seed: int) -> tuple[str, Operation]:
        random = Random(seed)
        word = random.choice(WORDS)
        root: GraphQLObjectType = self.toy.schema.type_map[word.capitalize()]  # type: ignore[assignment]
        writer = Writer(self.toy.schema, random, SAMPLES, size=4 + seed % 37)
        return word, writer.operation(root, word)

    async def outcomes(self, word: str, asked: Operation) -> list[tuple[Outcome, list[str]]]:
        """What each executor answers, and what the root fields did meanwhile."""
        return [await self._watched(each, word, asked) for each in (self.planned, self.oracle)]

    async def _watched(
        self, engine: Engine, word: str, asked: Operation
    ) -> tuple[Outcome, list[str]]:
        self.toy.steps = []
        return await self._outcome(engine, word, asked), self.toy.steps

    async def _outcome(self, engine: Engine, word: str, asked: Operation) -> Outcome:
        given = {"variables": asked.variables, "operation_name": None}
        if word != "subscription":
            return await engine.execute(asked.text, **given, context=None, allow_mutation=True)
        job = engine.subscription(asked.text, **given)
        if isinstance(job, Outcome):
            return job
        return await engine.event(job, self.toy.thing("Ant", 1), None)


@pytest.mark.parametrize("graph", range(SCHEMAS))
async def test_a_plan_answers_as_graphql_core_does(graph: int, first_seed: int):
    pair = Pair(first_seed + graph)
    for case, mood in product(range(OPERATIONS), range(MOODS)):
        seed = (first_seed + graph) * OPERATIONS + case
        word, asked = pair.operation(seed)
        pair.toy.mood = mood

        (planned, did), (oracle, does) = await pair.outcomes(word, asked.switched(mood))

        wrong = difference(planned, oracle)
        if word == "mutation" and did != does:
            wrong = f"done: {did}, not {does}"
        assert wrong is None, f"seed {seed}, mood {mood}: {wrong}\n{asked.text}\n{asked.variables}"
    assert pair.planned.executions[PLANNED] > OPERATIONS * MOODS / 2, pair.planned.executions
