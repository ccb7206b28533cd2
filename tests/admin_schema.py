"""Shopify's own Admin schema, out of the npm package in which Shopify publishes it.

Only the package's archive is fetched, as locked here; nothing of it is installed or run.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_client_schema

PACKAGE = "@shopify/dev-mcp@1.16.0"
SHA512 = (
    "b6a8119caeec4218dec3e86dc6d95e4c7db79d70797d972cae15a0124a26b28a"
    "c65ef2ce0769a1daea70666f2ecee4c3353667aad2cc7bae3223087ab366b0b7"
)
MEMBER = "package/dist/data/admin_2026-10.json.gz"
KEPT = Path(__file__).parent / "npm" / ".shopify"
FETCH_SECONDS = 100
OFFLINE = re.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network", re.IGNORECASE)


@cache
def official() -> GraphQLSchema:
    """The schema of 2026-10; skips where npm or its registry cannot be reached."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        # Two test runs may start at once; the second waits and finds it there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        archive = next(KEPT.glob("*.tgz"), None) or _fetched()
    assert hashlib.sha512(archive.read_bytes()).hexdigest() == SHA512, "it is another package"
    with tarfile.open(archive) as package:
        member = package.extractfile(MEMBER)
        assert member, "the package has no such schema"
        found = json.loads(gzip.decompress(member.read()))
    return build_client_schema(found.get("data", found), assume_valid=True)


def _fetched() -> Path:
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("npm is not installed")
    done = subprocess.run(
        [npm, "pack", PACKAGE, "--silent", "--pack-destination", KEPT],
        capture_output=True,
        text=True,
        check=False,
        timeout=FETCH_SECONDS,
    )
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip("Shopify's schema cannot be had: npm's registry is not reachable")
    assert done.returncode == 0, done.stderr
    return KEPT / done.stdout.split()[-1]
