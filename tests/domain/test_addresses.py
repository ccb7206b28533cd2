"""Nothing outside leads to something of our own, however it is spelled."""

from __future__ import annotations

import pytest

from domain import addresses

INSIDE = [
    *("127.0.0.1", "127.1.2.3", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::"),
    *("2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001:db8::1", "", "localhost", "x"),
]
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_not_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_outside_is(address):
    assert addresses.is_public(address)


SPELLINGS = [
    *("https://127.0.0.1", "https://127.1", "https://2130706433", "https://0x7f000001"),
    *("https://0177.0.0.1", "https://0x7f.1", "https://127.0.0.1.", "https://[::1]"),
    *("https://[::ffff:127.0.0.1]", "https://localhost", "https://LOCALHOST", "https://intranet"),
    *("https://169.254.169.254/latest", "https://[fd00:ec2::254]", "https://0", "https://1.1.1.1"),
    *("http://api.example.com", "ftp://api.example.com", "file:///etc/passwd", "api.example.com"),
    *("https://api.example.com:22", "https://api.example.com:80", "https://api.example.com:x"),
    *("https://me@api.example.com", "https://me:pw@api.example.com", "https://api.example.com?x=1"),
    *(
        "https://api.example.com#x",
        "https://",
        "https://api..example.com",
        "https://-a.example.com",
    ),
    *("https://api.example.c", "https://exa mple.com", "https://\u24d0pi.example.com", ""),
    *("https://127\u30020\u30020\u30021", "https://[::1", "https://api.example.com\\@127.0.0.1"),
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_a_url_that_may_lead_inside_is_refused_with_a_sentence(url):
    why = addresses.wrong_url(url, is_development=False)
    assert why is not None
    assert why.endswith(".")


@pytest.mark.parametrize("url", ["https://api.example.com", "https://api.example.com:8443/v1"])
def test_others_may_be_called(url):
    assert addresses.wrong_url(url, is_development=False) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:1234", "http://localhost", "https://[::1]:99"])
def test_loopback_is_for_development_alone(url):
    assert addresses.wrong_url(url, is_development=True) is None
    assert addresses.wrong_url(url, is_development=False)
