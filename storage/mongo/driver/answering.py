"""How a question is put: given up in time, and timed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from time import perf_counter

from domain.errors import Unavailable
from domain.ports.timing import Timed
from storage.mongo.driver import silence
from storage.mongo.driver.client import Client

UNHELD = nullcontext()


@contextmanager
def answering(client: Client, asked: str, timed: Timed) -> Generator[None]:
    """For questions that are safe to put again; `timed` is told how long the answer took.

    Raises:
        Unavailable: there is no answer in time.
    """
    began, is_answered = perf_counter(), True
    try:
        with silence.told(), client.deadline():
            yield
    except Unavailable:
        is_answered = False
        raise
    finally:
        timed(asked, perf_counter() - began, is_answered)
