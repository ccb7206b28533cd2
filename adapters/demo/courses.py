"""How sales go: one row per course of events, from the order to the money and back."""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct

from domain.operations import ChannelKind
from domain.orders import DeliveryMode, DispositionKind, FulfillmentState, OrderState, ReturnState
from domain.payments import OperationPhase


class Money(Enum):
    """How the paying goes."""

    NOTHING = auto()
    PAID = auto()
    RETRIED = auto()
    SPLIT = auto()
    CREDIT = auto()
    SECURED = auto()
    PART_CAPTURED = auto()
    VOIDED = auto()
    DECLINED = auto()
    PENDING = auto()
    UNKNOWN = auto()
    CAPTURE_UNKNOWN = auto()
    RECAPTURED = auto()
    DISPUTED = auto()


class Leg(Struct, frozen=True):
    """Some of the goods: their way, and the states in which their fulfillments ended, in turn."""

    mode: DeliveryMode
    states: tuple[FulfillmentState, ...] = ()


class Comeback(Struct, frozen=True):
    """Goods on their way back, and the refund for them if there is one."""

    state: ReturnState
    refund: OperationPhase | None = None
    goods: DispositionKind = DispositionKind.RESTOCK
    by_post: bool = False
    whole: bool = False


class Course(Struct, frozen=True):
    """`weight` is how often, `hours` how long it lasts at least and most, `days` how old at most.

    `is_short`: one unit of the first line could not be found and was cancelled.
    """

    name: str
    weight: int
    state: OrderState
    legs: tuple[Leg, ...]
    money: Money
    hours: tuple[float, float] = (0.02, 0.05)
    days: float = 90
    comeback: Comeback | None = None
    is_short: bool = False

    @property
    def is_plain(self) -> bool:
        """Completed and over: a sale on which points may be spent."""
        return (
            self.state is OrderState.COMPLETED
            and self.money is Money.PAID
            and self.comeback is None
            and all(leg.states in PLAIN_ENDS for leg in self.legs)
        )


_F, _O, _R, _P, _D = FulfillmentState, OrderState, ReturnState, OperationPhase, DispositionKind
PLAIN_ENDS = ((), (_F.DELIVERED,), (_F.COLLECTED,))


def _take() -> Leg:
    return Leg(DeliveryMode.TAKE_NOW)


def _pick(*states: FulfillmentState) -> Leg:
    return Leg(DeliveryMode.PICK_UP, states)


def _ship(*states: FulfillmentState) -> Leg:
    return Leg(DeliveryMode.SHIP, states)


def _from_store(*states: FulfillmentState) -> Leg:
    return Leg(DeliveryMode.SHIP_FROM_STORE, states)


def _done(
    name: str,
    weight: int,
    *legs: Leg,
    money: Money = Money.PAID,
    hours: tuple[float, float] = (0.02, 0.05),
    comeback: Comeback | None = None,
    is_short: bool = False,
) -> Course:
    return Course(
        name, weight, _O.COMPLETED, legs, money, hours, comeback=comeback, is_short=is_short
    )


def _open(
    name: str, weight: int, *legs: Leg, money: Money = Money.SECURED, days: float = 4
) -> Course:
    return Course(name, weight, _O.CONFIRMED, legs, money, (0.4, 20), days)


def _placed(name: str, weight: int, leg: Leg, money: Money) -> Course:
    return Course(name, weight, _O.PLACED, (leg,), money, (0.02, 0.05), 0.06)


def _void(name: str, weight: int, state: OrderState, leg: Leg, money: Money) -> Course:
    return Course(name, weight, state, (leg,), money, (1, 90))


def _back(name: str, weight: int, comeback: Comeback) -> Course:
    return _done(name, weight, _ship(_F.DELIVERED), hours=(120, 600), comeback=comeback)


DAYS_2, WEEK = (20, 60), (60, 190)

TILL = (
    Course("just now", 6, _O.COMPLETED, (_take(),), Money.PAID, days=0.02),
    _done("taken", 1050, _take()),
    _done("card declined, paid otherwise", 26, _take(), money=Money.RETRIED),
    _done("gift card and card", 28, _take(), money=Money.SPLIT),
    _done("store credit", 12, _take(), money=Money.CREDIT),
    _done("captured twice", 3, _take(), money=Money.RECAPTURED),
    _done(
        "taken and brought back",
        24,
        _take(),
        hours=(24, 400),
        comeback=Comeback(_R.CLOSED, _P.SUCCEEDED),
    ),
    _done(
        "all brought back",
        8,
        _take(),
        hours=(24, 400),
        comeback=Comeback(_R.CLOSED, _P.SUCCEEDED, whole=True),
    ),
    _done(
        "brought back broken",
        8,
        _take(),
        hours=(24, 400),
        comeback=Comeback(_R.CLOSED, _P.SUCCEEDED, _D.SCRAP),
    ),
    _done("saved sale", 14, _take(), _ship(_F.DELIVERED), hours=DAYS_2),
    _done("saved sale, parcel given up", 3, _take(), _ship(_F.CANCELLED), hours=DAYS_2),
    _open("saved sale on its way", 4, _take(), _from_store(_F.SHIPPED), money=Money.PAID),
    _void("voided at the till", 6, _O.CANCELLED, _take(), Money.VOIDED),
)

