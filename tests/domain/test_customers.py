"""What is known of a person is compared in one form, and shown to few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customers import (
    LONGEST_IDENTITY,
    EvidenceStrength,
    Identity,
    IdentityKind,
    normalised,
)
from domain.errors import BadInput
from domain.values import MetadataEntry, MetadataVisibility, visible
from domain.viewer import Role, Viewer

VALUES = {
    "EMAIL": ("anna@example.se", "a•••@example.se"),
    "PHONE": ("+46701234567", "+46•••67"),
    "LOYALTY_NO": ("7340012345678", "•••5678"),
    "EXTERNAL_ACCOUNT": ("user-4711-9", "•••11-9"),
    "CARD_FINGERPRINT": ("fp_a1b2c3d4e5", "•••d4e5"),
    "DEVICE": ("device-0815-x", "•••15-x"),
}
IN_FULL = {Role.SHOPPER, Role.SUPPORT, Role.SYSTEM}
SECRET = {"CARD_FINGERPRINT", "DEVICE"}


def an_identity(kind: str, value: str) -> Identity:
    return Identity(IdentityKind(kind), value, EvidenceStrength.STRONG)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", IdentityKind)
def test_who_reads_an_identity_in_full(kind: IdentityKind, role: Role):
    value, masked = VALUES[kind]

    shown = an_identity(kind, value).shown_to(Viewer(role))

    assert shown == (value if role in IN_FULL and kind not in SECRET else masked)


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("LOYALTY_NO", "12345678", "•••"),
        ("LOYALTY_NO", "123456789", "•••6789"),
        ("EXTERNAL_ACCOUNT", "", "•••"),
        ("EMAIL", "x@y", "x•••@y"),
    ],
)
def test_short_values_are_masked_whole(kind: str, value: str, masked: str):
    assert an_identity(kind, value).masked == masked


@given(value=st.text("0123456789abcdef", min_size=9), kind=st.sampled_from(IdentityKind))
def test_a_mask_hides_something_of_every_value(value: str, kind: IdentityKind):
    given_value = f"{value}@example.se" if kind is IdentityKind.EMAIL else value

    masked = an_identity(kind, given_value).masked

    assert "•••" in masked
    assert value not in masked


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("EMAIL", " Anna.Svensson@Example.SE ", "anna.svensson@example.se"),
        ("EMAIL", "ÅSA@EXEMPEL.SE", "åsa@exempel.se"),
        ("PHONE", "070-123 45 67", "+46701234567"),
        ("LOYALTY_NO", " 7340012345678 ", "7340012345678"),
        ("CARD_FINGERPRINT", "fp_AbC", "fp_AbC"),
        ("EXTERNAL_ACCOUNT", "User-1", "User-1"),
        ("DEVICE", "d", "d"),
        ("LOYALTY_NO", "x" * LONGEST_IDENTITY, "x" * LONGEST_IDENTITY),
    ],
)
def test_an_identity_is_compared_in_one_form(kind: str, given: str, value: str):
    assert normalised(IdentityKind(kind), given, "SE") == value
    assert normalised(IdentityKind(kind), value, "SE") == value


@pytest.mark.parametrize("kind", IdentityKind)
@pytest.mark.parametrize("given", ["", "  ", "\t\n", "1" * (LONGEST_IDENTITY + 1)])
def test_nothing_and_too_much_are_no_identity(kind: IdentityKind, given: str):
    with pytest.raises(BadInput, match="from 1 to 254 characters"):
        normalised(kind, given, "SE")


@pytest.mark.parametrize("given", ["anna", "@example.se", "anna@", "@"])
def test_an_e_mail_address_has_a_name_and_a_host(given: str):
    with pytest.raises(BadInput, match="a name, an @ and a host"):
        normalised(IdentityKind.EMAIL, given, "SE")


@pytest.mark.parametrize("role", Role)
def test_internal_remarks_are_for_staff(role: Role):
    public = MetadataEntry("engraving", "Anna", MetadataVisibility.PUBLIC)
    internal = MetadataEntry("note", "often returns")

    shown = visible([public, internal], Viewer(role))

    is_staff = role in {Role.CLERK, Role.SUPPORT, Role.FINANCE, Role.SYSTEM}
    assert shown == ([public, internal] if is_staff else [public])
