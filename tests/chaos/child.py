"""A real program that a test may kill, freeze and start again; it never outlives us."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.embedded import launch, server

_promised: set[int] = set()


def free_port() -> int:
    """A port that nobody has, nor was promised by us to somebody who has yet to start."""
    port = next(port for port in iter(server.free_port, None) if port not in _promised)
    _promised.add(port)
    return port


class Child:
    """One program with its folder and its log; the same command at each start.

    Start it in the main thread: Linux kills it when the thread that started it ends.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = command
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.is_running:
            return
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *self._command],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def kill(self) -> None:
        """`kill -9`; it is gone when this returns."""
        self._signal(signal.SIGKILL)
        if self._process:
            await asyncio.to_thread(self._process.wait)

    def freeze(self) -> None:
        """Its connections stay open, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, signum: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(signum)  # nothing to one that is known to have ended
