"""Phone numbers, as people write them and as we compare them."""

from __future__ import annotations

from typing import NewType

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

from domain.errors import BadInput

E164 = NewType("E164", str)


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
