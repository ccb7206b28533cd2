"""A retailer's own data goes in by the command line, and is found through the graph."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters import files
from domain.imports.rows import Entity
from domain.viewer import Role
from gateway.embedded import Embedded
from storage.mongo.driver import Database
from tests.client import Client
from tests.importing import (
    ADVENTUREWORKS,
    ROOT,
    bring,
    folder,
    needs_adventureworks,
    one,
    shop,
    state,
)
from tests.walks import applications

KASSA = Path(sys.executable).with_name("kassa")
GUIDE = ROOT / "docs" / "import.md"

CUSTOMER_360 = """
query ($number: String!) {
  customer(number: $number) {
    displayName
    identities { kind masked }
    orders(first: 20) {
      totalCount
      edges {
        node {
          number
          paymentStatus
          fulfillmentStatus
          channel { name kind }
          totals { grand { gross { minor currency } tax { minor } } }
          lines { sku name ordered product { name levels { onHand location { name } } } }
          payments { state captured { minor } }
        }
      }
    }
  }
}
"""


async def kassa(
    servers: Embedded, database: Database, *arguments: object, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run the command itself; meanwhile the connection of the test stays awake."""
    environment = {
        **os.environ,
        "KASSA_MONGODB_URL": servers.mongodb_url or "",
        "KASSA_MONGODB_DATABASE": database.name,
        "COLUMNS": "200",
    }
    return await asyncio.to_thread(
        subprocess.run,
        [KASSA, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@pytest.fixture
async def client(database: Database) -> AsyncIterator[Client]:
    """The graph over this test's own database."""
    application = applications.application(database)
    async with Client(application) as found:
        yield found


def adventureworks(at: Path) -> Path:
    """The files with the mapping that is proposed, and the country of the phone numbers."""
    at.mkdir()
    for source in ADVENTUREWORKS.glob("*.csv"):
        (at / source.name).write_bytes(source.read_bytes())
    proposed = files.describe(at)
    (at / "kassa.toml").write_text(proposed.replace('# country = "US"', 'country = "US"'))
    return at


def rows(name: str) -> list[dict[str, str]]:
    with (ADVENTUREWORKS / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


@needs_adventureworks
async def test_adventureworks_goes_in_whole(
    servers: Embedded, database: Database, client: Client, tokens: dict[Role, str], tmp_path: Path
):
    at = adventureworks(tmp_path / "aw")

    done = await kassa(servers, database, "import", at, "--report", "report.json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    counts = {name: tally["new"] for name, tally in report["entities"].items()}
    assert counts == {
        "locations": 14,
        "channels": 2,
        "products": 504,
        "customers": 12_427,
        "stock levels": 1_069,
        "orders": 16_459,
        "payments": 16_459,
    }
    assert report["agrees"]
    assert not (tmp_path / "kassa-quarantine.ndjson").exists()
    sums, whole = report["of_database"], sum(int(row["total_minor"]) for row in rows("orders"))
    assert sums["lines"] == 32_718
    assert sums["ordered"] == sums["paid"] == {"USD": whole}
    found = await database.aggregate_over(
        "orders", [{"$group": {"_id": None, "sum": {"$sum": "$totals.grand.gross_minor"}}}]
    )
    assert found == [{"_id": None, "sum": whole}]
    await assert_customers_answer(client, tokens)
    await assert_again_changes_nothing(servers, database, at, tmp_path)
    await assert_one_row_is_one_document(servers, database, at, tmp_path)


async def assert_customers_answer(client: Client, tokens: dict[Role, str]) -> None:
    people, orders = rows("customers"), rows("orders")
    for person in (people[0], people[7], people[-1]):
        own = [row for row in orders if row["customer_number"] == person["customer_number"]]

        data = await client.ask(
            CUSTOMER_360, tokens[Role.SUPPORT], number=person["customer_number"]
        )

        customer = data["customer"]
        nodes = [edge["node"] for edge in customer["orders"]["edges"]]
        assert customer["displayName"] == person["name"]
        assert customer["orders"]["totalCount"] == len(own)
        assert {node["number"]: node["totals"]["grand"]["gross"]["minor"] for node in nodes} == {
            row["order_number"]: int(row["total_minor"]) for row in own
        }
        assert {node["paymentStatus"] for node in nodes} == {"PAID"}
        assert {node["fulfillmentStatus"] for node in nodes} == {"DONE"}
        assert all(line["product"]["name"] for node in nodes for line in node["lines"])
    dialled = next(row for row in people if re.fullmatch(r"\d{3}-555-\d{4}", row["phone"]))
    query = """query ($value: String!) {
      findCustomers(by: { kind: PHONE, value: $value }, purpose: SALE) { number } }"""
    found = await client.ask(query, tokens[Role.SUPPORT], value=f"+1 {dialled['phone']}")
    sharing = {row["customer_number"] for row in people if row["phone"] == dialled["phone"]}
    assert {one["number"] for one in found["findCustomers"]} == sharing


async def assert_again_changes_nothing(
    servers: Embedded, database: Database, at: Path, tmp_path: Path
) -> None:
    done = await kassa(servers, database, "import", at, "--report", "again.json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "again.json").read_text())["writes"] == 0


async def assert_one_row_is_one_document(
    servers: Embedded, database: Database, at: Path, tmp_path: Path
) -> None:
    first = rows("customers")[0]
    path = at / "customers.csv"
    path.write_text(path.read_text().replace(first["name"], "Somebody Else", 1))

    done = await kassa(servers, database, "import", at, "--report", "third.json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "third.json").read_text())
    assert report["writes"] == report["entities"]["customers"]["changed"] == 1
    changed = await one(database, "customers", number=first["customer_number"])
    assert (changed["version"], changed["display_name"]) == (2, "Somebody Else")


async def test_killed_in_the_middle_and_run_again_ends_in_the_same_state(
    servers: Embedded, database: Database, tmp_path: Path
):
    at = shop(tmp_path / "shop", **many(3_000))
    environment = {
        **os.environ,
        "KASSA_MONGODB_URL": servers.mongodb_url or "",
        "KASSA_MONGODB_DATABASE": database.name,
    }
    with subprocess.Popen(  # noqa: ASYNC220
        [KASSA, "import", at], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    ) as process:
        while await database.count("orders", {}, cap=1) == 0:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)

    report = await bring(database, at, tolerate=0, now=datetime.now(UTC))

    ended = await state(database)
    await clear(database)
    await bring(database, at, tolerate=0, now=datetime.now(UTC))
    tally = report.entities["orders"]
    assert tally.new + tally.same == 3_000
    assert tally.new
    assert tally.same
    assert report.agrees
    assert await state(database) == ended


async def clear(database: Database) -> None:
    for name in await state(database):
        await database.delete(name, {})


def many(count: int) -> dict[str, str]:
    """Orders with two lines each, the lines in another order than the orders."""
    numbers = [f"N{n:07}" for n in range(count)]
    orders = [f"{number},2026-02-01,1,EUR,15.85" for number in numbers]
    lines = [f"{number},1,MUG,Mug,1,12.50" for number in reversed(numbers)]
    lines += [f"{number},2,TEA,Tea,1,3.35" for number in numbers]
    payments = [f"P{number},{number},15.85,2026-02-01" for number in numbers]
    return {
        "orders": "\n".join(["no,day,customer,currency,total", *orders]),
        "lines": "\n".join(["order,line,sku,name,units,price", *lines]),
        "payments": "\n".join(["ref,order,amount,day", *payments]),
        "refunds": "ref,order,amount,day\n",
        "returns": "no,order,sku,units,day\n",
    }


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    def peak(count: int) -> int:
        at = shop(tmp_path / str(count), **many(count))
        mapping = files.load(at / "kassa.toml")
        tracemalloc.start()
        with (
            files.Quarantine(at / "q.ndjson") as aside,
            files.opened(at, mapping, aside) as feed,
        ):
            for _ in feed.read():
                pass
            seen = sum(1 for _ in feed.groups(Entity.ORDERS))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert seen == count
        return most

    small, large = peak(5_000), peak(50_000)

    assert large < 1.5 * small, (small, large)
    assert large < 40_000_000


async def test_no_input_gives_a_traceback(servers: Embedded, database: Database, tmp_path: Path):
    at = shop(tmp_path / "shop", people=b"\x00\xff\xfe garbage", orders=b'"')

    done = await kassa(servers, database, "import", at, cwd=tmp_path)
    nowhere = await kassa(servers, database, "import", tmp_path / "none", cwd=tmp_path)
    empty = await kassa(servers, database, "import", "--describe", tmp_path / "none", cwd=tmp_path)

    for each in (done, nowhere, empty):
        assert each.returncode == 1
        assert each.stderr.startswith("kassa: ")
        assert "Traceback" not in each.stderr


async def test_the_guide_is_true(
    servers: Embedded, database: Database, client: Client, tokens: dict[Role, str], tmp_path: Path
):
    text = GUIDE.read_text()
    written = re.findall(r"`(\S+)`:\n\n```(?:csv|toml)\n(.*?)```", text, re.DOTALL)
    at = folder(tmp_path / "shop", dict(written))
    [query] = re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)
    [answer] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    [entry] = re.findall(r"```ndjson\n(.*?)```", text, re.DOTALL)

    described = await kassa(servers, database, "import", "--describe", at, cwd=tmp_path)
    refused = await kassa(servers, database, "import", at, cwd=tmp_path)
    done = await kassa(servers, database, "import", at, "--tolerate", "40", cwd=tmp_path)

    assert {name for name, _ in written} == {
        "customers.csv",
        "orders.csv",
        "order_lines.csv",
        "kassa.toml",
    }
    assert "[orders.columns]" in described.stdout
    assert refused.returncode == 1
    assert done.returncode == 0, done.stderr
    aside = (tmp_path / "kassa-quarantine.ndjson").read_text().splitlines()
    assert json.loads(entry) in [json.loads(line) for line in aside]
    given = await client.ask(query, tokens[Role.SUPPORT])
    assert given == json.loads(answer)["data"], json.dumps(given)
