"""The long run, by hand: `make chaos`, or `python -m tests.chaos --help`.

Writes `bench/results/chaos.json` and the table in `docs/faults.md`, and keeps the histories where
a claim does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import secrets
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.chaos import checker, cluster, history, play, report
from tests.chaos.checker import Run
from tests.chaos.history import Event, History
from tests.chaos.nemesis import FAULTS
from tests.chaos.play import Stage

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "bench" / "results" / "chaos.json"
PAGE = ROOT / "docs" / "faults.md"
WISHES, A_SECOND = 2000, 60.0
EARS, HEARD_A_SECOND = 50, 20.0
"""Who listen are told all of it, each of them, and share the machine with everything else."""
TABLE = re.compile(r"(?<=<!-- times -->\n).*?(?=<!-- end of times -->)", re.DOTALL)

out = Console(highlight=False)
Scenario = Callable[[Stage], Awaitable[Run]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--cycles", type=int, default=3, help="how often each fault strikes")
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--only", choices=["rush", "crowded", "dark", "listened", "mixture"])
    parser.add_argument("--keep", action="store_true", help="keep the histories anyway")
    parser.add_argument("--write", action="store_true", help="write the committed results")
    parser.add_argument("--check", type=Path, help="only check this history again")
    return parser.parse_args()


def scenarios(asked: argparse.Namespace) -> Sequence[tuple[str, Scenario]]:
    rush = ("rush", partial(play.rush, faults=asked.faults))
    mix = partial(play.mix, faults=asked.faults, wishes=WISHES, a_second=A_SECOND, ears=0)
    load: dict[str, Any] = {"wishes": WISHES, "a_second": HEARD_A_SECOND, "ears": EARS}
    dark = ("dark", partial(play.dark, **load))
    listened = ("listened", partial(play.mix, faults=asked.faults, **load))
    crowd = ("crowded", partial(play.crowded, faults=asked.faults, a_second=A_SECOND))
    each = (rush, crowd, dark, listened, *[("mixture", mix)] * asked.cycles)
    return [(name, scenario) for name, scenario in each if asked.only in {None, name}]


async def played(asked: argparse.Namespace, folder: Path) -> Sequence[Path]:
    """All scenarios on one cluster; their histories."""
    paths: list[Path] = []
    async with cluster.running(folder) as found:
        for n, (name, scenario) in enumerate(scenarios(asked)):
            seed = asked.seed + n
            out.print(f"{name}, seed {seed} …")
            paths.append(folder / f"{name}-{seed}.jsonl")
            with History(paths[-1]) as written:
                tell(checker.broken(await scenario(Stage(found, written, seed))))
    return paths


def tell(broken: Mapping[str, Sequence[str]]) -> None:
    if not broken:
        out.print("  every claim holds")
    for claim, sentences in broken.items():
        out.print(f"  [bold red]{claim}[/] does not hold ({len(sentences)} times)")
        for sentence in sentences[:10]:
            out.print(f"    {sentence}", markup=False)


def written(seed: int, histories: Sequence[Sequence[Event]]) -> None:
    """Put the numbers where they are committed."""
    mixtures = [lines for lines in histories if lines[0].scenario == "mixture"]
    faults = report.spreads(each for lines in mixtures for each in report.outages(lines))
    result = {
        "seed": seed,
        **report.machine(),
        "runs": [{"scenario": each[0].scenario, **report.totals(each)} for each in histories],
        "faults": faults,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    PAGE.write_text(TABLE.sub(lambda _: report.table(faults), PAGE.read_text()))
    out.print(report.table(faults))


def main() -> None:
    asked = arguments()
    if asked.check:
        tell(checker.broken(Run(history.read(asked.check))))
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = asyncio.run(played(asked, Path(folder)))
        histories = [list(history.read(path)) for path in paths]
        broken = [path for path, lines in zip(paths, histories, strict=True) if is_broken(lines)]
        for path in paths if asked.keep else broken:
            out.print(f"kept: {history.keep(path, Path(folder))}")
    if asked.write and not broken:
        written(asked.seed, histories)
    sys.exit(1 if broken else 0)


def is_broken(lines: Sequence[Event]) -> bool:
    return bool(checker.broken(Run(lines)))


if __name__ == "__main__":
    main()
