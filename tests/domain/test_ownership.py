"""Who owns which field, and who may say it."""

from __future__ import annotations

import pytest

from domain.ownership import (
    DEFAULTS,
    FIRST,
    REJECT,
    ConflictPolicy,
    Override,
    OwnershipRule,
    owners,
)

CASES = [
    # authority, fallback, who told so far, whose word counts
    (FIRST, None, None, {"shop", "till"}),
    (FIRST, None, "shop", {"shop"}),
    (FIRST, None, "kassa", set()),
    ("kassa", None, None, set()),
    ("shop", None, "kassa", {"shop"}),
    ("shop", "till", None, {"shop", "till"}),
    ("shop", "till", "shop", {"shop"}),
    ("shop", FIRST, None, {"shop", "till"}),
    ("shop", FIRST, "till", {"shop", "till"}),
    ("shop", FIRST, "kassa", {"shop"}),
]


@pytest.mark.parametrize(("authority", "fallback", "before", "who"), CASES)
def test_whose_word_counts(authority, fallback, before, who):
    rule = OwnershipRule("stock", "on_hand", authority, REJECT, fallback)

    assert {each for each in ("shop", "till") if rule.owns(each, before)} == who


def test_what_is_configured_takes_the_place_of_a_default():
    said = Override("shop", conflict=ConflictPolicy.ACCEPT_AND_RECORD)
    found = owners({"stock.on_hand": said}, ["shop"])

    rule = found.of("stock", "on_hand")
    assert (rule.authority, rule.conflict) == ("shop", ConflictPolicy.ACCEPT_AND_RECORD)
    others = [each for each in found.rules if each is not rule]
    assert others == [each for each in DEFAULTS.rules if each.name != "stock.on_hand"]


@pytest.mark.parametrize(
    ("field", "said", "why"),
    [
        ("stock.colour", Override("shop"), "no field that has an owner to choose"),
        ("order.all", Override("shop"), "no field that has an owner to choose"),
        ("stock.on_hand", Override("shopp"), "no system 'shopp'"),
        ("product.name", Override(fallback="nobody"), "no system 'nobody'"),
        ("stock.sellable", Override("shop"), "Kassa's to say"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(field, said, why):
    with pytest.raises(ValueError, match=why):
        owners({field: said}, ["shop"])


def test_no_field_is_named_twice():
    names = [rule.name for rule in DEFAULTS.rules]
    assert len(set(names)) == len(names)
