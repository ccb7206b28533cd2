"""What may be promised, with the arithmetic that explains it."""

from __future__ import annotations

from datetime import timedelta
from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.catalog import GeoPoint, Near, distance_km
from domain.errors import BadInput
from domain.freshness import KASSA, FreshnessState
from domain.pages import PageRequest, cut
from domain.stock import (
    BEST_FIRST,
    Authority,
    Promise,
    availability,
    explained,
    offers,
    promise_of,
    within_distance,
)
from tests.making import NOW, a_channel, a_level, a_location, a_product

STOCKHOLM, GOTHENBURG, OSLO = (59.3293, 18.0686), (57.7089, 11.9746), (59.9139, 10.7522)

counts = st.integers(0, 3) | st.integers(0, 10**6)


def offered(level, channel=None, wanted=1, near=None, location=None, **product):
    return availability(
        a_product(**product),
        location or a_location(),
        level,
        channel or a_channel(),
        wanted=wanted,
        near=near,
        now=NOW,
    )


@given(free=counts, committed=counts, reserved=counts, unavailable=counts, safety=counts)
def test_the_explanation_sums_to_what_may_be_sold(
    free: int, committed: int, reserved: int, unavailable: int, safety: int
):
    level = a_level(free, committed=committed, reserved=reserved, unavailable=unavailable)

    found = offered(level, a_channel(safety_stock=safety))

    assert found.sellable == sum(term.quantity for term in found.explain)
    assert found.sellable == max(0, free - safety)


@example(on_hand=1, committed=1, reserved=0, safety=1)
@given(on_hand=counts, committed=counts, reserved=counts, safety=counts)
def test_even_an_oversold_shelf_is_explained_down_to_zero(
    on_hand: int, committed: int, reserved: int, safety: int
):
    level = a_level(on_hand=on_hand, committed=committed, reserved=reserved)

    terms = explained(level, a_channel(safety_stock=safety))

    rest = on_hand - committed - reserved - safety
    assert sum(term.quantity for term in terms) == max(0, rest)
    assert ("Not below zero" in {term.label for term in terms}) == (rest < 0)
    assert all(term.quantity for term in terms)


def test_each_step_names_who_said_so():
    reported = NOW - timedelta(hours=2)
    level = a_level(
        5,
        committed=2,
        unavailable=1,
        authority=Authority("on_hand", "erp", NOW),
        observed_at=reported,
    )

    terms = explained(level, a_channel(code="webshop-se", safety_stock=2))

    assert [(term.label, term.quantity, term.source) for term in terms] == [
        ("On hand", 8, "erp"),
        ("Committed to orders", -2, KASSA),
        ("Not for sale (damaged, on display)", -1, "erp"),
        ("Safety stock of webshop-se", -2, "webshop-se"),
    ]
    assert {term.as_of for term in terms} == {reported}


@pytest.mark.parametrize(
    ("sellable", "wanted", "level", "product", "promise"),
    [
        (5, 1, {}, {}, "IN_STOCK"),
        (5, 5, {}, {}, "IN_STOCK"),
        (5, 5, {"is_low": True}, {}, "LOW"),
        (5, 6, {}, {}, "NONE"),
        (5, 6, {"is_low": True}, {}, "NONE"),
        (0, 1, {"incoming": 1}, {}, "ON_ORDER"),
        (0, 1, {"incoming": 1}, {"allows_backorder": True}, "ON_ORDER"),
        (0, 1, {}, {"allows_backorder": True}, "BACKORDER"),
        (0, 1, {}, {}, "NONE"),
    ],
)
def test_what_a_buyer_is_told(sellable: int, wanted: int, level, product, promise: str):
    found = promise_of(a_product(**product), a_level(**level), sellable, wanted)

    assert found == Promise(promise)


@pytest.mark.parametrize(
    ("level", "earliest"),
    [
        (a_level(5), NOW),
        (a_level(5, is_low=True), NOW),
        (a_level(incoming=3, incoming_at=NOW + timedelta(days=3)), NOW + timedelta(days=3)),
        (a_level(incoming=3), None),
        (a_level(incoming_at=NOW), None),
    ],
)
def test_when_it_can_be_had_at_the_earliest(level, earliest):
    assert offered(level).earliest == earliest


