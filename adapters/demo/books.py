"""The books: sales written down one after the other, until the shop is whole."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from msgspec import Struct

from adapters.demo import catalogue, holds, master, parcels, returns, story, tenders
from adapters.demo.dice import Dice, whole_milliseconds
from adapters.demo.levels import Counts, Shelves, levels
from adapters.demo.orders import ticket
from adapters.demo.people import Registry
from adapters.demo.plans import Planner, Sale
from adapters.demo.points import Ledger
from domain.ledger import missing
from domain.orders import Fulfillment, Order, Return
from domain.payments import Payment
from domain.shop import Shop


class Size(Struct, frozen=True):
    """How much of everything; the work grows in line with it.

    Each course of events happens at least once, so that there are never fewer than 90 orders.
    """

    customers: int
    orders: int
    products: int


SMALL = Size(customers=300, orders=1_400, products=42)
BENCH = Size(customers=20_000, orders=100_000, products=2_000)


class Books:
    """What sales leave behind."""

    def __init__(self, chain: master.Chain, ledger: Ledger, until: datetime) -> None:
        self._dice = Dice("sales")
        self._chain = chain
        self._ledger = ledger
        self._until = until
        self.orders: list[Order] = []
        self.fulfillments: list[Fulfillment] = []
        self.returns: list[Return] = []
        self.payments: list[Payment] = []

    def enter(self, sale: Sale) -> None:
        """Write a sale down, with all that follows from it."""
        dice, chain = self._dice, self._chain
        shipped = parcels.shipments(dice, sale, chain.warehouse)
        points = self._ledger.spend(sale)
        written = ticket(dice, sale, len(self.orders), shipped, chain.warehouse, points)
        back = returns.returned(dice, written, chain.quarantine)
        owed = returns.owed(written, back)
        self.orders.append(written.order)
        self.fulfillments += parcels.fulfillments(dice, sale, written.order, shipped)
        self.returns += [back] if back else []
        self.payments += tenders.payments(dice, written, owed, self._until)
        self._ledger.record(written, owed)


def shop(until: datetime, size: Size = SMALL) -> Shop:
    """A shop whose last order was placed minutes before `until`; the same every time.

    What does not follow from orders has the same ids whatever `until` is.
    """
    until = whole_milliseconds(until)
    chain, goods = master.chain(), catalogue.assortment(size.products)
    people = Registry(chain).fill(size.customers)
    told = list(story.history(chain, goods, people[0], until))
    planned = Planner(chain, goods, people, until).sales(max(0, size.orders - len(told)))
    ledger = Ledger(chain, people, until)
    books = Books(chain, ledger, until)
    for sale in sorted([*told, *planned], key=attrgetter("placed_at")):
        books.enter(sale)
    accounts, entries = ledger.close()
    shelves = Shelves(Counts(books.orders, books.returns), until)
    stock = levels(shelves, chain, goods, until)
    locations = list(chain.locations.values())
    return Shop(
        channels=list(chain.channels.values()),
        locations=locations,
        products=goods.products,
        stock_levels=stock,
        reservations=holds.reservations(stock, shelves.buyers, people),
        transfers=holds.transfers(stock, locations),
        customers=[person.customer for person in people],
        loyalty_accounts=accounts,
        loyalty_entries=entries,
        orders=books.orders,
        fulfillments=books.fulfillments,
        returns=books.returns,
        payments=books.payments,
        postings=[each for payment in books.payments for each in missing(payment, ())],
    )
