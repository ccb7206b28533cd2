"""`kassa till` sells in a running shop, offline and online; what docs/till.md shows is true."""

from __future__ import annotations

import hmac
import json
import re
import signal
import sqlite3
import subprocess
import sys
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.processes import KASSA, ROOT, Serving, environment, run, serving, until
from tests.programs import running

PAGE = (ROOT / "docs" / "till.md").read_text()
MUG = "MUG-FJORD-MOSS"
AT = "TMP"
GIVEN = ("--price", "12900", "--currency", "EUR", "--at", AT)


def snippet(language: str) -> str:
    """The program of the page in a language."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory):
    with serving(tmp_path_factory.mktemp("shop") / "data") as found:
        yield found


@pytest.fixture
def data(shop: Serving) -> Path:
    return shop.log.with_name("data")


class Till:
    """A till with a log of its own."""

    def __init__(self, shop: Serving, data: Path, log: Path) -> None:
        self.log, self._data = log, data
        self.options = ("--url", shop.url, "--log", str(log))

    def do(self, *command: str) -> subprocess.CompletedProcess[str]:
        return run("till", *self.options, *command, data=self._data)

    def outcomes(self) -> list[tuple[int, str | None]]:
        held = sqlite3.connect(self.log)
        try:
            return held.execute("SELECT sequence, outcome FROM entries ORDER BY 1").fetchall()
        finally:
            held.close()


@pytest.fixture
def till(shop: Serving, data: Path, tmp_path: Path) -> Till:
    return Till(shop, data, tmp_path / "till.log")


def on_hand(shop: Serving) -> int:
    query = f'{{ product(sku: "{MUG}") {{ levels {{ onHand location {{ code }} }} }} }}'
    levels = shop.ask(query, role="system")["data"]["product"]["levels"]
    return next(each["onHand"] for each in levels if each["location"]["code"] == AT)


def test_a_newcomer_sells_a_mug_without_any_setting_up(till: Till, data: Path):
    assert (data / "till.secret").stat().st_mode & 0o777 == 0o600

    sold = till.do("sell", MUG, "--at", AT)

    assert sold.returncode == 0, sold.stderr
    assert "ACCEPTED" in sold.stdout
    assert sold.stderr == ""


def test_what_was_sold_offline_is_told_later_once(shop: Serving, till: Till):
    before = on_hand(shop)
    for _ in range(3):
        assert till.do("sell", MUG, *GIVEN, "--offline").returncode == 0
    assert till.do("return", "2", "--offline").returncode == 0
    assert on_hand(shop) == before

    for _ in range(2):
        assert till.do("sync").returncode == 0

    assert [outcome for _, outcome in till.outcomes()] == ["ACCEPTED"] * 4
    assert on_hand(shop) == before - 2


def test_a_shop_that_cannot_be_reached_is_no_obstacle(till: Till, data: Path):
    away = ("--url", "http://127.0.0.1:1", "--log", str(till.log))
    sold = run("till", *away, "sell", MUG, *GIVEN, data=data)

    assert "It stays in the log" in sold.stderr
    assert till.do("sync").returncode == 0
    assert till.outcomes() == [(1, "ACCEPTED")]


def test_a_till_that_is_killed_loses_nothing_and_uses_no_number_twice(till: Till):
    """It sells as fast as it can, and is killed time and again."""
    said: list[int] = []
    loop = (
        "from pathlib import Path; from gateway.tilling import log, messages as m\n"
        f"with log.opened(Path({str(till.log)!r})) as held:\n"
        "  while True:\n"
        "    goods = [m.Goods('MUG-FJORD-MOSS', 1, 100)]\n"
        "    print(held.write(m.sale(goods, 'TMP', 'EUR', m.tender('CASH', None))), flush=True)\n"
    )
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", loop], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as selling:
            assert selling.stdout
            said += [int(selling.stdout.readline()) for _ in range(7)]
            selling.send_signal(signal.SIGKILL)
            said += [int(line) for line in selling.stdout if line.endswith("\n")]

    kept = [sequence for sequence, _ in till.outcomes()]
    assert set(said) <= set(kept)
    assert len(said) == len(set(said))
    assert kept == list(range(1, len(kept) + 1))
    assert till.do("log").returncode == 0


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("sell", "NO-SUCH-SKU"), "There is no product 'NO-SUCH-SKU'."),
        (("sell", MUG, "--offline"), "Offline nobody can be asked"),
        (("return", "7"), "There is no #7"),
        (("pay", "shopify:order:1", "100", "EUR", "--paid-by", "stripe"), "names no payment"),
    ],
)
def test_what_cannot_be_is_a_sentence(till: Till, command: tuple[str, ...], sentence: str):
    refused = till.do(*command)

    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


async def test_a_subscriber_sees_what_a_till_sold(shop: Serving, till: Till):
    watch = f"exec {KASSA} watch stock --sku {MUG} --url {shop.url}"
    async with running("sh", "-c", watch) as terminal:
        await terminal.tells(f"at {AT}")
        till.do("sell", MUG, *GIVEN)
        line = await terminal.tells("sold at a till")

    assert f"{MUG} at {AT}" in line


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_clients_of_the_page_work(shop: Serving, data: Path, tmp_path: Path, language: str):
    name, program = {"python": ("till.py", sys.executable), "js": ("till.mjs", "node")}[language]
    (tmp_path / name).write_text(snippet(language))
    secret = (data / "till.secret").read_text().strip()
    sale = {
        "type": "sale",
        "device": f"of-the-page-{language}",
        "sequence": 1,
        "at": "2026-03-01T11:58:12+01:00",
        "location": AT,
        "currency": "EUR",
        "lines": [{"sku": MUG, "quantity": 1, "unit": 12900}],
        "total": 12900,
        "tenders": [{"tender": "CASH", "amount": 12900}],
    }

    def sent(message: dict[str, Any]) -> str:
        command = [program, str(tmp_path / name), f"{shop.url}/webhooks/till", secret]
        asked = json.dumps(message)
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    until(lambda: "ACCEPTED" in sent(sale))
    assert "CONFLICT" in sent({**sale, "location": "STO"})


def test_the_test_vector_of_the_page_is_right():
    rows = dict(re.findall(r"^\| (?:`?)([\w -]+?)(?:`?) \| `([^`]+)` \|$", PAGE, re.MULTILINE))
    signed = f"{rows['webhook-id']}.{rows['webhook-timestamp']}.{rows['body']}".encode()
    key = b64decode(rows["secret"].removeprefix("whsec_"))

    digest = b64encode(hmac.new(key, signed, sha256).digest()).decode()

    assert rows["webhook-signature"] == f"v1,{digest}"


def test_a_practice_till_is_made_in_development_only(tmp_path: Path):
    refused = subprocess.run(
        [KASSA, "serve", "--embedded"],
        cwd=ROOT,
        env=environment(data=tmp_path / "data", env="production"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert not (tmp_path / "data" / "till.secret").exists()
