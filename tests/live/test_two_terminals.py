"""What the README shows in two terminals happens, with the commands that stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.processes import KASSA, ROOT, serving
from tests.programs import running

README = (ROOT / "README.md").read_text()
SECTION = README.partition("## See it happen")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(.*)\n([^`]*)^```$", SECTION, re.MULTILINE)
WATCH, BUY = (text for language, text in BLOCKS if language == "sh")
[SHOWN] = (text.splitlines() for language, text in BLOCKS if not language)
VARIES = re.compile(r"\d\d:\d\d:\d\d|\d+ ms ago")


def timeless(lines: list[str]) -> list[str]:
    """The lines without when it was."""
    return [VARIES.sub("", line).strip() for line in lines]


@pytest.mark.timeout(200)
async def test_a_terminal_tells_what_another_buys(tmp_path: Path):
    with serving(tmp_path / "shop") as kassa:
        watch = WATCH.replace(".venv/bin/kassa", f"exec {KASSA}").strip()
        buy = BUY.replace("http://127.0.0.1:8000", kassa.url)
        async with running("sh", "-c", f"{watch} --url {kassa.url}") as terminal:
            await terminal.tells("at TMP")
            async with running("sh", "-c", buy) as buyer:
                await buyer.tells('"state":"ACTIVE"')
            await terminal.tells("→")

    assert set(timeless(SHOWN)) <= set(timeless(terminal.lines))
