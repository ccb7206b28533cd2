"""A batch of steps by the database is what a plain program makes of it, one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ids import LocationId, ReservationId, Sku
from domain.stock import ReservationLine, Step, StepKind, StepOutcome, Stepped
from domain.values import SYSTEM_ACTOR
from storage.mongo.stock import LEVELS
from storage.mongo.stock.expiry import expire, finish
from storage.mongo.stock.opening import level_document
from storage.mongo.stock.steps import grant
from tests.making import a_level
from tests.races.mirror import Held, Mirror

NOW = "$$NOW"
AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SKU, PLACE = Sku("SKU-0"), LocationId(a_level().location_id)
KEYS = [f"res_{n}" for n in range(5)]

quantities = st.integers(1, 4)
kinds = st.sampled_from([*StepKind, StepKind.RESERVE])


@st.composite
def steps(draw):
    """A step with any reservation; its cause may look like an expression."""
    return Step(
        kind=draw(kinds),
        reservation=ReservationId(draw(st.sampled_from(KEYS))),
        line=ReservationLine(SKU, PLACE, draw(quantities)),
        minutes=draw(st.sampled_from([1, 15, 1440])),
        cause="a-cause",
        actor=SYSTEM_ACTOR,
        deadline=draw(st.sampled_from([AHEAD, AHEAD, AHEAD, LONG_AGO])),
        subjects=tuple(draw(st.lists(st.sampled_from(["ord_1", "$free", "$$ROOT"]), max_size=2))),
        even_pinned=draw(st.booleans()),
    )


batches = st.lists(
    st.tuples(
        st.lists(steps(), min_size=1, max_size=5, unique_by=lambda step: step.reservation),
        st.sets(st.sampled_from(KEYS), max_size=2),
    ),
    min_size=1,
    max_size=6,
)


async def _do(database, batch):
    """The batch as one update; gives what became of it, the level, and the server's clock."""
    update = [*expire(), *grant(batch), *finish(), {"$set": {"done_at": NOW}}]
    level = await database.change(LEVELS.name, {"sku": SKU}, update)
    return msgspec.convert(level["last"], list[Stepped]), level


async def _run_out(database, mirror, keys):
    """Let the clock pass some holds."""
    gone = [key for key in keys if key in mirror.holds]
    for key in gone:
        mirror.holds[key].until = LONG_AGO
    if gone:
        untils = {f"reservations.{key}.until": LONG_AGO for key in gone}
        change = {"$set": {**untils, "next_expiry": LONG_AGO}}
        await database.change(LEVELS.name, {"sku": SKU}, change)


def _same(level, mirror, rest):
    names = ("free", "reserved", "committed", "version")
    assert {name: level[name] for name in names} == {n: getattr(mirror, n) for n in names}
    assert level["on_hand"] == level["committed"] + level["reserved"] + level["free"]
    held = {
        key: Held(hold["quantity"], hold["state"], hold["until"])
        for key, hold in level["reservations"].items()
    }
    assert held == mirror.holds
    outbox = level.get("outbox", [])
    told = [{name: each[name] for name in rest} for each in outbox]
    assert told == mirror.told
    assert ("pending_since" in level) == bool(mirror.told)
    untils = [hold.until for hold in mirror.holds.values() if hold.state == "ACTIVE"]
    assert not untils or level["next_expiry"] <= min(untils)


RULES = settings(
    max_examples=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RULES
@given(free=st.integers(0, 10), story=batches)
async def test_the_pipeline_does_what_a_plain_program_does(stall, free, story):
    database = stall.database
    await database.delete(LEVELS.name, {})
    await database.put(LEVELS.name, level_document(a_level(free)))
    mirror = Mirror(free)
    for batch, gone in story:
        await _run_out(database, mirror, gone)

        done, level = await _do(database, batch)

        expected = mirror.do(batch, level["done_at"])
        assert [(each.outcome, each.free) for each in done] == expected
        for step, each in zip(batch, done, strict=True):
            if each.outcome in {StepOutcome.DONE, StepOutcome.KNOWN}:
                held = mirror.holds.get(step.reservation)
                assert held is None or each.until == held.until
        _same(level, mirror, ("seq", "type", "cause", "subjects", "changes"))


async def test_where_nobody_ever_counted_a_step_is_unheard(stall):
    nowhere = ReservationLine(Sku("no such"), PLACE, 1)
    now = await stall.stores.now()
    step = Step(
        kind=StepKind.RESERVE,
        reservation=ReservationId("res_1"),
        line=nowhere,
        minutes=1,
        cause="a-cause",
        actor=SYSTEM_ACTOR,
        deadline=now + timedelta(minutes=1),
    )

    done = await stall.stores.holds.step(step)

    assert done == Stepped(StepOutcome.UNHEARD)
