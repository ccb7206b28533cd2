"""The oldest servers that production starts on."""

from __future__ import annotations

import pytest

from gateway import floors
from gateway.settings import SettingsError

GOOD = [
    *(("MongoDB", each) for each in ("6.0.27", "7.0.28", "8.0.17", "8.0.30", "8.2.3", "8.3.0")),
    *(("MongoDB", each) for each in ("9.0.0", "8.0.17-rc0")),
    *(("Redis", each) for each in ("6.2.20", "7.4.6", "8.0.4", "8.2.2", "8.4.0")),
    *(("Valkey", each) for each in ("7.2.11", "8.1.4", "9.0.0")),
]
BAD = [
    *(("MongoDB", each) for each in ("6.0.5", "6.0.26", "7.0.27", "8.0.16", "8.1.9", "8.2.2")),
    *(("MongoDB", each) for each in ("5.0.32", "4.4.30", "3.6.0", "", "x")),
    *(("Redis", each) for each in ("6.2.14", "7.0.99", "7.2.10", "8.2.1", "2.8.0")),
    *(("Valkey", each) for each in ("7.2.10", "8.0.5")),
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
