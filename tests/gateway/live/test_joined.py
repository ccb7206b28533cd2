"""A response is written in one piece, unless its body is yet to come."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.live.joined import Joined


class Written:
    """A transport that keeps each call of its as one piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    def writelines(self, data: Any) -> None:
        self.pieces.append(b"".join(data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
async def joined(written: Written) -> Joined:
    return Joined(written, asyncio.get_running_loop())  # type: ignore[arg-type]


async def test_head_and_body_are_one_piece(joined: Joined, written: Written):
    for response in (b"1", b"2"):
        joined.write(b"head" + response)
        joined.write(b"body" + response)
    await asyncio.sleep(0)

    assert written.pieces == [b"head1body1", b"head2body2"]


async def test_a_head_whose_body_is_yet_to_come_does_not_wait(joined: Joined, written: Written):
    joined.write(b"head")
    assert written.pieces == []
    await asyncio.sleep(0)

    assert written.pieces == [b"head"]


async def test_nothing_is_lost_by_closing_nor_overtaken(joined: Joined, written: Written):
    joined.write(b"head")
    joined.flush()
    joined.write(b"other")
    joined.write(b"")
    joined.close()

    assert written.pieces == [b"head", b"other"]
    assert joined.is_closing()
