"""Channels in MongoDB."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress

from domain.channels.standing import AdapterStatus
from domain.ids import ChannelId
from domain.operations import Channel
from domain.ports import EVERYTHING, Wanted
from domain.viewer import Subject, Viewer
from storage.mongo.collections import Collection, Index, by
from storage.mongo.connections import MongoConnections
from storage.mongo.driver import Database, Taken
from storage.mongo.reader import Reader

CHANNELS = Collection("channels", Channel, (Index(by("code"), "channels", unique=True),))
COLLECTIONS = (CHANNELS,)


class MongoChannels:
    """`ports.Channels`."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._channels = Reader(database, "channels", Channel, Subject.AVAILABILITY, wanted)
        self._connections = MongoConnections(database)

    def by_ids(
        self, viewer: Viewer, keys: Sequence[ChannelId]
    ) -> Awaitable[Mapping[ChannelId, Channel]]:
        return self._channels.by_ids(viewer, keys)

    async def all(self, viewer: Viewer) -> Sequence[Channel]:
        return await self._channels.all(viewer, {}, sort=[("code", 1)])

    async def adapters_of(
        self, viewer: Viewer, keys: Sequence[ChannelId]
    ) -> Mapping[ChannelId, Sequence[AdapterStatus]]:
        return await self._connections.adapters_of(viewer, keys)


async def channel_id(database: Database, channel: Channel) -> ChannelId:
    """The id of the channel of this code; it is added if there is none."""
    with suppress(Taken):
        await database.put(CHANNELS.name, CHANNELS.document(channel))
    [row] = await database.find(CHANNELS.name, {"code": channel.code}, fields=("code",))
    return ChannelId(row["_id"])
