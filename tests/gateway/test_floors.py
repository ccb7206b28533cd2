"""The oldest servers that production starts on."""

from __future__ import annotations

import pytest

from gateway import floors
from gateway.settings import SettingsError

GOOD = [
    *(("MongoDB", each) for each in ("6.0.30", "7.0.48", "8.0.37", "8.0.40", "8.3.16", "9.0.7")),
    *(("MongoDB", each) for each in ("9.1.0", "8.0.37-rc0")),
    *(("Redis", each) for each in ("6.2.24", "7.4.11", "8.2.9", "8.6.7", "8.10.1", "8.12.0")),
    *(("Valkey", each) for each in ("7.2.16", "8.1.9", "9.1.1", "9.2.0")),
]
BAD = [
    *(("MongoDB", each) for each in ("6.0.5", "6.0.29", "7.0.47", "8.0.36", "8.1.9", "8.2.12")),
    *(("MongoDB", each) for each in ("8.3.15", "9.0.6")),
    *(("MongoDB", each) for each in ("5.0.32", "4.4.30", "3.6.0", "", "x")),
    *(("Redis", each) for each in ("6.2.23", "7.0.99", "7.2.15", "8.0.6", "8.8.1", "8.10.0")),
    *(("Redis", each) for each in ("2.8.0",)),
    *(("Valkey", each) for each in ("7.2.13", "8.0.9", "9.1.0")),
]


@pytest.mark.parametrize(("server", "version"), GOOD)
def test_a_server_with_its_holes_mended_will_do(server: str, version: str):
    floors.check(server, version)


@pytest.mark.parametrize(("server", "version"), BAD)
def test_a_server_with_known_holes_is_refused_and_named(server: str, version: str):
    with pytest.raises(SettingsError) as caught:
        floors.check(server, version)

    assert str(caught.value).startswith(f"{server} {version} has known security holes;")
    assert "KASSA_ALLOW_OLD_SERVERS=true" in str(caught.value)
