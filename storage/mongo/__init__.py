"""The truth, in MongoDB. `MongoRepositories` is what the graph reads through."""

from __future__ import annotations

from functools import lru_cache, partial

from domain.ports import EVERYTHING, Wanted
from storage.mongo.catalog import MongoCatalog
from storage.mongo.customers import MongoCustomers
from storage.mongo.driver import Database
from storage.mongo.incidents import MongoIncidents
from storage.mongo.journal import MongoJournal
from storage.mongo.operations import MongoChannels
from storage.mongo.orders import MongoOrders
from storage.mongo.payments import MongoPayments
from storage.mongo.stock import MongoStock

MOST_NARROWED = 512
"""As many as plans are kept."""


class MongoRepositories:
    """`ports.Repositories` over one database."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._narrowed = lru_cache(MOST_NARROWED)(partial(MongoRepositories, database))
        self.customers = MongoCustomers(database, wanted)
        self.catalog = MongoCatalog(database, wanted)
        self.stock = MongoStock(database, wanted)
        self.orders = MongoOrders(database, wanted)
        self.payments = MongoPayments(database, wanted)
        self.channels = MongoChannels(database, wanted)
        self.incidents = MongoIncidents(database, wanted)
        self.journal = MongoJournal(database)

    def narrowed(self, wanted: Wanted) -> MongoRepositories:
        """The same ones for all who want the same, so that their reads can merge."""
        return self if wanted is EVERYTHING else self._narrowed(wanted)
