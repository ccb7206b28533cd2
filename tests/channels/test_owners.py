"""One table says who owns which field: it is configured, shown, kept to, and drift is recorded."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from commands.channels import news
from domain.channels.inbound import Snapshot
from domain.channels.told import ProductTold, StockTold
from domain.ids import Sku
from domain.money import Currency, Money
from gateway.bootstrap import channels
from gateway.channels.configuring import load
from gateway.settings import SettingsError
from storage.mongo.catalog import PRODUCTS
from storage.mongo.stock import LEVELS
from storage.mongo.stores import MongoStores
from tests.channels.conftest import CHANNELS, ENVIRONMENT, NOBODY
from tests.trading import CLERKS, FINANCE, MUG, PARTNER, SHOPPERS, SUPPORT, SYSTEM

ASK = "{ ownership { entity field authority fallback conflict } }"
PLACES = CHANNELS.replace(
    'currency = "EUR"', 'currency = "EUR"\nlocations = {{ "place-0" = "L0" }}'
)
AT = datetime(2027, 3, 1, tzinfo=UTC)


def configured(folder, more: str = "", text: str = PLACES):
    path = folder / "owned.toml"
    path.write_text(text.format(url=NOBODY) + more)
    return load(path, is_development=True, environ=ENVIRONMENT)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[owners]\n"stock.on_hand" = "nobody"', "no system 'nobody'"),
        ('[owners]\n"stock.shape" = "kassa"', "no field"),
        ('[owners]\n"stock.on_hand" = { conflict = "MAYBE" }', "MAYBE|conflict"),
        ('[owners]\n"stock.on_hand" = { owner = "kassa" }', "owner"),
        ('[owners]\n"stock.sellable" = "penny-nl"', "Kassa's to say"),
    ],
)
def test_owners_that_cannot_be_are_refused_with_a_sentence(tmp_path, more, said):
    with pytest.raises(SettingsError, match=said):
        configured(tmp_path, more)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("push_stock = true", "locations"),
        ('push_stock = true\nlocations = {{ "1" = "L0", "2" = "L0" }}', "twice"),
        ('sends_from = "9"\nlocations = {{ "1" = "L0" }}', "`sends_from`"),
    ],
)
def test_a_shop_that_cannot_be_told_is_refused_with_a_sentence(tmp_path, line, said):
    with pytest.raises(SettingsError, match=said):
        configured(tmp_path, text=CHANNELS.replace('currency = "EUR"', line))


def test_who_counts_stock_is_not_told_of_it(tmp_path):
    text = PLACES.replace('currency = "EUR"', 'currency = "EUR"\npush_stock = true')
    with pytest.raises(SettingsError, match="cannot count the stock and be told of it"):
        configured(tmp_path, '[owners]\n"stock.on_hand" = "penny-nl"', text)


@pytest.fixture(autouse=True)
async def leaves_no_incidents(stall):
    yield
    await stall.database.delete("incidents", {})


@asynccontextmanager
async def telling(stall, found):
    """Gives who takes what Penny tells, under a table of owners."""
    stores = MongoStores(stall.database, owners=found.owners)
    await stall.database.delete("incidents", {})
    async with channels.connected(channels.Settings(), stall.database, stores, found) as lines:
        parts = channels.receiving(stall.database, stores)

        async def tell(*told):
            await news.apply(parts, lines["penny-nl"], "penny-nl:ev", [Snapshot(e) for e in told])

        yield tell


def a_count(units: int) -> StockTold:
    return StockTold(sku=Sku(MUG), location="place-0", on_hand=units, as_of=AT)


async def incidents(stall, *, is_open: bool = True):
    return await stall.database.find("incidents", {"kind": "DRIFT", "is_open": is_open})


async def test_who_does_not_own_a_number_is_recorded_until_they_agree(stall, tmp_path):
    async with telling(stall, configured(tmp_path)) as tell:
        await tell(a_count(99))
        await tell(a_count(98))

        [drift] = await incidents(stall)
        assert drift["subject"] == f"penny-nl: stock of {MUG} at place-0"
        for word in ("'10'", "'99'", "on_hand"):
            assert word in drift["detail"]
        assert (await stall.level())["on_hand"] == 10

        await tell(a_count(10))
        assert await incidents(stall) == []
        [closed] = await incidents(stall, is_open=False)
        assert closed["resolution"] == "penny-nl says the same again."


@pytest.mark.parametrize(
    ("owner", "on_hand", "system", "drifts"),
    [
        ('"penny-nl"', 99, "penny-nl", 0),
        ('"kassa"', 10, "kassa", 1),
        ('{ conflict = "ACCEPT_AND_RECORD" }', 99, "kassa", 1),
        ('{ conflict = "LAST_WRITE_WINS" }', 99, "kassa", 0),
    ],
)
async def test_the_table_decides_who_counts(stall, tmp_path, owner, on_hand, system, drifts):
    found = configured(tmp_path, f'[owners]\n"stock.on_hand" = {owner}')
    async with telling(stall, found) as tell:
        await tell(a_count(99))

    [level] = await stall.database.find(
        LEVELS.name, {"sku": MUG, "location_id": (await stall.level())["location_id"]}
    )
    assert (level["on_hand"], level["authority"]["system"]) == (on_hand, system)
    assert len(await incidents(stall)) == drifts


async def test_fields_of_one_product_may_have_several_owners(stall, tmp_path):
    found = configured(tmp_path, '[owners]\n"product.prices" = "penny-nl"')
    told = ProductTold(
        sku=Sku(MUG), name="Another cup", as_of=AT, price=Money(5_00, Currency("EUR"))
    )
    [before] = await stall.database.find(PRODUCTS.name, {"sku": MUG})
    async with telling(stall, found) as tell:
        await tell(told)

    [product] = await stall.database.find(PRODUCTS.name, {"sku": MUG})
    assert product["name"] == before["name"]
    assert [price["unit_minor"] for price in product["prices"]] == [5_00]
    [drift] = await incidents(stall)
    assert drift["subject"] == f"penny-nl: product {MUG}"
    assert "Another cup" in drift["detail"]
    assert "prices" not in drift["detail"]
    await stall.database.replace(PRODUCTS.name, before)


async def test_the_table_is_shown_to_staff_alone(stall):
    for token in (SUPPORT, FINANCE, SYSTEM):
        rules = (await stall.kassa.ask(ASK, token))["ownership"]
        named = {(each["entity"], each["field"]): each for each in rules}
        assert named["stock", "sellable"] == {
            "entity": "stock",
            "field": "sellable",
            "authority": "kassa",
            "fallback": None,
            "conflict": "REJECT_AND_RECORD",
        }
    for token in (CLERKS[0], SHOPPERS[0], PARTNER, None):
        assert (await stall.kassa.ask(ASK, token))["ownership"] == []
