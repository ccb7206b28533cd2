"""Three gateways, a replica set of three and a Redis are broken in turn, and promises hold.

The short version; `make chaos` is the long one. `CHAOS_SEED` repeats a run's faults and wishes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.chaos import burst, checker, cluster, history, mutations, play
from tests.chaos.checker import Run
from tests.chaos.cluster import Cluster
from tests.chaos.history import History
from tests.chaos.play import Stage

SDL = Path(__file__).parents[2] / "schema" / "sdl" / "unified.graphql"
SEED = int(os.environ.get("CHAOS_SEED") or secrets.randbits(32))
RUSHED = ("primary killed",)
MIXED = "gateway killed", "primary frozen", "primary steps down"
WISHES, A_SECOND = 600, 40.0
WISHES_IN_THE_DARK = 200
EARS = 10
"""Who listen meanwhile, and come and go."""

MISSING = [kind for kind in mutations.DOCUMENTS if f"  {kind}(" not in SDL.read_text()]

Scenario = Callable[[Stage], Awaitable[Run]]

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(MISSING), reason=f"the graph cannot do these yet: {MISSING}"),
]


@pytest.fixture(scope="module")
async def broken_in_turn(tmp_path_factory) -> AsyncIterator[Cluster]:
    async with cluster.running(Path(tmp_path_factory.mktemp("cluster"))) as found:
        yield found


@pytest.fixture
async def judged(
    broken_in_turn: Cluster, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[Scenario], Awaitable[Run]]:
    """Plays a scenario and checks all claims about it; keeps its history if one does not hold."""
    path = tmp_path / f"{request.node.name}-{SEED}.jsonl"

    async def judge(scenario: Scenario) -> Run:
        try:
            with History(path) as lines:
                run = await scenario(Stage(broken_in_turn, lines, SEED))
            assert checker.broken(run) == {}
        except BaseException as error:
            error.add_note(f"CHAOS_SEED={SEED} {history.keep(path, broken_in_turn.folder)}")
            raise
        return run

    return judge


async def test_500_who_want_100_units_get_100(judged):
    run = await judged(lambda stage: play.rush(stage, RUSHED))

    assert list(checker.granted(run).values()) == [burst.UNITS] * len(RUSHED)


async def test_what_was_acknowledged_is_there_and_nothing_else_is(judged):
    run = await judged(
        lambda stage: play.mix(stage, MIXED, wishes=WISHES, a_second=A_SECOND, ears=EARS)
    )

    assert len(run.operations) >= WISHES
    assert len(run.heard) == EARS
    assert max(len(lines) for lines in run.heard.values()) > 1


async def test_without_redis_who_listens_misses_nothing(judged):
    async def dark(stage: Stage) -> Run:
        others = replace(stage, seed=stage.seed + 1)  # clients with keys of their own
        return await play.dark(others, wishes=WISHES_IN_THE_DARK, a_second=A_SECOND, ears=EARS)

    run = await judged(dark)

    assert len(run.heard) == EARS
