"""How fast a retailer's own data goes in, first and again; and how fast a large demo shop.

Run it with `make bench-import`. It needs the data in `../shared/data/adventureworks` (or under
KASSA_SHARED), and writes `bench/results/import.json`.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from adapters import files
from commands import imports
from domain.imports.report import Report
from gateway import bootstrap, embedded
from storage.mongo.driver import Database
from storage.mongo.intake import MongoIntake
from storage.mongo.migrate import migrate

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("KASSA_SHARED", ROOT.parent / "shared"))
DATA = SHARED / "data" / "adventureworks"
RESULT = Path(__file__).with_name("results") / "import.json"
RUNS = 3
GIB = 1024**3


def machine() -> dict[str, object]:
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(pages / GIB, 1),
        "python": platform.python_version(),
        "load_average": [round(each, 2) for each in os.getloadavg()],
    }


async def imported(database: Database, mapping: files.Mapping, scratch: Path) -> dict[str, float]:
    """One import: seconds, CPU seconds of this process, rows a second."""
    begin, cpu, report = time.perf_counter(), time.process_time(), Report()
    with (
        files.Quarantine(scratch / "quarantine.ndjson") as aside,
        files.opened(DATA, mapping, aside) as feed,
    ):
        await imports.run(
            feed,
            MongoIntake(database),
            datetime.now(UTC),
            tolerate=0,
            report=report,
            told=lambda *_: None,
        )
        await bootstrap.journalled(database)
    seconds = time.perf_counter() - begin
    assert report.agrees
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "rows": report.rows,
        "writes": report.writes,
        "rows_per_second": round(report.rows / seconds),
    }


async def adventureworks(url: str, scratch: Path) -> dict[str, object]:
    path = scratch / "kassa.toml"
    path.write_text(files.describe(DATA).replace('# country = "US"', 'country = "US"'))
    mapping = files.load(path)
    first: list[dict[str, float]] = []
    again: list[dict[str, float]] = []
    for _ in range(RUNS):
        database = Database(url, f"bench_{secrets.token_hex(4)}")
        await migrate(database)
        first.append(await imported(database, mapping, scratch))
        again.append(await imported(database, mapping, scratch))
        await database.drop()
        await database.close()
    return {"first": _summed(first), "rerun": _summed(again)}


def _summed(runs: list[dict[str, float]]) -> dict[str, object]:
    rates = [run["rows_per_second"] for run in runs]
    return {
        "rows_per_second": statistics.median(rates),
        "range": [min(rates), max(rates)],
        "runs": runs,
    }


def seeded(url: str) -> dict[str, object]:
    """`kassa seed --scale bench` in a process of its own."""
    environment = {
        **os.environ,
        "KASSA_MONGODB_URL": url,
        "KASSA_MONGODB_DATABASE": f"seed_{secrets.token_hex(4)}",
    }
    begin = time.perf_counter()
    done = subprocess.run(
        [Path(sys.executable).with_name("kassa"), "seed", "--scale", "bench"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "seconds": round(time.perf_counter() - begin, 1),
        "peak_memory_mib": round(peak / 1024),
        "said": done.stdout.strip().splitlines()[-1],
    }


def main() -> None:
    if not DATA.is_dir():
        sys.exit(f"AdventureWorks is not in {DATA}.")
    with (
        tempfile.TemporaryDirectory() as scratch,
        embedded.running(Path(scratch) / "servers") as servers,
    ):
        assert servers.mongodb_url
        seed = seeded(servers.mongodb_url)
        result = {
            "machine": machine(),
            "adventureworks": asyncio.run(adventureworks(servers.mongodb_url, Path(scratch))),
            "seed": seed,
        }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
