"""Sessions are revoked, and what was open ends: by the command, through a real server."""

from __future__ import annotations

import time
from asyncio import to_thread
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import Unauthenticated
from domain.sessions import RevokedSessions
from domain.viewer import Role
from gateway import bootstrap
from gateway.embedded import Embedded
from gateway.identity.admission import REFUSED, SKEW_SECONDS
from gateway.identity.door import Door
from gateway.identity.issuers import Issuer
from gateway.identity.revoked import KNOWN_SECONDS, Revoked
from gateway.identity.tokens import Tokens
from gateway.settings import Settings
from storage.mongo.driver import Database
from storage.mongo.journal.following import MongoFollowing
from storage.mongo.sessions import MongoSessions
from tests.gateway.identity.test_keyring import CHANNEL
from tests.gateway.live.board import talking
from tests.gateway.serving import served
from tests.peers.issuer import AUDIENCE, Peer, toml
from tests.processes import run
from tests.walks.applications import application

ORDERS = f'subscription {{ orderUpdated(channel: "{CHANNEL}") {{ kind }} }}'

ANOTHER = "https://id.example.com"


@pytest.fixture
async def peer():
    found = Peer()
    async with served(found.application) as url:
        found.url = url
        yield found


class Later:
    """A door whose time goes on when it is told to."""

    def __init__(self, database: Database, peer: Peer) -> None:
        self.ahead = 0.0
        self.kept = MongoSessions(database)
        issuer = Issuer(peer.url, AUDIENCE, ("ES256",), role=Role.SUPPORT)
        revoked = Revoked(self.kept, now=self.now)
        tokens = Tokens({peer.url: issuer}, revoked=revoked, is_development=True, now=self.now)
        self.door = Door(is_development=False, tokens=tokens, now=self.now)

    def now(self) -> float:
        return time.time() + self.ahead

    async def opens(self, token: str) -> bool:
        try:
            await self.door.who(f"Bearer {token}")
        except Unauthenticated as error:
            return error.message != REFUSED
        return True


@pytest.fixture
async def later(database: Database, peer: Peer):
    found = Later(database, peer)
    yield found
    await found.door.close()


async def test_tokens_of_before_open_nothing_and_those_of_later_do(later: Later, peer: Peer):
    now = int(time.time())
    before, ahead = peer.token(iat=now - 100), peer.token(iat=now + SKEW_SECONDS - 5)
    others = peer.token(sub="bo"), peer.token(sub="anna2", iat=now - 100)
    assert [await later.opens(each) for each in (before, ahead, *others)] == [True] * 4

    await later.kept.revoke(RevokedSessions(f"{peer.url}#anna", datetime.fromtimestamp(now, UTC)))
    later.ahead = 2.0
    await later.door.turn()

    assert [await later.opens(each) for each in (before, ahead)] == [False, False]
    assert [await later.opens(each) for each in others] == [True, True]
    later.ahead = SKEW_SECONDS + 5
    assert await later.opens(peer.token(iat=now + SKEW_SECONDS + 1))


async def test_nobody_has_to_look_for_a_token_that_comes_for_the_first_time(later, peer):
    assert await later.opens(peer.token(sub="bo"))

    await later.kept.revoke(RevokedSessions(f"{peer.url}#anna", datetime.now(UTC)))
    later.ahead = KNOWN_SECONDS + 1

    assert not await later.opens(peer.token())


async def test_who_is_revoked_twice_is_revoked_until_the_second_time(later, peer):
    now = int(time.time())
    for at in (now - 500, now):
        at_last = datetime.fromtimestamp(at, UTC)
        await later.kept.revoke(RevokedSessions(f"{peer.url}#anna", at_last))

    assert not await later.opens(peer.token(iat=now - 100))
    assert [each.at for each in await later.kept.revoked()] == [at_last]


# The command


@pytest.fixture
def issuers(peer: Peer, tmp_path: Path) -> Path:
    path = tmp_path / "issuers.toml"
    path.write_text(toml(peer.url))
    return path


@pytest.fixture
def both(issuers: Path) -> Path:
    path = issuers.with_name("both.toml")
    path.write_text(f"{issuers.read_text()}\n{toml(ANOTHER)}")
    return path


@pytest.fixture
def sessions(servers: Embedded, database: Database, issuers: Path):
    there = {"mongodb_url": servers.mongodb_url, "mongodb_database": database.name}

    async def command(*arguments: str, **settings: object):
        given = {**there, "issuers": issuers, **settings}
        return await to_thread(run, "sessions", *arguments, **given)

    return command


async def test_revoked_sessions_lose_their_sockets_and_others_do_not(
    sessions, database: Database, peer: Peer, issuers: Path
):
    door = bootstrap.door(Settings(issuers=issuers), database)
    live = application(database, door=door, following=MongoFollowing(database))
    token, other = peer.token(), peer.token(sub="bo")
    async with (
        served(live, lifespan="on") as address,
        talking(address, token) as talk,
        talking(address, other) as others,
    ):
        await talk.tell("subscribe", id="1", payload={"query": ORDERS})
        assert (await talk.hear())["payload"]["data"] == {"orderUpdated": {"kind": "SNAPSHOT"}}

        told = await sessions("revoke", "anna")

        assert told.stdout == f"Revoked: {peer.url}#anna.\n"
        assert await talk.closed() == (4401, REFUSED)
        await others.tell("ping")
        assert await others.hear() == {"type": "pong"}
    assert f"{peer.url}#anna" in "".join((await sessions("list")).stdout.split())


async def test_of_several_issuers_one_is_named(sessions, peer: Peer, both: Path):
    unclear = await sessions("revoke", "anna", issuers=both)
    unknown = await sessions("revoke", "anna", "--issuer", "https://x.example", issuers=both)
    told = await sessions("revoke", "anna", "--issuer", ANOTHER, issuers=both)

    for refused in (unclear, unknown):
        assert refused.returncode == 1
        assert peer.url in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert told.stdout == f"Revoked: {ANOTHER}#anna.\n"


async def test_without_issuers_there_are_no_sessions(sessions):
    refused = await sessions("revoke", "anna", issuers="")

    assert refused.returncode == 1
    assert "KASSA_ISSUERS" in refused.stderr
    assert (await sessions("list")).stdout == "No sessions were revoked.\n"