ONLINE = (
    _done("collected", 330, _pick(_F.COLLECTED), hours=(1, 40)),
    _done("delivered", 420, _ship(_F.DELIVERED), hours=DAYS_2),
    _done("delivered from a store", 34, _from_store(_F.DELIVERED), hours=DAYS_2),
    _done("collected and delivered", 24, _pick(_F.COLLECTED), _ship(_F.DELIVERED), hours=DAYS_2),
    _done("second attempt", 22, _ship(_F.DELIVERED), money=Money.RETRIED, hours=DAYS_2),
    _done("gift card online", 16, _ship(_F.DELIVERED), money=Money.SPLIT, hours=DAYS_2),
    _done("one missing", 8, _ship(_F.DELIVERED), hours=DAYS_2, is_short=True),
    _done("lost", 5, _ship(_F.LOST), hours=WEEK),
    _done("charged back", 1, _ship(_F.DELIVERED), money=Money.DISPUTED, hours=WEEK),
    _open("pick-up planned", 9, _pick(_F.PLANNED), days=1),
    _open("pick-up accepted", 6, _pick(_F.ACCEPTED), days=1),
    _open("pick-up being picked", 6, _pick(_F.PICKING), days=1),
    _open("pick-up ready", 16, _pick(_F.READY)),
    _open("pick-up rejected", 4, _pick(_F.REJECTED), days=1),
    _open("pick-up moved", 4, _pick(_F.REJECTED, _F.READY)),
    _open("parcel planned", 12, _ship(_F.PLANNED), days=1),
    _open("parcel accepted", 6, _ship(_F.ACCEPTED), days=1),
    _open("parcel being picked", 6, _ship(_F.PICKING), days=1.5),
    _open("parcel packed", 10, _ship(_F.PACKED), days=2),
    _open("parcel on its way", 34, _ship(_F.SHIPPED), money=Money.PAID),
    _open("parcel on its way from a store", 5, _from_store(_F.SHIPPED), money=Money.PAID),
    _open("parcel packed in a store", 4, _from_store(_F.PACKED)),
    _open("capture unanswered", 3, _ship(_F.SHIPPED), money=Money.CAPTURE_UNKNOWN),
    _open("half on its way", 8, _pick(_F.READY), _ship(_F.SHIPPED), money=Money.PART_CAPTURED),
    _open("waiting for goods", 5, _ship()),
    _placed("payment pending", 5, _ship(), Money.PENDING),
    _placed("payment unknown", 4, _pick(), Money.UNKNOWN),
    _void("never collected", 8, _O.CANCELLED, _pick(_F.UNCOLLECTED), Money.VOIDED),
    _void("pick-up cancelled", 8, _O.CANCELLED, _pick(_F.CANCELLED), Money.VOIDED),
    _void("cancelled", 18, _O.CANCELLED, _ship(), Money.VOIDED),
    _void("cancelled and refunded", 8, _O.CANCELLED, _ship(_F.CANCELLED), Money.PAID),
    _void("declined", 16, _O.EXPIRED, _ship(), Money.DECLINED),
    _void("never paid", 8, _O.EXPIRED, _pick(), Money.NOTHING),
    _back("returned in store", 30, Comeback(_R.CLOSED, _P.SUCCEEDED)),
    _back("all returned in store", 8, Comeback(_R.CLOSED, _P.SUCCEEDED, whole=True)),
    _back("returned by post", 14, Comeback(_R.CLOSED, _P.SUCCEEDED, by_post=True)),
    _back("returned, to look at", 5, Comeback(_R.CLOSED, _P.SUCCEEDED, _D.QUARANTINE, True)),
    _back("returned broken", 5, Comeback(_R.CLOSED, _P.SUCCEEDED, _D.SCRAP)),
    _back("return asked for", 5, Comeback(_R.REQUESTED, by_post=True)),
    _back("return approved", 5, Comeback(_R.APPROVED)),
    _back("return on its way", 5, Comeback(_R.IN_TRANSIT, by_post=True)),
    _back("return received", 4, Comeback(_R.RECEIVED)),
    _back("return inspected", 4, Comeback(_R.INSPECTED, by_post=True)),
    _back("return declined", 3, Comeback(_R.DECLINED, by_post=True)),
    _back("return cancelled", 3, Comeback(_R.CANCELLED)),
    _back("refund pending", 1, Comeback(_R.INSPECTED, _P.REQUESTED)),
    _back("refund failed", 1, Comeback(_R.CLOSED, _P.FAILED)),
    _back("refund bounced", 1, Comeback(_R.CLOSED, _P.REVERSED, by_post=True)),
)

MARKETPLACE = (
    _done("sold on the marketplace", 60, _ship(_F.DELIVERED), hours=DAYS_2),
    _open("marketplace parcel packed", 3, _ship(_F.PACKED), money=Money.PAID, days=2),
    _open("marketplace parcel on its way", 5, _ship(_F.SHIPPED), money=Money.PAID),
    _back("marketplace return", 3, Comeback(_R.CLOSED, _P.SUCCEEDED, by_post=True)),
)

COURSES = {course.name: course for courses in (TILL, ONLINE, MARKETPLACE) for course in courses}

SHARES: tuple[tuple[ChannelKind, int, tuple[Course, ...]], ...] = (
    (ChannelKind.POS, 56, TILL),
    (ChannelKind.WEBSHOP, 40, ONLINE),
    (ChannelKind.MARKETPLACE, 4, MARKETPLACE),
)
"""Out of a hundred sales; of those online, the channel decides between web shop and app."""