def test_a_level_that_nobody_reported_is_unknown_and_not_zero():
    found = offered(None, location=a_location(at=STOCKHOLM))

    assert (found.promise, found.sellable, found.exact) == (Promise.UNKNOWN, 0, False)
    assert (found.explain, found.earliest) == ((), None)
    assert found.freshness.state is FreshnessState.UNREACHABLE
    assert found.freshness.reason == "NEVER_REPORTED"


@pytest.mark.parametrize(
    ("system", "age", "exact"),
    [
        (KASSA, timedelta(days=9), True),
        ("erp", timedelta(seconds=9), True),
        ("erp", timedelta(hours=9), False),
        ("erp", timedelta(days=9), False),
    ],
)
def test_only_a_live_number_is_exact(system: str, age: timedelta, exact: bool):
    level = a_level(5, authority=Authority("on_hand", system, NOW), observed_at=NOW - age)

    assert offered(level).exact is exact


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        (STOCKHOLM, STOCKHOLM, 0),
        (STOCKHOLM, GOTHENBURG, 397.8),
        (STOCKHOLM, OSLO, 416.0),
        ((0, 0), (0, 180), 20_015.1),
        ((90, 0), (-90, 0), 20_015.1),
        ((0, 179.5), (0, -179.5), 111.2),
    ],
)
def test_distances_are_along_the_surface(a, b, km: float):
    assert distance_km(GeoPoint(*a), Near(*b)) == pytest.approx(km, abs=1)


points = st.builds(GeoPoint, st.floats(-90, 90), st.floats(-180, 180))


@given(a=points, b=points)
def test_a_distance_is_the_same_both_ways_and_at_most_half_the_globe(a: GeoPoint, b: GeoPoint):
    there = distance_km(a, b)

    assert there == pytest.approx(distance_km(b, a), abs=1e-6)
    assert 0 <= there < 20_016
    assert distance_km(a, a) == 0


@pytest.mark.parametrize(
    ("lat", "lon", "max_km"), [(90.1, 0, 1), (0, -180.1, None), (nan, 0, 1), (0, inf, 1), (0, 0, 0)]
)
def test_what_is_not_on_the_map_is_near_to_nothing(lat: float, lon: float, max_km: int | None):
    with pytest.raises(BadInput, match="`near`"):
        Near(lat, lon, max_km)


PLACES = (
    a_location(1, STOCKHOLM, code="STO"),
    a_location(2, GOTHENBURG, code="GOT"),
    a_location(3, OSLO, code="OSL"),
    a_location(4, code="NOWHERE"),
)


@pytest.mark.parametrize(
    ("max_km", "codes"),
    [
        (None, ["STO", "GOT", "OSL", "NOWHERE"]),
        (1, ["STO"]),
        (400, ["STO", "GOT"]),
        (9999, ["STO", "GOT", "OSL"]),
    ],
)
def test_only_places_within_the_distance_are_offered(max_km: int | None, codes: list[str]):
    near = Near(*STOCKHOLM, max_km)

    assert [place.code for place in within_distance(PLACES, near)] == codes


def test_without_a_point_every_place_is_within_the_distance():
    assert within_distance(PLACES, None) == PLACES


def ranked(near: Near | None, *levels) -> list[str]:
    found = offers(a_product(), levels, a_channel(), PLACES, wanted=1, near=near, now=NOW)
    return [edge.node.code for edge in cut(found, PageRequest(), BEST_FIRST).edges]


def test_the_nearest_place_comes_first_and_one_that_is_nowhere_last():
    levels = [a_level(free, n) for n, free in enumerate([0, 1, 50, 9, 99])]

    assert ranked(Near(*STOCKHOLM), *levels) == ["STO", "GOT", "OSL", "NOWHERE"]


def test_without_a_point_the_most_units_come_first_and_the_unknown_last():
    assert ranked(None, a_level(1, 1), a_level(50, 2), a_level(0, 4)) == [
        "GOT",
        "STO",
        "NOWHERE",
        "OSL",
    ]


def test_an_unknown_level_is_ranked_by_its_distance_if_there_is_one():
    near = Near(*OSLO)

    assert offered(None, near=near, location=PLACES[2]).rank == pytest.approx(0)
    assert offered(None, near=near, location=PLACES[3]).rank == inf
    assert offered(None, location=PLACES[2]).rank == inf
