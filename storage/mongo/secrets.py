"""What only the gateways of one database know. Made once, by whichever comes first."""

from __future__ import annotations

import secrets

import msgspec
from msgspec import Struct

from storage.mongo.collections import Collection
from storage.mongo.driver import Database, Taken

BYTES = 32


class SecretRow(Struct, frozen=True):
    """A secret, by what it is for; as hexadecimal digits."""

    id: str = msgspec.field(name="_id")
    value: str


SECRETS = Collection("secrets", SecretRow)
COLLECTIONS = (SECRETS,)


async def secret(database: Database, name: str) -> bytes:
    """The secret for `name`.

    Raises:
        Unavailable: the database does not answer.
    """
    while True:
        rows = await database.find(SECRETS.name, {"_id": name})
        if rows:
            return bytes.fromhex(rows[0]["value"])
        try:
            row = SecretRow(name, secrets.token_hex(BYTES))
            await database.put(SECRETS.name, SECRETS.document(row))
        except Taken:
            pass
