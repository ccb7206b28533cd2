"""The truth, in MongoDB. `MongoRepositories` is what the graph reads through."""

from storage.mongo.catalog import MongoCatalog
from storage.mongo.customers import MongoCustomers
from storage.mongo.driver import Database
from storage.mongo.journal import MongoJournal
from storage.mongo.operations import MongoChannels
from storage.mongo.orders import MongoOrders
from storage.mongo.payments import MongoPayments
from storage.mongo.stock import MongoStock


class MongoRepositories:
    """`ports.Repositories` over one database."""

    def __init__(self, database: Database) -> None:
        self.customers = MongoCustomers(database)
        self.catalog = MongoCatalog(database)
        self.stock = MongoStock(database)
        self.orders = MongoOrders(database)
        self.payments = MongoPayments(database)
        self.channels = MongoChannels(database)
        self.journal = MongoJournal(database)
