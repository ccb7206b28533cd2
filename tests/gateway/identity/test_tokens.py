"""Tokens of an issuer: who they speak of, and the many ways in which they are no good."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from domain.errors import Unauthenticated, Unavailable
from domain.ids import Kind
from domain.scopes import Scope
from domain.viewer import Role, Viewer
from gateway.identity import issuers
from gateway.identity.admission import REFUSED
from gateway.identity.door import Door
from gateway.identity.issuers import Claims, Issuer
from gateway.identity.tokens import MOST_BYTES, Tokens
from tests.gateway.serving import served
from tests.making import new_id
from tests.peers.issuer import AUDIENCE, Peer, raw, toml

CUSTOMER, STORE, SHOP = (new_id(kind, 1) for kind in (Kind.CUSTOMER, Kind.LOCATION, Kind.CHANNEL))


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Peer]:
    found = Peer()
    async with served(found.application) as url:
        found.url = url
        yield found


@pytest.fixture
def peer(provider: Peer) -> Peer:
    provider.fresh()
    return provider


@pytest.fixture
async def door(peer: Peer, clock: Clock) -> AsyncIterator[Door]:
    found = opened(peer, clock)
    yield found
    await found.close()


def opened(peer: Peer, clock: Clock, **changes: Any) -> Door:
    """A door that takes the tokens of one issuer."""
    usual = {"algorithms": ("ES256",), "role": Role.SUPPORT}
    issuer = Issuer(peer.url, AUDIENCE, **{**usual, **changes})
    tokens = Tokens({peer.url: issuer}, is_development=True, now=clock)
    return Door(is_development=False, tokens=tokens, now=clock)


async def entered(door: Door, token: str) -> Viewer:
    return (await door.who(f"Bearer {token}")).viewer


async def refused(door: Door, token: str) -> None:
    """It is told that a token is no good, and nothing else."""
    with pytest.raises(Unauthenticated) as caught:
        await door.who(f"Bearer {token}")
    assert caught.value.message == REFUSED


async def test_a_good_token_is_its_subjects(door: Door, peer: Peer):
    admission = await door.who(f"Bearer {peer.token(exp=int(time.time()) + 77)}")

    assert admission.viewer == Viewer(Role.SUPPORT)
    assert admission.viewer.subject == f"{peer.url}#anna"
    assert admission.until == pytest.approx(time.time() + 77, abs=5)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ({"roles": {"a": Role.FINANCE}}, {"kassa_role": "a"}),
        ({"roles": {"a": Role.FINANCE}}, {"kassa_role": ["x", "a"]}),
        (
            {"roles": {"a": Role.FINANCE}, "claims": Claims(role="realm_access.roles")},
            {"realm_access": {"roles": ["a"]}},
        ),
        (
            {"roles": {"a": Role.FINANCE}, "claims": Claims(role="https://example.com/role")},
            {"https://example.com/role": "a"},
        ),
    ],
)
async def test_a_role_stands_where_the_operator_says(peer, clock, told, meant):
    door = opened(peer, clock, **{"role": None, **told})

    assert await entered(door, peer.token(**meant)) == Viewer(Role.FINANCE)
    await refused(door, peer.token(kassa_role="b", realm_access=["a"]))
    await door.close()


@pytest.mark.parametrize(
    ("role", "claims", "meant"),
    [
        (Role.SHOPPER, {"kassa_customer": CUSTOMER}, {"customer": CUSTOMER}),
        (Role.CLERK, {"kassa_location": STORE}, {"location": STORE}),
        (Role.PARTNER, {"kassa_channels": SHOP}, {"channels": (SHOP,)}),
        (Role.PARTNER, {"kassa_channels": [SHOP, SHOP]}, {"channels": (SHOP,)}),
    ],
)
async def test_whose_things_are_meant_must_be_said(peer, clock, role, claims, meant):
    door = opened(peer, clock, role=role)

    assert await entered(door, peer.token(**claims)) == Viewer(role, **meant)
    await refused(door, peer.token())
    for wrong in (new_id(Kind.ORDER, 1), "x", 1, {}, [], None):
        await refused(door, peer.token(**dict.fromkeys(claims, wrong)))
    await door.close()


async def test_scopes_take_away(peer: Peer, clock: Clock):
    door = opened(peer, clock, claims=Claims(scope="scope"))

    some = await entered(door, peer.token(scope="openid orders payments"))
    none = await entered(door, peer.token())

    assert some.scopes == {Scope.ORDERS, Scope.PAYMENTS}
    assert none.scopes == frozenset()
    await door.close()


def bad_claims() -> list[dict[str, Any]]:
    now = int(time.time())
    absent = [{name: None} for name in ("iss", "aud", "sub", "iat", "exp")]
    return [
        *absent,
        *({"exp": each} for each in (now - 1, now, "soon", True, [now + 60])),
        *({"iat": each} for each in (now + 3600, "now", True)),
        {"nbf": now + 3600},
        *({"aud": each} for each in ("other", ["other"], [], {"kassa": 1}, "KASSA")),
        *({"iss": each} for each in ("https://evil.example", "", 1, [])),
        *({"sub": each} for each in ("", 1, "a\nb", "x" * 256)),
    ]


@pytest.mark.parametrize("claims", bad_claims(), ids=str)
async def test_bad_claims_are_refused(door: Door, peer: Peer, claims: dict[str, Any]):
    await refused(door, peer.token(**claims))


BAD_HEADS = [
    {"typ": "logout+jwt"},
    {"typ": 1},
    {"kid": "../../etc/passwd"},
    {"kid": "unknown"},
    {"kid": ""},
    {"kid": "a\nb"},
    {"kid": 7},
    {"crit": ["x"], "x": 1},
    {"b64": False},
]


@pytest.mark.parametrize("head", BAD_HEADS, ids=str)
async def test_bad_headers_are_refused(door: Door, peer: Peer, head: dict[str, Any]):
    await refused(door, resigned(peer, head))


def resigned(peer: Peer, head: dict[str, Any]) -> str:
    """A token with a header that no library writes, over which the signature is good."""
    signed = raw({"alg": "ES256", "kid": "first", **head}, peer.claims())
    der = peer.keys[0].private_key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    return f"{signed}.{raw(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


async def test_a_header_written_by_hand_is_taken_if_nothing_is_wrong_with_it(door, peer):
    assert await entered(door, resigned(peer, {})) == Viewer(Role.SUPPORT)


async def test_without_a_key_id_the_only_key_is_meant(door: Door, peer: Peer, clock: Clock):
    token = peer.token(head={"kid": None})

    assert await entered(door, token) == Viewer(Role.SUPPORT)

    peer.rotate("second")
    clock.ahead = 61
    await entered(door, peer.token())
    await refused(door, peer.token(head={"kid": None}))


async def test_no_signature_is_no_signature(door: Door, peer: Peer):
    head, claims = {"alg": "none", "kid": "first"}, peer.claims()
    for algorithm in ("none", "None", "NONE", "nOnE"):
        await refused(door, raw({**head, "alg": algorithm}, claims, b""))
        await refused(door, raw({**head, "alg": algorithm}, claims, b"x"))
    good = peer.token()
    await refused(door, f"{good.rpartition('.')[0]}.")


@pytest.mark.parametrize("takes", ["ES256", "RS256"])
async def test_a_public_key_is_no_shared_secret(peer: Peer, clock: Clock, takes: str):
    key = RSAKey.generate_key(2048, {"kid": "first"}) if takes == "RS256" else peer.keys[0]
    peer.keys = [key]
    door = opened(peer, clock, algorithms=(takes,))
    known = key.as_dict(private=False)
    pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert await entered(door, peer.token()) == Viewer(Role.SUPPORT)

    for secret in (pem, pem.strip(), json.dumps(known).encode(), b""):
        signed = raw({"alg": "HS256", "kid": "first"}, peer.claims())
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        await refused(door, f"{signed}.{raw(mac)}")
    await door.close()


async def test_another_algorithm_than_the_operators_is_refused(door: Door, peer: Peer):
    other = RSAKey.generate_key(2048, {"kid": "rsa"})
    peer.keys.append(other)

    await refused(door, peer.token(key=other))
    await refused(door, peer.token(key=other, head={"kid": "first"}))


async def test_keys_that_a_token_brings_are_not_looked_at(door: Door, peer: Peer):
    own = ECKey.generate_key("P-256", {"kid": "first"})
    jwk = own.as_dict(private=False)
    for head in (
        {"jwk": jwk},
        {"jku": f"{peer.url}/elsewhere"},
        {"x5u": f"{peer.url}/elsewhere"},
        {"x5c": ["MIIB"]},
    ):
        signed = raw({"alg": "ES256", "kid": "first", **head}, peer.claims())
        forged = peer.token(key=own)
        await refused(door, f"{signed}.{forged.rpartition('.')[2]}")
        assert "/elsewhere" not in peer.asked

        assert await entered(door, resigned(peer, head)) == Viewer(Role.SUPPORT)
    assert "/elsewhere" not in peer.asked


async def test_what_is_no_token_is_refused(door: Door, peer: Peer):
    good = peer.token()
    head, body, signature = good.split(".")
    for text in (
        "",
        ".",
        "..",
        "a.b.c",
        "dev.system",
        f"{head}.{body}",
        f"{good}.{signature}",
        f"{head}.{body}.{signature[:-2]}",
        f"{head}.{body}.{signature[:10]}~{signature[11:]}",
        f"{head}.{body}é.{signature}",
        f"{raw([])}.{body}.{signature}",
        f"{head}.{raw('x')}.{signature}",
        f"{raw(b'{')}.{body}.{signature}",
        f"{head}.{body[:-4]}AAAA.{signature}",
        peer.token(padding="x" * MOST_BYTES),
        "x" * 100_000,
    ):
        await refused(door, text)
    for authorization in ("Basic YTpi", good, "Bearer"):
        with pytest.raises(Unauthenticated):
            await door.who(authorization)


async def test_a_token_is_refused_at_the_second_it_ends(door: Door, peer: Peer, clock: Clock):
    token = peer.token(exp=int(time.time()) + 100)
    assert await entered(door, token)

    clock.ahead = 101

    await refused(door, token)


# Keys


async def test_keys_are_asked_for_once(door: Door, peer: Peer):
    for n in range(10):
        await entered(door, peer.token(sub=f"person-{n}"))

    assert peer.asked == ["discovery", "/keys"]


async def test_a_new_key_is_found_at_its_first_token(door: Door, peer: Peer, clock: Clock):
    await entered(door, peer.token())
    peer.rotate("second")
    clock.ahead = 61

    assert await entered(door, peer.token()) == Viewer(Role.SUPPORT)
    assert await entered(door, peer.token(key=peer.keys[1], sub="other")) == Viewer(Role.SUPPORT)


async def test_tokens_of_a_key_that_is_gone_are_no_longer_good(door, peer, clock):
    kept = peer.token(exp=int(time.time()) + 9_999)
    await entered(door, kept)
    peer.rotate("second", keep=False)
    clock.ahead = 61

    await entered(door, peer.token())

    await refused(door, kept)


async def test_ten_thousand_unknown_key_ids_are_one_question_a_minute(door, peer, clock):
    await entered(door, peer.token())
    peer.asked.clear()
    for minute in range(3):
        clock.ahead = 61.0 * minute
        for _ in range(10_000 if minute == 0 else 100):
            await refused(
                door, raw({"alg": "ES256", "kid": secrets.token_hex()}, peer.claims(), b"x")
            )

    assert peer.asked.count("/keys") == 2


@pytest.mark.parametrize(
    "fault",
    [
        *("down", "redirects", "huge", "no json", "no object", "no keys", "nonsense"),
        *("another's discovery", "keys in a file"),
    ],
)
async def test_without_keys_nobody_is_let_in_until_there_are_some(door, peer, clock, fault):
    peer.fault = fault
    with pytest.raises(Unavailable):
        await door.who(f"Bearer {peer.token()}")
    asked = len(peer.asked)
    with pytest.raises(Unavailable):
        await door.who(f"Bearer {peer.token()}")
    assert len(peer.asked) == asked

    peer.fault, clock.ahead = None, 6

    assert await entered(door, peer.token()) == Viewer(Role.SUPPORT)


async def test_keys_are_kept_while_their_issuer_is_down(door, peer, clock):
    await entered(door, peer.token())
    peer.fault, later = "down", int(time.time()) + 10**6
    clock.ahead = 3 * 3600

    assert await entered(door, peer.token(sub="new", exp=later)) == Viewer(Role.SUPPORT)

    clock.ahead = 25 * 3600
    with pytest.raises(Unavailable):
        await door.who(f"Bearer {peer.token(sub='newer', exp=later)}")


async def test_weak_and_secret_keys_of_an_issuer_are_left_out(peer: Peer, clock: Clock):
    private = rsa.generate_private_key(65537, 1024).private_bytes(  # noqa: S505
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.warns(SecurityWarning):
        weak = RSAKey.import_key(private, {"kid": "weak"})
    peer.keys.append(weak)
    door = opened(peer, clock, algorithms=("ES256", "RS256"))

    await entered(door, peer.token())

    await refused(door, peer.token(key=weak))
    await door.close()


# What is kept


async def test_a_token_is_checked_once(door: Door, peer: Peer, monkeypatch: pytest.MonkeyPatch):
    token = peer.token()
    await entered(door, token)
    monkeypatch.setattr("gateway.identity.tokens._check_signature", None)

    assert await entered(door, token) == Viewer(Role.SUPPORT)
    with pytest.raises(TypeError):
        await entered(door, peer.token(sub="another"))


# The operator's file


def test_a_file_names_issuers(tmp_path: Path):
    path = tmp_path / "issuers.toml"
    path.write_text(toml("https://login.example.com", ['roles = { a = "clerk" }']))

    found = issuers.load(path, is_development=False)

    assert found["https://login.example.com"].roles == {"a": Role.CLERK}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("issuers = []", "length"),
        ("nonsense", "says what cannot be"),
        (toml("http://login.example.com"), "must begin with https"),
        (toml("http://127.0.0.1"), "must begin with https"),
        (toml("https://a", ['role = "boss"']), "boss"),
        (toml("https://a", ["algorithms = ['HS256']"]), "says what cannot be"),
        (toml("https://a").replace("ES256", "HS256"), "HS256"),
        (toml("https://a").replace("ES256", "none"), "none"),
        (toml("https://a", ['role = "clerk"', 'roles = { a = "clerk" }']), "either"),
        (toml("https://a", ['keys_url = "http://a/keys"', 'role = "clerk"']), "https"),
        (toml("https://a") + "\n" + toml("https://a"), "twice"),
        (toml("https://a", ["rolle = 1"]), "rolle"),
    ],
)
def test_a_file_that_cannot_be_meant_says_why(tmp_path: Path, text: str, said: str):
    path = tmp_path / "issuers.toml"
    path.write_text(text)

    with pytest.raises(issuers.SettingsError, match=said):
        issuers.load(path, is_development=False)
