"""Judging what an operator chose, and the machine that a gateway runs on."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from shutil import disk_usage

import httpx2

from domain.errors import Unavailable
from gateway import manifest
from gateway.doctor.findings import Finding, fail, ok, warn
from gateway.execution.documents import Documents
from gateway.guarding import MOST_CONNECTIONS
from gateway.identity import issuers, keysets
from gateway.settings import Settings, SettingsError
from schema import views

SETTINGS, DOCUMENTS, FILES = "Settings", "Documents", "Open files"
BESIDE_CLIENTS = 500
"""Files that a process has open beside its clients' connections: pools, logs, code."""


def chosen(settings: Settings) -> Iterator[Finding]:
    """Of the settings, those that expose something."""
    yield ok(SETTINGS, f"They can be used; {settings.env}.")
    if settings.is_development and not _is_loopback(settings.host):
        yield fail(
            "Exposure",
            f"Development listens on {settings.host}: whoever reaches it may act in every role.",
            "Set KASSA_ENV=production, or KASSA_HOST=127.0.0.1.",
        )
    if settings.metrics and not _is_loopback(settings.metrics.host):
        place = f"{settings.metrics.host}:{settings.metrics.port}"
        yield warn(
            "Exposure",
            f"Whoever reaches {place} may read the figures.",
            "See that only Prometheus does, or set KASSA_METRICS to an address on the loopback.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def documents(settings: Settings) -> Finding:
    """Do those that are registered fit the graph of this version?"""
    if settings.documents is None:
        if settings.binds_visitors:
            do = "Register what front ends ask (`kassa documents register`), or set KASSA_AD_HOC."
            return warn(DOCUMENTS, "None is registered, and visitors may ask no others.", do)
        return ok(DOCUMENTS, "None is registered; none need be.")
    try:
        found = list(manifest.operations(settings.documents, Documents(views.unified().core)))
    except SettingsError as error:
        return fail(DOCUMENTS, str(error), "Mend it, and register it again.")
    return ok(DOCUMENTS, f"{len(found)} registered, and all fit the graph.")


async def issuing(settings: Settings) -> Iterator[Finding]:
    """Do the issuers tell their keys?"""
    if settings.issuers is None:
        return iter(())
    found = issuers.load(settings.issuers, is_development=settings.is_development)
    async with keysets.client() as client:
        return iter(
            [await _issuer(each, client, settings.is_development) for each in found.values()]
        )


async def _issuer(
    issuer: issuers.Issuer, client: httpx2.AsyncClient, is_development: bool
) -> Finding:
    keys = keysets.KeySet(issuer, client, is_development=is_development)
    try:
        await keys.find(None)
    except Unavailable:
        do = "See that this machine reaches it, and that its discovery document names its keys."
        return fail("Issuer", f"{issuer.url} tells no keys.", do)
    return ok("Issuer", f"{issuer.url} tells its keys.")


def files() -> Finding:
    """May a process have as many connections as it would serve?"""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < MOST_CONNECTIONS + BESIDE_CLIENTS:
        do = f"Raise it (LimitNOFILE=65536, `ulimit -n`): {MOST_CONNECTIONS:,} clients need more."
        return warn(FILES, f"{most:,} a process.", do)
    return ok(FILES, "No bound." if most == resource.RLIM_INFINITY else f"{most:,} a process.")


def room(folder: Path) -> tuple[int, int]:
    """Bytes free and in all, where a folder is or would be."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    usage = disk_usage(there)
    return usage.free, usage.total
