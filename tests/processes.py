"""Kassa as a stranger runs it: a command, its folder, what it prints and what it leaves behind."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[1]
KASSA = str(Path(sys.executable).parent / "kassa")
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.01
LAST_LINE = "Ctrl-C ends it"


def environment(**settings: object) -> dict[str, str]:
    """Ours without any `KASSA_…`, and these settings: `port=1` is `KASSA_PORT=1`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("KASSA_")}
    given = {f"KASSA_{name.upper()}": str(value) for name, value in settings.items()}
    return {**plain, "COLUMNS": "80", **given}


def run(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [KASSA, *arguments],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_SECONDS,
    )


class Serving:
    """A `kassa serve` that has greeted."""

    def __init__(self, process: subprocess.Popen[str], greeting: str, log: Path) -> None:
        self.process = process
        self.greeting = greeting
        self.log = log
        found = re.search(r"Kassa is at (\S+)", greeting)
        assert found, greeting
        self.url = found[1]
        self.token_by_role = {
            token.split(".")[1]: token
            for token in re.findall(r"^  \S.*?  +(dev\.\S+)$", greeting, re.MULTILINE)
        }
        self.query = greeting.partition("as a clerk:")[2].partition(LAST_LINE)[0]
        self.http = httpx2.Client(base_url=self.url, timeout=WAIT_SECONDS)

    def ask(self, query: str, role: str = "clerk") -> dict[str, Any]:
        """The whole answer, with the token that was printed for this role."""
        headers = {"authorization": f"Bearer {self.token_by_role[role]}"}
        return self.http.post("/graphql", json={"query": query}, headers=headers).json()

    def end(self, signum: signal.Signals) -> int:
        """Send a signal as its usual sender does; the exit code.

        A terminal tells everybody in it, a supervisor the process that it started.
        """
        send = os.killpg if signum == signal.SIGINT else os.kill
        send(self.process.pid, signum)
        return self.process.wait(WAIT_SECONDS)

    def children(self) -> Mapping[int, str]:
        """The program of each process that it started, by process id."""
        return descendants(self.process.pid)

    def child(self, program: str) -> int:
        return next(number for number, name in self.children().items() if name == program)


@contextmanager
def serving(data: Path, *arguments: str, **settings: object) -> Iterator[Serving]:
    """`kassa serve --embedded` with its files in `data`, on a free port unless one is given."""
    log = data.with_name(f"{data.name}.stderr")
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [KASSA, "serve", "--embedded", *arguments],
            cwd=ROOT,
            env=environment(data=data, **{"port": 0, **settings}),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            found = Serving(process, _greeting(process, log), log)
            with found.http:
                yield found
        finally:
            process.kill()


def _greeting(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(LAST_LINE):
            return "".join(lines)
    raise AssertionError(log.read_text())


def descendants(ancestor: int) -> dict[int, str]:
    """The program by process id of what this process started, and what those started."""
    processes = list(_processes())
    found: dict[int, str] = {}
    parents = {ancestor}
    while parents:
        level = {number: name for number, name, parent in processes if parent in parents}
        found |= level
        parents = set(level)
    return found


def inside(folder: Path) -> Sequence[str]:
    """The programs that run in a folder below this one."""
    found = []
    for number, name, _ in _processes():
        try:
            if Path(f"/proc/{number}/cwd").readlink().is_relative_to(folder):
                found.append(name)
        except OSError:
            continue  # gone, or not ours to look at
    return found


def _processes() -> Iterator[tuple[int, str, int]]:
    """Process id, program and parent's process id. Source: proc_pid_stat(5)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = stat.read_text().partition(" (")
        except OSError:
            continue
        name, _, rest = rest.rpartition(") ")
        yield int(number), name, int(rest.split()[1])


def ends(process_id: int) -> bool:
    """Whether the process is gone, after waiting for that event."""
    try:
        descriptor = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    with open(descriptor) as process:  # noqa: PTH123
        return bool(select.select([process], [], [], WAIT_SECONDS)[0])


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(POLL_SECONDS)
