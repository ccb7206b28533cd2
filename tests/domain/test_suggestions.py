"""Who might be the same person: what is said for it, what against it, and what is no evidence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.customers import (
    ChannelAccount,
    Consent,
    ConsentPurpose,
    Customer,
    EvidenceStrength,
    Identity,
    IdentityKind,
)
from domain.ids import ChannelId, Kind
from domain.suggestions import MOST_SHARING, Against, Conflict, keys, suggestions
from domain.values import Seen
from domain.viewer import Role, Viewer
from tests.making import new_id

AT = datetime(2026, 3, 1, tzinfo=UTC)
SUPPORT = Viewer(Role.SUPPORT)
WEB, TILL = (ChannelId(new_id(Kind.CHANNEL, n)) for n in (1, 2))
WEAK, STRONG, PROVEN = EvidenceStrength.WEAK, EvidenceStrength.STRONG, EvidenceStrength.PROVEN
KINDS = {
    "mail": IdentityKind.EMAIL,
    "phone": IdentityKind.PHONE,
    "member": IdentityKind.LOYALTY_NO,
    "card": IdentityKind.CARD_FINGERPRINT,
    "account": IdentityKind.EXTERNAL_ACCOUNT,
    "device": IdentityKind.DEVICE,
}


def has(kind: str, strength: EvidenceStrength = STRONG, value: str = "same") -> Identity:
    return Identity(KINDS[kind], value, strength)


def person(
    n: int,
    *identities: Identity,
    name: str | None = None,
    channels: tuple[ChannelId, ...] = (),
    refuses: tuple[ConsentPurpose, ...] = (),
    grants: tuple[ConsentPurpose, ...] = (ConsentPurpose.CARD_RECOGNITION,),
) -> Customer:
    said = [*((each, True) for each in grants), *((each, False) for each in refuses)]
    return Customer(
        id=new_id(Kind.CUSTOMER, n),
        updated_at=AT,
        number=f"C{n}",
        display_name=name,
        identities=identities,
        consents=tuple(Consent(purpose, granted, AT, WEB) for purpose, granted in said),
        accounts=tuple(
            ChannelAccount(channel_id=each, ref=f"{n}", seen=Seen(AT, "")) for each in channels
        ),
    )


def score(one: list[Identity], other: list[Identity], *, same_name: bool = False) -> int | None:
    """How much is said for two people; None: nothing is suggested."""
    names = ("Ada Lovelace", "lovelace  ADA" if same_name else None)
    first, second = person(1, *one, name=names[0]), person(2, *other, name=names[1])
    found = suggestions(first, [second], SUPPORT)
    return found[0].score if found else None


@pytest.mark.parametrize(
    ("kind", "trusted", "claimed", "with_name"),
    [
        ("member", 80, 50, 70),
        ("mail", 70, 40, 60),
        ("phone", 40, 30, 50),
        ("card", None, None, 45),
        ("account", None, None, None),
        ("device", None, None, None),
    ],
)
def test_how_much_it_says_that_two_share_something(kind, trusted, claimed, with_name):
    assert score([has(kind, PROVEN)], [has(kind)]) == trusted
    assert score([has(kind)], [has(kind, WEAK)]) == claimed
    assert score([has(kind, WEAK)], [has(kind, WEAK)], same_name=True) == with_name


def test_what_is_shared_adds_up_to_a_hundred():
    everything = [has(kind) for kind in ("member", "mail", "phone", "card")]

    assert score(everything, everything, same_name=True) == 100


def test_a_name_alone_says_nothing():
    assert score([], [], same_name=True) is None


def test_a_wallets_stand_in_says_less_than_a_card():
    stand_in = Identity(IdentityKind.CARD_FINGERPRINT, "same", WEAK, wallet_token=True)

    assert score([stand_in], [stand_in], same_name=True) == 30
    assert score([stand_in], [has("card", WEAK)], same_name=True) == 30
    assert score([stand_in], [stand_in]) is None


def test_a_trusted_identity_counts_beside_the_same_that_was_claimed():
    assert score([has("mail", WEAK), has("mail", PROVEN)], [has("mail")]) == 70


@pytest.mark.parametrize("others", [MOST_SHARING - 1, MOST_SHARING])
def test_what_many_share_is_no_evidence(others: int):
    crowd = [person(n, has("mail")) for n in range(2, others + 2)]

    found = suggestions(person(1, has("mail")), crowd, SUPPORT)

    assert len(found) == (others if others < MOST_SHARING else 0)


def test_those_who_hide_it_still_share_it():
    crowd = [person(n, has("mail"), refuses=(ConsentPurpose.SERVICE,)) for n in range(3, 30)]

    assert not suggestions(person(1, has("mail")), [person(2, has("mail")), *crowd], SUPPORT)


def test_a_card_counts_only_if_both_allow_it():
    mine, theirs = has("card", WEAK), has("card", WEAK)
    open_minded = person(1, mine, name="Ada")

    assert suggestions(open_minded, [person(2, theirs, name="Ada")], SUPPORT)
    assert not suggestions(open_minded, [person(2, theirs, name="Ada", grants=())], SUPPORT)
    assert not suggestions(person(1, mine, name="Ada", grants=()), [open_minded], SUPPORT)
    assert keys(person(1, mine, grants=()), SUPPORT) == []


def test_who_objects_to_service_is_not_suggested():
    shy = person(2, has("mail"), refuses=(ConsentPurpose.SERVICE,))

    assert not suggestions(person(1, has("mail")), [shy], SUPPORT)


def test_nobody_is_suggested_to_themselves_or_twice():
    me, other = person(1, has("mail"), has("phone")), person(2, has("mail"), has("phone"))

    found = suggestions(me, [me, other, me, other], SUPPORT)

    assert [each.other_id for each in found] == [other.id]


def test_what_speaks_against_it_is_named():
    one = person(
        1,
        has("phone"),
        has("mail", value="a@x"),
        has("member", value="1"),
        name="Ada",
        channels=(WEB, TILL),
    )
    other = person(
        2, has("phone"), has("mail", value="b@x"), has("member", value="2"), name="Bob",
        channels=(TILL,),
    )  # fmt: skip

    [found] = suggestions(one, [other], SUPPORT)

    assert found.conflicts == (
        Conflict(Against.SAME_CHANNEL, TILL),
        Conflict(Against.EMAIL),
        Conflict(Against.LOYALTY_NO),
        Conflict(Against.NAME),
    )


def test_what_was_only_claimed_speaks_against_nothing():
    one = person(1, has("phone"), has("mail", WEAK, "a@x"))
    other = person(2, has("phone"), has("mail", STRONG, "b@x"))

    [found] = suggestions(one, [other], SUPPORT)

    assert found.conflicts == ()


def test_the_likeliest_comes_first():
    me = person(1, has("mail"), has("phone"), channels=(WEB,))
    likely, less = person(4, has("mail")), person(3, has("phone"))
    contested = person(2, has("phone"), channels=(WEB,))

    found = suggestions(me, [contested, less, likely], SUPPORT)

    assert [each.other_id for each in found] == [likely.id, less.id, contested.id]
