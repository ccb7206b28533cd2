"""What the README says of connecting a channel happens, with the commands that stand there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.processes import KASSA, ROOT, environment, serving

README = (ROOT / "README.md").read_text()
SECTION = README.partition("## Connect a channel")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(.*)\n([^`]*)^```$", SECTION, re.MULTILINE)
CONNECT, PAY = (text for language, text in BLOCKS if language == "sh")
[SHOWN] = (text.splitlines() for language, text in BLOCKS if not language)
SETTINGS = dict(re.findall(r"(\w+)=(\S+)", CONNECT.partition("export ")[2].partition("\n")[0]))

COST = re.compile(r',"extensions".*')
"""Stands in every answer, and is another matter."""


def shell(script: str, folder: Path) -> list[str]:
    """What a terminal shows."""
    done = subprocess.run(
        ["bash", "-ec", script.replace(".venv/bin/kassa", KASSA)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return [COST.sub("}", line) for line in done.stdout.splitlines()]


@pytest.mark.timeout(200)
def test_who_follows_the_readme_sees_a_payment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    checked = shell(CONNECT.replace("make run\n", ""), tmp_path)
    for name, value in SETTINGS.items():
        if name != "KASSA_CHANNELS":
            monkeypatch.setenv(name, value)
    with serving(tmp_path / "shop", channels=tmp_path / SETTINGS["KASSA_CHANNELS"]) as kassa:
        pay = PAY.replace("http://127.0.0.1:8000", kassa.url)

        once, twice = shell(pay, tmp_path), shell(pay, tmp_path)
        forged = shell(pay.replace("whsec_of_nobody", "whsec_of_another"), tmp_path)
        listed = kassa.ask("{ channels { adapters { code state taken } } }", "support")

    assert checked[-1] == "shop-payments: ready."
    assert once == twice == SHOWN
    assert forged[0] == "HTTP/1.1 401 Unauthorized"
    adapters = [each for channel in listed["data"]["channels"] for each in channel["adapters"]]
    states = {each["code"]: each["state"] for each in adapters}
    assert states == {"shop-payments": "UP", "till": "UP"}  # a till to try comes with the shop
