"""Runs a program that dies with its parent: `python launch.py PARENT PROGRAM ARGUMENT…`.

Needs the standard library only, and sets itself up after the fork, in a process of its own:
`preexec_fn` is not safe once the parent has threads.

Source: prctl(2), PR_SET_PDEATHSIG; it survives `exec`, and is sent when the parent *thread* ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
OPEN_FILES = 64_000  # what MongoDB recommends: every collection and every index is a file


def die_with_parent(parent: int | None = None, signum: int = signal.SIGTERM) -> None:
    """Have Linux send this process `signum` when its parent ends; nothing elsewhere.

    `parent` is the process id to expect, lest the parent died before we asked; workers started
    with `multiprocessing` know it by themselves.
    """
    if sys.platform != "linux":
        return
    expected = parent or _multiprocessing_parent()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signum))
    if expected is not None and os.getppid() != expected:
        os.kill(os.getpid(), signum)


def _multiprocessing_parent() -> int | None:
    from multiprocessing import parent_process  # here, for the launcher starts without it

    process = parent_process()
    return process and process.pid


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if 0 <= soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(parent: str, program: str, *arguments: str) -> None:
    # SIGKILL cannot be missed; MongoDB's journal keeps what it acknowledged to a majority.
    die_with_parent(int(parent), signal.SIGKILL)
    _allow_many_files()
    try:
        os.execv(program, [program, *arguments])  # noqa: S606
    except OSError as error:
        raise SystemExit(f"{program} cannot be run: {error.strerror}") from None


if __name__ == "__main__":
    main(*sys.argv[1:])
