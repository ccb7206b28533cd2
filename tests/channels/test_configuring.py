"""A configuration is understood whole, or refused with a sentence that says what to change."""

from __future__ import annotations

import pytest

from domain.channels.accounts import Secret
from gateway import bootstrap
from gateway.bootstrap import channels
from gateway.channels import configuring, judging
from gateway.settings import Settings, SettingsError
from tests.channels.conftest import CHANNELS, ENVIRONMENT, configured

GOOD = CHANNELS.format(url="https://api.example.com")


def load(tmp_path, text, *, is_development=True, environ=ENVIRONMENT):
    path = tmp_path / "channels.toml"
    path.write_text(text)
    return configuring.load(path, is_development=is_development, environ=environ)


def test_a_good_one_is_read(tmp_path):
    [found] = load(tmp_path, GOOD, is_development=False).channels

    assert (found.name, found.code, found.entry.account) == ("penny-nl", "PENNY", "acct_nl")
    assert found.secrets == (
        Secret(ENVIRONMENT["PENNY_WEBHOOK"]),
        Secret(ENVIRONMENT["PENNY_WEBHOOK_OLD"]),
    )


def test_a_secret_may_be_in_a_file(tmp_path):
    (tmp_path / "key").write_text("a-secret-in-a-file\n")
    text = GOOD.replace('{ env = "PENNY_KEY" }', f'{{ file = "{tmp_path / "key"}" }}')

    [found] = load(tmp_path, text).channels

    assert found.key == Secret("a-secret-in-a-file")


def test_no_secret_is_shown(tmp_path):
    found = load(tmp_path, GOOD)

    assert all(each not in f"{found!r} {found}" for each in ENVIRONMENT.values())


WRONG = {
    "kind": ('kind = "tests.channels.penny"', 'kind = "No Such"', "kind"),
    "typo": ('account = "acct_nl"', 'acount = "acct_nl"', "acount"),
    "currency": ('currency = "EUR"', 'currency = "EUX"', "EUX"),
    "inside": ('base_url = "https://api.example.com"', 'base_url = "https://10.0.0.1"', "base_url"),
    "plain": ('base_url = "https://api.example.com"', 'base_url = "http://x.example"', "https"),
    "no such variable": ('env = "PENNY_KEY"', 'env = "PENNY_KEYS"', "PENNY_KEYS"),
    "no such file": ('{ env = "PENNY_KEY" }', '{ file = "/nowhere" }', "/nowhere"),
    "two sources": ('{ env = "PENNY_KEY" }', '{ env = "A", file = "B" }', "either"),
    "no source": ('{ env = "PENNY_KEY" }', "{ }", "either"),
    "written out": ('{ env = "PENNY_KEY" }', '"sk_live_123"', "key"),
    "twice": ("PENNY_WEBHOOK_OLD", "PENNY_WEBHOOK", "same"),
    "name": ("[channels.penny-nl]", '[channels."penny/../nl"]', "name"),
    "poll": ("poll_seconds = 1", "poll_seconds = 0", "poll_seconds"),
    "no TOML": ("[channels.penny-nl]", "[channels.penny-nl", "channels.toml"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_one_is_refused_with_a_sentence(tmp_path, case):
    was, becomes, said = WRONG[case]
    assert was in GOOD

    with pytest.raises(SettingsError, match=said) as refusal:
        load(tmp_path, GOOD.replace(was, becomes))

    assert all(each not in str(refusal.value) for each in ENVIRONMENT.values())


def test_a_secret_that_is_too_short_is_none(tmp_path):
    with pytest.raises(SettingsError, match="no secret"):
        load(tmp_path, GOOD, environ={**ENVIRONMENT, "PENNY_KEY": "short"})


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        configuring.load(tmp_path / "nothing.toml", is_development=True)


@pytest.mark.parametrize("kind", ["nosuchchannel", "demo", "files", "http", "json.decoder"])
def test_a_kind_without_an_adapter_is_told(tmp_path, kind):
    [found] = load(tmp_path, GOOD.replace("tests.channels.penny", kind)).channels

    with pytest.raises(SettingsError, match=r"channels\.penny-nl"):
        channels.opens(found)


async def test_options_that_the_adapter_does_not_know_are_told(tmp_path, monkeypatch):
    path = tmp_path / "channels.toml"
    path.write_text(GOOD + "options = { colour = 'red' }")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match="colour"):
        async with bootstrap.unconnected(Settings(channels=path)):
            pass


async def test_what_would_never_be_heard_is_told(tmp_path):
    path = tmp_path / "channels.toml"
    kept = [line for line in GOOD.splitlines() if not line.startswith(("secrets", "key"))]
    path.write_text("\n".join(kept))

    async with bootstrap.unconnected(Settings(channels=path)) as lines:
        problems = " ".join(judging.unheard(lines["penny-nl"]))

    assert all(word in problems for word in ("secrets", "key"))


async def test_a_channel_without_an_address_is_only_listened_to(tmp_path, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "channels.toml"
    path.write_text("\n".join(line for line in GOOD.splitlines() if not line.startswith("base")))

    async with bootstrap.unconnected(Settings(channels=path)) as lines:
        line = lines["penny-nl"]
        assert list(judging.unheard(line)) == []
        assert await judging.unreachable(line) is None
        [remark] = judging.remarks(line)

    assert "base_url" in remark


async def test_a_channel_that_does_not_answer_is_told(tmp_path, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    configured(tmp_path)

    async with bootstrap.unconnected(Settings(channels=tmp_path / "channels.toml")) as lines:
        why = await judging.unreachable(lines["penny-nl"])

    assert why
    assert "cannot be reached" in why
