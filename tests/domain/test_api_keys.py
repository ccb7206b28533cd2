"""Keys of our own, on paper."""

from __future__ import annotations

import re

import pytest

from domain import api_keys
from domain.api_keys import Mode
from domain.errors import BadInput
from domain.ids import ChannelId, LocationId
from domain.viewer import Role


@pytest.mark.parametrize("mode", Mode)
def test_a_key_says_what_it_is(mode: Mode):
    text = api_keys.new_text(mode)

    assert re.fullmatch(rf"kassa_{mode}_[0-9A-Za-z]{{49}}", text)
    assert api_keys.mode_of(text) is mode


def test_no_two_keys_are_the_same():
    assert len({api_keys.new_text(Mode.LIVE) for _ in range(1000)}) == 1000


def test_any_slip_of_the_pen_is_seen():
    text = api_keys.new_text(Mode.LIVE)
    for at in range(len("kassa_live_"), len(text)):
        other = "x" if text[at] != "x" else "y"

        assert api_keys.mode_of(text[:at] + other + text[at + 1 :]) is None
        assert api_keys.mode_of(text[:at] + text[at + 1 :]) is None
    for wrong in (
        "",
        "kassa_",
        "kassa_live_",
        text + "0",
        f" {text}",
        text.replace("live", "test"),
    ):
        assert api_keys.mode_of(wrong) is None


def test_a_digest_is_of_the_key_and_the_pepper():
    text = api_keys.new_text(Mode.LIVE)

    assert api_keys.digest(text, b"a") == api_keys.digest(text, b"a")
    assert api_keys.digest(text, b"a") != api_keys.digest(text, b"b")
    assert text not in api_keys.digest(text, b"a")


def test_a_key_is_a_partners_or_a_devices():
    channel, location = ChannelId("chn_1"), LocationId("loc_1")

    assert api_keys.belongs((channel,), None) is Role.PARTNER
    assert api_keys.belongs((), location) is Role.CLERK
    for both_or_neither in (((channel,), location), ((), None)):
        with pytest.raises(BadInput):
            api_keys.belongs(*both_or_neither)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 81, "\x1b[31m"])
def test_a_name_is_one_line_that_people_can_read(name: str):
    with pytest.raises(BadInput):
        api_keys.named(name)
