"""Card numbers where none belong: nothing of ours may keep one.

Source: ISO/IEC 7812-1 (Luhn), and the networks' published ranges. What has thirteen digits is a
barcode sooner than a card, and no network issues such any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import decimal

BETWEEN = r"[\s.,/_|\-\u00b7\u2010-\u2015\u2022\u200b]{0,2}+"
"""What people put between the digits of a card number."""

RUN = re.compile(rf"(?<!\d)(?![01789])\d(?:{BETWEEN}\d){{13,18}}(?!\d)")
GROUP = re.compile(r"\d+")
MOST_RUNS = 2_000
"""In one text; whoever sends more wants us to be slow."""

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


def within(text: str) -> bool:
    """Does a text hold a card number, whatever stands between its digits, before and behind it?

    Of a text that holds too many that may be some, we say so without looking at all of them.
    """
    return any(n >= MOST_RUNS or _size(run[0]) for n, run in enumerate(_runs(text)))


def masked(text: str) -> str:
    """The same text without card numbers."""
    parts, at = list[str](), 0
    for run in _runs(text):
        size = _size(run[0])
        if size and run.start() >= at:
            parts += text[at : run.start()], MASK
            at = run.start() + size
    return "".join((*parts, text[at:]))


def _runs(text: str) -> Iterator[re.Match[str]]:
    """Digits that may be a card number's; what looks like one may begin within another."""
    at = 0
    while found := RUN.search(text, at):
        yield found
        at = found.start() + 1


def _size(run: str) -> int:
    """With how many characters of a run it is a card number: an expiry may follow. Else 0."""
    digits = ""
    for group in GROUP.finditer(run):
        digits += "".join(str(decimal(each)) for each in group[0])
        if RANGES.fullmatch(digits) and _luhn(digits):
            return group.end()
    return 0


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
