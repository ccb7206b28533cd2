"""Who asks, and what they may reach. Deny by default: what no table names is out of reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from msgspec import Struct

from domain.ids import ChannelId, CustomerId, LocationId
from domain.scopes import Scope


class Role(StrEnum):
    """In what capacity somebody asks."""

    ANONYMOUS = "anonymous"
    SHOPPER = "shopper"
    CLERK = "clerk"
    SUPPORT = "support"
    FINANCE = "finance"
    PARTNER = "partner"
    SYSTEM = "system"


STAFF = frozenset({Role.CLERK, Role.SUPPORT, Role.FINANCE, Role.SYSTEM})


OPEN = frozenset({Scope.CATALOG})
"""What visitors reach without any credentials."""


class Viewer(Struct, frozen=True, eq=False):
    """Who asks: a shopper is a customer, a clerk stands in a store, a partner has channels.

    `scopes` are what the credentials allow of what the role may; all of it, if None. `subject` is
    what the credentials call the person or device. It opens nothing: viewers who reach the same
    are equal, and share reads and events.
    """

    role: Role = Role.ANONYMOUS
    customer: CustomerId | None = None
    location: LocationId | None = None
    channels: tuple[ChannelId, ...] = ()
    scopes: frozenset[Scope] | None = None
    subject: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def principal(self) -> str:
        """Whose requests these are: the same text for the same person or place."""
        of = (self.customer, self.location, *self.channels)
        return ":".join((self.role, *(part for part in of if part)))

    def has(self, scope: Scope) -> bool:
        """Do the credentials allow it? The role still has to. What visitors see, everybody does."""
        return self.scopes is None or scope in OPEN or scope in self.scopes

    @property
    def _reach(self) -> tuple[object, ...]:
        return self.role, self.customer, self.location, self.channels, self.scopes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Viewer) and self._reach == other._reach

    def __ne__(self, other: object) -> bool:  # msgspec's own compares identities
        return not self == other

    def __hash__(self) -> int:
        return hash(self._reach)


ANONYMOUS = Viewer()
SYSTEM = Viewer(Role.SYSTEM)


class Everything(Struct, frozen=True):
    """All there is."""


class Nothing(Struct, frozen=True):
    """None of it."""


class Published(Struct, frozen=True):
    """What is meant for the public."""


class OfCustomer(Struct, frozen=True):
    """What belongs to one customer."""

    customer: CustomerId


class OfChannels(Struct, frozen=True):
    """What was sold through these channels."""

    channels: tuple[ChannelId, ...]


class DoneBy(Struct, frozen=True):
    """What was done in one principal's name."""

    principal: str


class AtLocation(Struct, frozen=True):
    """What was sold at, sent from or brought back to one location."""

    location: LocationId


Reach = Everything | Nothing | Published | OfCustomer | OfChannels | AtLocation | DoneBy


class Subject(Enum):
    """What is guarded. A `…_LIST` is what a list without a key shows; a key may reach further."""

    CATALOG = auto()
    SOLD = auto()
    AVAILABILITY = auto()
    STOCK = auto()
    CUSTOMERS = auto()
    CUSTOMER_SEARCH = auto()
    MERGING = auto()
    ORDERS = auto()
    ORDER_LIST = auto()
    PAYMENTS = auto()
    PAYMENT_LIST = auto()
    LEDGER = auto()
    JOURNAL = auto()
    RESERVATIONS = auto()
    POINTS = auto()
    INCIDENTS = auto()
    ADAPTERS = auto()


def everything(_: Viewer) -> Reach:
    return Everything()


def _published(_: Viewer) -> Reach:
    return Published()


def _own(viewer: Viewer) -> Reach:
    return OfCustomer(viewer.customer) if viewer.customer else Nothing()


def own_channels(viewer: Viewer) -> Reach:
    return OfChannels(viewer.channels) if viewer.channels else Nothing()


def own_store(viewer: Viewer) -> Reach:
    return AtLocation(viewer.location) if viewer.location else Nothing()


