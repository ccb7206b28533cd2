"""Settings: what an environment means, and what is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gateway.settings import (
    AdHoc,
    Driver,
    Env,
    Hosts,
    Limiting,
    Listen,
    Origins,
    Settings,
    SettingsError,
    read,
)
from schema.fields import Column

MEANINGS = [
    ("KASSA_ENV", "production", Env.PRODUCTION),
    ("KASSA_ENV", "development", Env.DEVELOPMENT),
    ("KASSA_HOST", "::1", "::1"),
    ("KASSA_PORT", "0", 0),
    ("KASSA_PORT", "65535", 65535),
    ("KASSA_MONGODB_URL", "mongodb://db/", "mongodb://db/"),
    ("KASSA_MONGODB_DATABASE", "shop_2-b", "shop_2-b"),
    ("KASSA_MONGODB_DRIVER", "motor", Driver.MOTOR),
    ("KASSA_REDIS_URL", "redis://bell/0", "redis://bell/0"),
    ("KASSA_DATA", "/var/lib/kassa", Path("/var/lib/kassa")),
    ("KASSA_CHECK_SECONDS", "2.5", 2.5),
    ("KASSA_CHANNEL_SECONDS", "0.5", 0.5),
    ("KASSA_LIMITS", "measure", Limiting.MEASURE),
    ("KASSA_DOCUMENTS", "/etc/kassa/documents.json", Path("/etc/kassa/documents.json")),
    ("KASSA_AD_HOC", "partners", AdHoc.PARTNERS),
    (
        "KASSA_ORIGINS",
        "https://A.example/, http://b.example:81",
        Origins({"https://a.example", "http://b.example:81"}),
    ),
    ("KASSA_HOSTS", "API.shop.example,10.0.0.1:8000", Hosts({"api.shop.example", "10.0.0.1:8000"})),
    ("KASSA_METRICS", "127.0.0.1:9464", Listen("127.0.0.1", 9464)),
    ("KASSA_METRICS", "[::1]:0", Listen("::1", 0)),
    ("KASSA_TRACES", "http://collector:4318", "http://collector:4318"),
    ("KASSA_TRACES", "https://otlp.example/kassa", "https://otlp.example/kassa"),
    ("KASSA_COUNTRY", "NO", "NO"),
    ("KASSA_SUBGRAPH", "orders", Column.ORDERS),
    ("KASSA_ISSUERS", "/etc/kassa/issuers.toml", Path("/etc/kassa/issuers.toml")),
    ("KASSA_PEPPER_FILE", "/run/secrets/pepper", Path("/run/secrets/pepper")),
    ("KASSA_CHANNELS", "/etc/kassa/channels.toml", Path("/etc/kassa/channels.toml")),
    ("KASSA_ALLOW_OLD_SERVERS", "true", True),
    ("KASSA_CONSOLE", "true", True),
]

REFUSALS = [
    ("KASSA_ENV", "prod"),
    ("KASSA_ENV", "PRODUCTION"),
    ("KASSA_PORT", "abc"),
    ("KASSA_PORT", "80.5"),
    ("KASSA_PORT", "-1"),
    ("KASSA_PORT", "65536"),
    ("KASSA_MONGODB_DRIVER", "mongoose"),
    ("KASSA_METRICS", "9464"),
    ("KASSA_METRICS", "127.0.0.1"),
    ("KASSA_METRICS", "127.0.0.1:65536"),
    ("KASSA_METRICS", "::1:9464"),
    ("KASSA_TRACES", "collector:4318"),
    ("KASSA_TRACES", "http://collector:4318/?a=b"),
    ("KASSA_CHECK_SECONDS", "nan"),
    ("KASSA_CHECK_SECONDS", "86401"),
    ("KASSA_CHANNEL_SECONDS", "0"),
    ("KASSA_CHANNEL_SECONDS", "11"),
    ("KASSA_CHANNEL_SECONDS", "nan"),
    ("KASSA_SUBGRAPH", "order"),
    ("KASSA_ALLOW_OLD_SERVERS", "yes please"),
    ("KASSA_CONSOLE", "maybe"),
    ("KASSA_LIMITS", "on"),
    ("KASSA_AD_HOC", "nobody"),
    ("KASSA_ORIGINS", "*"),
    ("KASSA_ORIGINS", "shop.example"),
    ("KASSA_ORIGINS", "https://shop.example/page"),
    ("KASSA_ORIGINS", "https://shop.example,,"),
    ("KASSA_HOSTS", "https://shop.example"),
    ("KASSA_HOSTS", "a b"),
    ("KASSA_MONGODB_DATABASE", "a b"),
    ("KASSA_MONGODB_DATABASE", "a/b"),
    ("KASSA_MONGODB_DATABASE", "$where"),
    ("KASSA_MONGODB_DATABASE", "x" * 64),
]


@pytest.mark.parametrize(("name", "value", "meaning"), MEANINGS)
def test_a_variable_sets_its_setting_and_no_other(name, value, meaning):
    field = name.removeprefix("KASSA_").lower()

    settings = read({name: value})

    assert getattr(settings, field) == meaning
    assert type(getattr(settings, field)) is type(meaning)
    assert settings == msgspec.structs.replace(Settings(), **{field: meaning})


def test_every_setting_is_in_the_table():
    named = {name.removeprefix("KASSA_").lower() for name, _, _ in MEANINGS}

    assert named == set(Settings.__struct_fields__)


@pytest.mark.parametrize(("name", "value"), REFUSALS)
def test_a_value_of_another_kind_is_refused_by_name(name, value):
    with pytest.raises(SettingsError) as refused:
        read({name: value})

    assert str(refused.value).startswith(f"{name}={value!r} cannot be used: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["KASSA_X", "KASSA_PORTS", "KASSA_", "KASSA_MONGO_URL"])
def test_an_unknown_name_is_refused_and_the_known_ones_listed(name):
    with pytest.raises(SettingsError) as refused:
        read({name: "1"})

    assert str(refused.value).startswith(f"{name} is not a setting. There are: KASSA_ENV, ")
    assert all(
        f"KASSA_{known.upper()}" in str(refused.value) for known in Settings.__struct_fields__
    )


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"KASSA_PORT": ""},
        {"KASSA_X": ""},
        {"PORT": "1"},
        {"kassa_port": "1"},
        {"XKASSA_X": "1"},
    ],
)
def test_what_is_empty_or_not_ours_changes_nothing(environ):
    assert read(environ) == Settings()


def test_without_settings_it_is_a_developers_machine():
    settings = read({})

    assert settings.is_development
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.mongodb_url, settings.redis_url) == (None, None)
    assert not read({"KASSA_ENV": "production"}).is_development


def test_several_variables_are_read_together():
    settings = read({"KASSA_PORT": "1", "KASSA_COUNTRY": "DK", "PATH": "/bin"})

    assert (settings.port, settings.country) == (1, "DK")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KASSA_ENV", "prod", "development or production"),
        ("KASSA_MONGODB_DRIVER", "mongoose", "pymongo or motor"),
        ("KASSA_COUNTRY", "ZZ", "two letters, such as SE"),
        ("KASSA_COUNTRY", "Sweden", "two letters, such as SE"),
        ("KASSA_SUBGRAPH", "order", "customers, catalog, orders, payments, stock, operations"),
    ],
)
def test_a_refusal_says_what_would_do(name: str, value: str, said: str):
    with pytest.raises(SettingsError, match=said):
        read({name: value})
