"""The client code of `docs/live.md` works as it stands there, through a restart of the server."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests import node
from tests.live.conftest import Serve
from tests.programs import running
from tests.trading import MUG, Trading, mugs

PAGE = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
BLOCKS = re.findall(r"^```(js|python|sh)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CLIENTS = [code for language, code in BLOCKS if language == "js"]
[PROGRAM] = [code for language, code in BLOCKS if language == "python"]
[CURL] = [code for language, code in BLOCKS if code.startswith("curl -N")]
NAMES = [re.findall(r'from "(.*)"', code)[0] for code in CLIENTS]
SOCKET = 'import Browser from "ws"; globalThis.WebSocket ??= Browser;\n'
"""What a browser has, and Node since version 22."""

FREE = re.compile(r"""['"]?free['"]?: ?(\d+)""")


def here(code: str, address: str) -> str:
    """The same code, against this shop."""
    return code.replace("127.0.0.1:8000", address.removeprefix("http://")).replace(
        "MUG-FJORD-MOSS", MUG
    )


async def follows_through_a_restart(stall: Trading, serve: Serve, *command: str) -> None:
    """Each change is told once, also those of while nobody served."""
    async with AsyncExitStack() as stack:
        async with serve() as address:
            arguments = [here(each, address) for each in command]
            program = await stack.enter_async_context(running(*arguments, cwd=node.NPM))
            await program.tells("SNAPSHOT")
            for n in range(2):
                await stall.do("reserveStock", lines=[mugs(1)])
                assert free(await program.tells("CHANGE")) == 9 - n
        await stall.do("reserveStock", lines=[mugs(1)])
        async with serve():
            assert free(await program.tells("CHANGE")) == 7
            await stall.do("reserveStock", lines=[mugs(1)])
            assert free(await program.tells("CHANGE")) == 6

    assert sum("SNAPSHOT" in line for line in program.lines) == 1


def free(line: str) -> int:
    return int(FREE.findall(line)[0])


@pytest.mark.parametrize("code", CLIENTS, ids=NAMES)
async def test_a_client_in_javascript(stall, serve, code):
    found = node.installed()

    program = SOCKET + code
    await follows_through_a_restart(stall, serve, found, "--input-type=module", "--eval", program)


async def test_a_client_in_python(stall, serve, python):
    await follows_through_a_restart(stall, serve, python, "-c", PROGRAM)


async def test_a_client_of_one_line(stall, serve):
    async with serve() as address, running("sh", "-c", f"exec {here(CURL, address)}") as program:
        await program.tells("SNAPSHOT")
        await stall.do("reserveStock", lines=[mugs(1)])

        assert free(await program.tells("CHANGE")) == 9