def own_doing(viewer: Viewer) -> Reach:
    is_somebody = viewer.customer or viewer.channels
    return DoneBy(viewer.principal) if is_somebody else Nothing()


Rules = Mapping[Subject, Callable[[Viewer], Reach]]

# What stands on an order stays readable there, even when it is no longer for sale.
PUBLIC: Rules = {
    Subject.CATALOG: _published,
    Subject.SOLD: everything,
    Subject.AVAILABILITY: everything,
}

# What an account was debited with is for those who keep the books.
AT_WORK = tuple(subject for subject in Subject if subject is not Subject.LEDGER)
NOT_AT_THE_TILL = frozenset({Subject.INCIDENTS, Subject.ADAPTERS, Subject.MERGING})
AT_THE_TILL = tuple(subject for subject in AT_WORK if subject not in NOT_AT_THE_TILL)
NOT_OF_BOOKS = frozenset({Subject.CUSTOMER_SEARCH, Subject.MERGING})

REACH: Mapping[Role, Rules] = MappingProxyType(
    {
        Role.ANONYMOUS: PUBLIC,
        Role.SHOPPER: {
            **PUBLIC,
            Subject.CUSTOMERS: _own,
            Subject.POINTS: _own,
            Subject.ORDERS: _own,
            Subject.ORDER_LIST: _own,
            Subject.PAYMENTS: _own,
            Subject.PAYMENT_LIST: _own,
            Subject.RESERVATIONS: own_doing,
        },
        Role.PARTNER: {
            **PUBLIC,
            Subject.ORDERS: own_channels,
            Subject.ORDER_LIST: own_channels,
            Subject.PAYMENTS: own_channels,
            Subject.PAYMENT_LIST: own_channels,
            Subject.RESERVATIONS: own_doing,
        },
        # A return is taken, and a late parcel found, wherever it was bought: a clerk with the
        # customer or the receipt at hand reaches every order, but browses only those of the store.
        Role.CLERK: {
            **dict.fromkeys(AT_THE_TILL, everything),
            Subject.ORDER_LIST: own_store,
            Subject.PAYMENT_LIST: own_store,
        },
        Role.SUPPORT: dict.fromkeys(AT_WORK, everything),
        Role.FINANCE: dict.fromkeys([s for s in Subject if s not in NOT_OF_BOOKS], everything),
        Role.SYSTEM: dict.fromkeys(Subject, everything),
    }
)


SCOPES: Mapping[Subject, Scope] = MappingProxyType(
    {
        Subject.CATALOG: Scope.CATALOG,
        Subject.SOLD: Scope.CATALOG,
        Subject.AVAILABILITY: Scope.CATALOG,
        Subject.STOCK: Scope.STOCK,
        Subject.CUSTOMERS: Scope.CUSTOMERS,
        Subject.CUSTOMER_SEARCH: Scope.CUSTOMERS,
        Subject.MERGING: Scope.MERGE,
        Subject.ORDERS: Scope.ORDERS,
        Subject.ORDER_LIST: Scope.ORDERS,
        Subject.PAYMENTS: Scope.PAYMENTS,
        Subject.PAYMENT_LIST: Scope.PAYMENTS,
        Subject.LEDGER: Scope.LEDGER,
        Subject.JOURNAL: Scope.JOURNAL,
        Subject.RESERVATIONS: Scope.RESERVE,
        Subject.POINTS: Scope.BEHAVIOUR,
        Subject.INCIDENTS: Scope.INCIDENTS,
        Subject.ADAPTERS: Scope.CHANNELS,
    }
)
"""By which scope credentials open a subject."""


def reach(viewer: Viewer, subject: Subject) -> Reach:
    """What `viewer` may reach of `subject`."""
    rule = REACH.get(viewer.role, {}).get(subject)
    return rule(viewer) if rule and viewer.has(SCOPES[subject]) else Nothing()


def covers(reach: Reach, channel: ChannelId) -> bool:
    """Is what belongs to `channel` within reach?"""
    match reach:
        case Everything():
            return True
        case OfChannels(channels):
            return channel in channels
        case _:
            return False
