"""The client code of `docs/live.md` works as it stands there, through a restart of the server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests import node
from tests.live.conftest import Serve
from tests.trading import MUG, Trading, mugs

PAGE = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
BLOCKS = re.findall(r"^```(js|python|sh)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CLIENTS = [code for language, code in BLOCKS if language == "js"]
[PROGRAM] = [code for language, code in BLOCKS if language == "python"]
[CURL] = [code for language, code in BLOCKS if code.startswith("curl -N")]
NAMES = [re.findall(r'from "(.*)"', code)[0] for code in CLIENTS]
SOCKET = 'import Browser from "ws"; globalThis.WebSocket ??= Browser;\n'
"""What a browser has, and Node since version 22."""

PATIENCE_SECONDS = 30
FREE = re.compile(r"""['"]?free['"]?: ?(\d+)""")


class Program:
    """A process, and what it writes, a line at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    async def tells(self, word: str) -> str:
        """The next line with a word in it."""
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := (await self._process.stdout.readline()).decode():
                self.lines.append(line)
                if word in line:
                    return line
        raise AssertionError("".join(self.lines))


@asynccontextmanager
async def running(*command: str, cwd: Path | None = None) -> AsyncGenerator[Program]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


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
