"""Phone numbers, as people write them and as we compare them."""

from __future__ import annotations

import re
from typing import NewType

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

from domain.errors import BadInput

E164 = NewType("E164", str)

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Whose national numbers can be read."""

LIKE_A_NUMBER = re.compile(r"[\d\s()+./-]+", re.ASCII)
COMPARABLE_DIGITS = range(7, 21)
"""Fewer name half a town, more name nobody."""


def normalise(given: str, country: str) -> E164:
    """`given` in E.164: "070-123 45 67" in "SE" is "+46701234567".

    Raises:
        BadInput: it cannot be a phone number.
    """
    try:
        number = phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException as error:
        raise BadInput("That does not look like a phone number.") from error
    # Without its area code a number can be dialled next door only, and nobody can compare it.
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise BadInput("That phone number is too short or too long to be one.")
    return E164(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def comparable(given: str, country: str) -> str:
    """As numbers are compared: in E.164, or by the digits of one that cannot be dialled.

    Old files are full of the latter, and whoever reads one from such a file must find its owner.

    Raises:
        BadInput: it does not look like a number at all.
    """
    try:
        return normalise(given, country)
    except BadInput:
        digits = "".join(filter(str.isdecimal, given))
        if not LIKE_A_NUMBER.fullmatch(given) or len(digits) not in COMPARABLE_DIGITS:
            raise
        return digits
