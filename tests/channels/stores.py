"""Some days at four tills on three shelves, in the order in which everything happened."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.channels import tilling

PLACES = {"till-1": "L0", "till-2": "L0", "till-3": "L1", "till-4": "L2"}
"""Where each device stands: the first two sell from one shelf."""

COUNTED_BY_THE_SHOP = "L1"
"""There the web shop counts what it lists."""

MINUTES = 7
"""Between one thing and the next, so that no two happen at the same time."""

AT_PENNY = 10_00
FIRST_AT_PENNY, LAST_AT_PENNY = 100, 269
"""Of Penny's payments, those that are taken at tills."""


class Stores:
    """What the tills write into their logs."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._log: list[dict[str, Any]] = []
        self._numbers = Counter[str]()
        self._paid: list[Mapping[str, Any]] = []
        self._unpaid: list[Mapping[str, Any]] = []
        self._at_penny = iter(range(FIRST_AT_PENNY, LAST_AT_PENNY + 1))

    def days(self, entries: int) -> list[dict[str, Any]]:
        """So many entries, of all devices."""
        for n in range(entries):
            self._log.append(self._entry(n))
        return self._log

    def _entry(self, n: int) -> dict[str, Any]:
        device = self._dice.choice(list(PLACES))
        self._numbers[device] += 1
        number, place, at = self._numbers[device], PLACES[device], tilling.at(n * MINUTES)
        given = {"device": device, "location": place, "at": at, "currency": "EUR"}
        luck = self._dice.random()
        if luck < 0.15:
            return tilling.count(number, self._dice.randint(0, 12), **given)
        if luck < 0.35 and self._paid:
            return self._back(number, given)
        if luck < 0.45 and self._unpaid:
            sale = self._unpaid.pop(0)
            return tilling.payment(number, 100_00, sale=named(sale), **given)
        return self._sale(number, given)

    def _sale(self, number: int, given: Mapping[str, Any]) -> dict[str, Any]:
        mugs = tilling.mug(self._dice.randint(1, 4))
        sold = tilling.sale(number, mugs, *self._more(given), **given, **self._customer())
        luck = self._dice.random()
        if luck < 0.2:
            sold["tenders"] = []
            self._unpaid.append(sold)
            return sold
        if luck < 0.5:
            ref = f"pp_{next(self._at_penny)}"
            card = {"tender": "CARD", "amount": AT_PENNY, "provider": "penny", "ref": ref}
            cash = {"tender": "CASH", "amount": sold["total"] - AT_PENNY}
            sold["tenders"] = [cash, card]
        self._paid.append(sold)
        return sold

    def _back(self, number: int, given: Mapping[str, Any]) -> dict[str, Any]:
        """Some of it comes back, perhaps to another store, and half of its money goes."""
        sale = self._paid.pop(self._dice.randrange(len(self._paid)))
        units = self._dice.randint(1, sale["lines"][0]["quantity"])
        refunds = [{"amount": units * 50_00}]
        return tilling.back(number, None, units, sale=named(sale), refunds=refunds, **given)

    def _more(self, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """What the web shop lists as well, or nobody does; where nobody counts it."""
        if given["location"] == COUNTED_BY_THE_SHOP:
            return []
        more = [[f"THING-{self._dice.randint(0, 9)}"], ["SOUP"]]
        return [tilling.mug(1, sku) for sku in self._dice.choice([[], [], *more])]

    def _customer(self) -> Mapping[str, Any]:
        """Somebody of whom the till asks the name each time, and hears another one."""
        who = self._dice.randint(0, 20)
        if who > 9:
            return {}
        name, mail = f"Cleo {self._dice.randint(0, 99)}", f"cleo{who}@example.com"
        return {"customer": {"ref": f"c{who}", "name": name, "email": mail}}


def named(sale: Mapping[str, Any]) -> Mapping[str, Any]:
    """A sale as other entries name it."""
    return {"device": sale["device"], "sequence": sale["sequence"]}
