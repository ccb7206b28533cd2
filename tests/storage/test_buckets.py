"""Token buckets in a real Redis: no more is handed out than was saved up and restored."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.budgets import Budget
from domain.errors import Unavailable
from gateway.embedded import Embedded
from gateway.embedded.server import free_port
from storage.buckets import Buckets

SLOW = Budget(request=10, capacity=100, restore=1)
"""Restores less in a test than rounding takes."""


@pytest.fixture
async def buckets(servers: Embedded) -> AsyncIterator[Buckets]:
    assert servers.redis_url
    found = Buckets(servers.redis_url)
    yield found
    await found.close()


def somebody() -> str:
    return f"client:{secrets.token_hex(8)}"


async def test_a_bucket_that_nobody_used_is_full(buckets: Buckets):
    grant = await buckets.draw(somebody(), SLOW, 100, 1_000)

    assert (grant.points, grant.left < 1) == (100, True)


async def test_less_than_the_least_is_not_handed_out(buckets: Buckets):
    who = somebody()
    await buckets.draw(who, SLOW, 60, 60)

    grant = await buckets.draw(who, SLOW, 50, 80)

    assert grant.points == 0
    assert 40 <= grant.left < 45


async def test_what_is_given_back_may_be_drawn_again_but_never_more_than_fits(buckets: Buckets):
    who = somebody()
    await buckets.draw(who, SLOW, 50, 50)

    await buckets.give_back(who, SLOW, 1_000)

    assert (await buckets.draw(who, SLOW, 1, 1_000)).points == 100


async def test_a_bucket_fills_up_by_redis_own_clock(buckets: Buckets):
    who, fast = somebody(), Budget(request=10, capacity=100, restore=1_000_000)
    await buckets.draw(who, fast, 100, 100)

    assert (await buckets.draw(who, fast, 100, 100)).points == 100


async def test_clients_have_buckets_of_their_own_and_no_names(buckets: Buckets):
    one = somebody()
    await buckets.draw(one, SLOW, 100, 100)

    assert (await buckets.draw(somebody(), SLOW, 100, 100)).points == 100
    assert not await buckets._line._redis.keys(f"*{one}*")


async def test_a_script_that_redis_forgot_is_told_again(buckets: Buckets):
    who = somebody()
    await buckets.draw(who, SLOW, 1, 1)
    await buckets._line._redis.script_flush()

    assert (await buckets.draw(who, SLOW, 99, 99)).points == 99


async def test_gateways_that_are_there_are_counted(buckets: Buckets):
    await buckets._line._redis.delete("kassa:gateways")

    assert await buckets.present("one") == 1
    assert await buckets.present("two") == 2
    assert await buckets.present("one") == 2
    await buckets._line._redis.delete("kassa:gateways")


async def test_a_redis_that_is_away_is_a_sentence():
    away = Buckets(f"redis://127.0.0.1:{free_port()}")

    with pytest.raises(Unavailable, match="Redis does not answer"):
        await away.draw("somebody", SLOW, 1, 1)

    await away.close()


STEP = st.one_of(
    st.tuples(st.just("draw"), st.integers(0, 60), st.integers(0, 60)),
    st.tuples(st.just("back"), st.integers(0, 30), st.just(0)),
)


@given(steps=st.lists(STEP, max_size=25))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_no_more_is_out_than_was_ever_in(buckets: Buckets, steps):
    who, out = somebody(), 0
    for what, one, other in steps:
        if what == "back":
            points = min(one, out)
            await buckets.give_back(who, SLOW, points)
            out -= points
            continue
        least, wish = min(one, other), max(one, other)
        grant = await buckets.draw(who, SLOW, least, wish)
        assert grant.points == 0 or least <= grant.points <= wish
        if least <= SLOW.capacity - out:
            assert grant.points == min(wish, SLOW.capacity - out) or grant.left >= 1
        out += grant.points
        assert out <= SLOW.capacity + 5  # restored while the test ran
