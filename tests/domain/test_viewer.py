"""Who reaches what. Deny by default: what this table does not name is out of reach."""

from __future__ import annotations

from itertools import product

import pytest
from msgspec.structs import replace

from domain.errors import Forbidden
from domain.ids import ChannelId, CustomerId, LocationId
from domain.scopes import Scope
from domain.values import Actor, ActorKind
from domain.viewer import (
    ANONYMOUS,
    OPEN,
    PUBLIC,
    SCOPE_OF_ACTION,
    SCOPES,
    SYSTEM,
    Action,
    AtLocation,
    DoneBy,
    Everything,
    Nothing,
    OfChannels,
    OfCustomer,
    Published,
    Role,
    Subject,
    Viewer,
    permitted,
    reach,
)
from domain.viewer import reaching as access

ANNA, HERE = CustomerId("cus_anna"), LocationId("loc_here")
OURS = (ChannelId("chn_a"), ChannelId("chn_b"))

VIEWERS = {role: Viewer(role) for role in Role} | {
    Role.SHOPPER: Viewer(Role.SHOPPER, customer=ANNA),
    Role.PARTNER: Viewer(Role.PARTNER, channels=OURS),
    Role.CLERK: Viewer(Role.CLERK, location=HERE),
}

ALL, OWN, STORE = Everything(), OfCustomer(ANNA), AtLocation(HERE)
WHAT_EVERYONE_SEES = {"CATALOG": Published(), "SOLD": ALL, "AVAILABILITY": ALL}
WHAT_STAFF_SEES = dict.fromkeys(
    ["CATALOG", "SOLD", "AVAILABILITY", "STOCK", "JOURNAL", "RESERVATIONS", "POINTS"], ALL
)


def doings(role: Role) -> dict[str, DoneBy]:
    return {"RESERVATIONS": DoneBy(VIEWERS[role].principal)}


TABLE = {
    "anonymous": WHAT_EVERYONE_SEES,
    "shopper": WHAT_EVERYONE_SEES
    | dict.fromkeys(
        ["CUSTOMERS", "POINTS", "ORDERS", "ORDER_LIST", "PAYMENTS", "PAYMENT_LIST"], OWN
    )
    | doings(Role.SHOPPER),
    "partner": WHAT_EVERYONE_SEES
    | dict.fromkeys(["ORDERS", "ORDER_LIST", "PAYMENTS", "PAYMENT_LIST"], OfChannels(OURS))
    | doings(Role.PARTNER),
    "clerk": WHAT_STAFF_SEES
    | dict.fromkeys(["CUSTOMERS", "CUSTOMER_SEARCH", "ORDERS", "PAYMENTS"], ALL)
    | dict.fromkeys(["ORDER_LIST", "PAYMENT_LIST"], STORE),
    "support": WHAT_STAFF_SEES
    | dict.fromkeys(["CUSTOMERS", "CUSTOMER_SEARCH", "ORDERS", "PAYMENTS"], ALL)
    | dict.fromkeys(["ORDER_LIST", "PAYMENT_LIST", "INCIDENTS", "ADAPTERS", "MERGING"], ALL),
    "finance": WHAT_STAFF_SEES
    | dict.fromkeys(["CUSTOMERS", "ORDERS", "PAYMENTS", "ORDER_LIST", "PAYMENT_LIST"], ALL)
    | dict.fromkeys(["LEDGER", "INCIDENTS", "ADAPTERS"], ALL),
    "system": dict.fromkeys(Subject.__members__, ALL),
}


@pytest.mark.parametrize(("role", "subject"), list(product(Role, Subject)))
def test_each_role_reaches_what_the_table_says_and_nothing_else(role: Role, subject: Subject):
    reached = reach(VIEWERS[role], subject)

    assert reached == TABLE.get(role, {}).get(subject.name, Nothing())


@pytest.mark.parametrize("subject", Subject)
def test_a_shopper_without_a_customer_reaches_what_everyone_does(subject: Subject):
    assert reach(Viewer(Role.SHOPPER), subject) == reach(ANONYMOUS, subject)


@pytest.mark.parametrize("subject", Subject)
def test_a_partner_without_channels_reaches_what_everyone_does(subject: Subject):
    assert reach(Viewer(Role.PARTNER), subject) == reach(ANONYMOUS, subject)


@pytest.mark.parametrize("subject", [Subject.ORDER_LIST, Subject.PAYMENT_LIST])
def test_a_clerk_without_a_store_browses_nothing(subject: Subject):
    assert reach(Viewer(Role.CLERK), subject) == Nothing()


@pytest.mark.parametrize("subject", Subject)
def test_what_somebody_else_is_given_does_not_widen_the_reach(subject: Subject):
    everything = {"customer": ANNA, "location": HERE, "channels": OURS}

    assert reach(Viewer(**everything), subject) == reach(ANONYMOUS, subject)


@pytest.mark.parametrize("subject", Subject)
def test_a_role_that_no_table_names_reaches_nothing(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(access, "REACH", {})

    assert reach(SYSTEM, subject) == Nothing()


def test_a_viewer_is_a_stranger_unless_told_otherwise():
    assert Viewer() == ANONYMOUS
    assert not ANONYMOUS.is_staff
    assert [role for role in Role if Viewer(role).is_staff] == [
        Role.CLERK,
        Role.SUPPORT,
        Role.FINANCE,
        Role.SYSTEM,
    ]


@pytest.mark.parametrize("subject", Subject)
@pytest.mark.parametrize("role", Role)
def test_without_its_scope_nothing_of_a_subject_is_reached(role: Role, subject: Subject):
    everything, viewer = frozenset(Scope), VIEWERS[role]

    others = replace(viewer, scopes=everything - {SCOPES[subject]})
    alone = replace(viewer, scopes=frozenset({SCOPES[subject]}))
    none = replace(viewer, scopes=frozenset())

    left = reach(viewer, subject) if subject in PUBLIC else Nothing()
    assert reach(others, subject) == reach(none, subject) == left
    assert reach(alone, subject) == reach(viewer, subject)


def test_what_needs_no_scope_is_what_visitors_reach():
    assert {SCOPES[subject] for subject in PUBLIC} == OPEN


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_without_its_scope_nothing_is_done(role: Role, action: Action):
    everything, viewer = frozenset(Scope), VIEWERS[role]

    with pytest.raises(Forbidden):
        permitted(replace(viewer, scopes=everything - {SCOPE_OF_ACTION[action]}), action)


def test_who_somebody_is_opens_nothing_and_what_they_may_makes_them_equal():
    one, other = replace(ANONYMOUS, subject="one"), replace(ANONYMOUS, subject="other")

    assert one == other == ANONYMOUS
    assert len({one, other, ANONYMOUS}) == 1
    assert (one != other) is False
    assert replace(one, scopes=frozenset({Scope.CATALOG})) != one


@pytest.mark.parametrize("role", Role)
def test_who_works_here_is_known_to_staff_alone(role: Role):
    clerk = Actor(ActorKind.STAFF, HERE, "clerk", OURS[0], "till-3")

    shown = clerk.shown_to(VIEWERS[role])

    is_staff = role in {Role.CLERK, Role.SUPPORT, Role.FINANCE, Role.SYSTEM}
    assert shown == (clerk if is_staff else Actor(ActorKind.STAFF, "•••", None, OURS[0]))
