"""What it was measured on and with; no names of places."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.http.contestants import NODE

PACKAGES = (
    *("graphql-core", "strawberry-graphql", "starlette", "uvicorn", "uvloop"),
    *("httptools", "pymongo", "msgspec", "orjson"),
)
GIB = 1024**3


def described(
    mongodb: str, load_before: Sequence[float], project: Path = NODE
) -> dict[str, object]:
    """`project` holds the packages of Node that are measured."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "CPU": _model(),
        "cores": os.cpu_count(),
        "memory": f"{pages / GIB:.0f} GiB",
        "load before": " ".join(f"{each:.2f}" for each in load_before),
        "Linux": platform.release().partition("-")[0],
        "MongoDB": mongodb,
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        **_node(project),
    }


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _node(project: Path) -> Mapping[str, str]:
    node = shutil.which("node")
    if node is None:
        return {}
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    packages = json.loads((project / "package.json").read_text())["dependencies"]
    by_package = {f"{name} (npm)": wanted for name, wanted in packages.items()}
    return {"Node.js": said.stdout.strip().removeprefix("v"), **by_package}
