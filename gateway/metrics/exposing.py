"""The port on which Prometheus reads: one for all processes, beside that of the graph.

Who reaches it may read it, so it is bound to what only the scraper reaches. It has a thread of its
own in the process that was started: neither budgets nor a busy graph keep Prometheus waiting.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import (
    MultiProcessCollector,
    mark_process_dead,  # pyright: ignore[reportUnknownVariableType]  # untyped
)

from gateway.metrics.instruments import REGISTRY
from gateway.settings import Settings, SettingsError

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own variable: where processes keep their figures for one another."""

GAUGES = "gauge_live*_*.db"


@contextmanager
def exposed(settings: Settings, workers: int) -> Generator[str | None]:
    """Serve the figures of so many processes; yields where, or None if nobody is to read them.

    To be entered before they start.

    Raises:
        SettingsError: the port cannot be had.
    """
    if settings.metrics is None:
        yield None
        return
    with _kept_together(workers) as registry:
        host, port = settings.metrics.host, settings.metrics.port
        try:
            server, thread = start_http_server(port, host, registry)
        except (OSError, OverflowError) as error:
            raise SettingsError(
                f"KASSA_METRICS={host}:{port} cannot be listened on ({error}). Choose another port."
            ) from error
        try:
            yield _url(host, server.server_port)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/metrics" if ":" in host else f"http://{host}:{port}/metrics"


@contextmanager
def _kept_together(workers: int) -> Generator[CollectorRegistry]:
    """Where the figures of all processes are to be had."""
    if workers == 1:
        yield REGISTRY
        return
    folder = Path(tempfile.mkdtemp(prefix="kassa-metrics-"))
    os.environ[FOLDER] = str(folder)  # for those who start from now on
    try:
        registry = CollectorRegistry()
        registry.register(Together(folder))
        yield registry
    finally:
        del os.environ[FOLDER]
        shutil.rmtree(folder)


class Together:
    """A collector: counts of processes that ended stay counted, their gauges do not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._figures: Any = MultiProcessCollector(None, str(folder))  # untyped

    def collect(self) -> Iterable[Metric]:
        for pid in {int(file.stem.rpartition("_")[2]) for file in self._folder.glob(GAUGES)}:
            if not _lives(pid):
                mark_process_dead(pid, str(self._folder))
        return self._figures.collect()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
