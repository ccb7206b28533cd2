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

PYTHON_PACKAGES = ("graphql-core", "strawberry-graphql", "starlette", "uvicorn", "uvloop")
PYTHON_PACKAGES_TOO = ("httptools", "pymongo", "msgspec", "orjson")
GIB = 1024**3


def described(mongodb: str, load_before: Sequence[float]) -> dict[str, object]:
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _model(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages / GIB, 1),
        "load_average_before": [round(each, 2) for each in load_before],
        "linux": platform.release().partition("-")[0],
        "mongodb": mongodb,
        "python": platform.python_version(),
        **{name: version(name) for name in (*PYTHON_PACKAGES, *PYTHON_PACKAGES_TOO)},
        **_node(),
    }


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _node() -> Mapping[str, str]:
    node = shutil.which("node")
    if node is None:
        return {}
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    packages = json.loads((NODE / "package.json").read_text())["dependencies"]
    return {"node": said.stdout.strip().removeprefix("v"), **packages}
