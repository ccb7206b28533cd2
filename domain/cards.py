"""Card numbers where none belong: nothing of ours may keep one.

Source: ISO/IEC 7812-1 (Luhn), and the networks' published ranges. What has thirteen digits is a
barcode sooner than a card, and no network issues such any more.
"""

from __future__ import annotations

import re

RUN = re.compile(r"(?<![0-9])[2-6](?:[ \u00a0.\-]?[0-9]){13,18}(?![0-9])")
RANGES = re.compile(
    r"4[0-9]{15}(?:[0-9]{3})?"  # Visa
    r"|5[1-5][0-9]{14}"  # Mastercard
    r"|(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard, too
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11,16}"  # Diners Club
    r"|35[0-9]{14,17}"  # JCB
    r"|6(?:011|4[4-9][0-9]|5[0-9]{2})[0-9]{12,15}"  # Discover
    r"|62[0-9]{14,17}"  # UnionPay
    r"|(?:5[06-9]|6[0-9])[0-9]{14,17}"  # Maestro
)
MASK = "[card number]"
FEWEST_DIGITS = 14

ANY_RUN = re.compile(r"[0-9](?:[ \u00a0.\-]?[0-9]){13}")


def within(text: str) -> bool:
    """Does a text hold a card number, with or without blanks, dots and dashes in it?"""
    return any(_is_one(found[0]) for found in RUN.finditer(text))


def perhaps_within(text: str) -> bool:
    """Are there so many digits in a row? Few texts have that, so that the others need no more."""
    return ANY_RUN.search(text) is not None


def masked(text: str) -> str:
    """The same text without card numbers."""
    return RUN.sub(lambda found: MASK if _is_one(found[0]) else found[0], text)


def _is_one(run: str) -> bool:
    digits = "".join(each for each in run if each.isdecimal())
    return RANGES.fullmatch(digits) is not None and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
