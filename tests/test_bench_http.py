"""The benchmark measures servers that answer alike; here they do, over the small demo shop."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping

import pytest

from bench.http import chart, contestants, data, measure, questions, report
from bench.http.contestants import ALL
from bench.http.measure import Figures
from bench.http.servers import Server, running
from bench.spread import Spread
from domain.shop import Shop
from gateway.embedded import Embedded
from storage.mongo.driver import Database
from storage.mongo.migrate import migrate
from storage.mongo.shelf import MongoShelf


@pytest.fixture(scope="module")
async def filled(servers: Embedded, shop: Shop) -> AsyncIterator[Database]:
    """A database of these tests: `kassa serve` may write into it."""
    assert servers.mongodb_url
    found = Database(servers.mongodb_url, f"bench_{secrets.token_hex(6)}")
    await migrate(found)
    await MongoShelf(found).fill(shop)
    await data.rested(found)
    yield found
    await found.drop()
    await found.close()


@pytest.fixture(scope="module")
def where(servers: Embedded, filled: Database) -> Mapping[str, str]:
    assert servers.mongodb_url
    assert servers.redis_url
    return {
        "KASSA_MONGODB_URL": servers.mongodb_url,
        "KASSA_MONGODB_DATABASE": filled.name,
        "KASSA_REDIS_URL": servers.redis_url,
    }


@pytest.fixture(scope="module")
async def location(filled: Database) -> str:
    return (await filled.find("locations", {"kind": "STORE"}))[0]["_id"]


@pytest.fixture(scope="module")
def entered(where: Mapping[str, str], location: str) -> Iterator[list[Server]]:
    absent = contestants.ready(list(ALL))
    names = [name for name in ALL if name not in absent]
    with running(names, where, location) as found:
        yield found


async def test_all_contestants_give_the_same_answers(entered, filled):
    for question in questions.drawn(await questions.stocked(filled)):
        assert await measure.agreed(entered, question) > 0


async def test_what_is_asked_is_the_same_each_time(filled):
    first, again = [questions.drawn(await questions.stocked(filled)) for _ in range(2)]

    assert first == again


def figures(cpu: float) -> Figures:
    return Figures(Spread(cpu, cpu, cpu), rps=1, p50_ms=1, p99_ms=1, rss_mib=1)


def test_the_ratios_are_the_cpu_of_the_others_by_ours():
    measured = {"q2-order": {"kassa": figures(1_000), "apollo": figures(1_500)}}

    assert "| `apollo` / `kassa` | 1.50 (1.8) |" in report.ratios(measured)


def test_the_chart_has_a_bar_for_each_figure():
    measured = {name: {"kassa": figures(900), "rest": figures(30)} for name in questions.KINDS}

    picture = chart.drawn(measured)

    assert picture.count("<rect") == 2 * len(measured)
    assert "rest 30 µs" in picture
