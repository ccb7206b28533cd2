"""Takes the pictures of the README: `make screenshots`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from rich.console import Console

from gateway import playing
from tests import node
from tests.processes import Serving, serving

PICTURES = Path(__file__).parents[1] / "docs" / "images"


async def main() -> None:
    """A shop that lives is looked at, page by page."""
    chromium = node.chromium()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data") as shop:
        day = asyncio.create_task(playing.play(_day(shop), Console(stderr=True)))
        environ = {"KASSA_CHROMIUM": chromium, "KASSA_URL": f"{shop.url}/"}
        environ["KASSA_PICTURES"] = str(PICTURES)
        await asyncio.sleep(20)  # something has happened by then
        await node.run("screenshots.mjs", project=node.BROWSER, environ=environ)
        day.cancel()


def _day(shop: Serving) -> playing.Wish:
    token = shop.token_by_role["system"]
    return playing.Wish(minutes=2, speed=500, seed=4, url=shop.url, token=token)


if __name__ == "__main__":
    asyncio.run(main())
