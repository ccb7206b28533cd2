"""A shop on paper that does what the graph promises: the checker's tests make histories with it.

Everything happens at once and nothing ever fails, so that a history is wrong only where a test
made it so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from tests.chaos.checker.money import ACCOUNTS
from tests.chaos.checker.run import HOLD, NUMBERS, Place
from tests.chaos.history import Followed, Heard, History, Read, Told
from tests.chaos.mixture import PHASES
from tests.chaos.shelves import Order, Shelves

Values = dict[str, Any]
SHOWN, FOLDED = 6, 3
"""Entries that a snapshot covers, and that are told as one."""


class Shop:
    """Levels, reservations, transfers and payments, and the journals of levels and orders."""

    def __init__(self) -> None:
        self.levels: dict[Place, Values] = {}
        self._things: dict[str, Values] = {}
        self._answers: dict[str, Values] = {}
        self._paid: dict[str, Values] = {}
        self._numbers = count(1)
        self.orders = [Order(f"ord_{n}", "chn_1", "SEK") for n in range(2)]
        for order in self.orders:
            self._things[order.id] = {"id": order.id, "version": 0, "payments": [], "journal": []}
        for place in ((sku, at) for sku in ("cup", "bean") for at in ("loc_1", "loc_2")):
            level: Values = {"id": f"stk_{len(self.levels)}", "version": 0, "journal": []}
            self.levels[place] = {**level, **dict.fromkeys(NUMBERS, 0)}
            self._change(place, onHand=10, free=10)
        ids = {place: level["id"] for place, level in self.levels.items()}
        self.shelves = Shelves(ids, self.orders, self._look, count(1).__next__)

    async def door(self, kind: str, input: Mapping[str, Any]) -> Mapping[str, Any]:
        """Takes a mutation, as a gateway would."""
        key = input["idempotencyKey"]
        replayed = key in self._answers
        if not replayed:
            do: Callable[[Mapping[str, Any]], Values] = getattr(self, kind)
            self._answers[key] = {"userErrors": [], **do(input)}
        return {"data": {kind: {**self._answers[key], "replayed": replayed}}}

    def note(self, when: str, history: History) -> None:
        """Write down everything, as it is now."""
        for (sku, location), level in self.levels.items():
            place = {"product": {"sku": sku}, "location": {"id": location, "code": location}}
            history.add(Read(when=when, kind="level", value={**level, **place}))
        for name, thing in self._things.items():
            kinds = {"ord": "order", "pay": "payment", "rsv": "reservation"}
            if kind := kinds.get(name[:3]):
                history.add(Read(when=when, kind=kind, value=dict(thing)))

    def tell(self, history: History) -> None:
        """Have somebody follow each level's journal, an entry at a time."""
        for level in self.levels.values():
            for entry in level["journal"]:
                seen = [(level["id"], entry["seq"])]
                history.add(
                    Followed(follower=f"follower of {level['id']}", thing=level["id"], entries=seen)
                )

        for n, journal in enumerate([self._told_of_levels(), self.told_of_orders()]):
            self._hear(f"listener {n}", journal, history)

    def _told_of_levels(self) -> list[Values]:
        entries = [entry for level in self.levels.values() for entry in level["journal"]]
        return sorted(entries, key=lambda entry: entry["id"])

    def told_of_orders(self) -> list[Values]:
        return self._things[self.orders[0].id]["journal"]

    def _hear(self, listener: str, journal: list[Values], history: History) -> None:
        """Somebody is told a journal, goes away twice, and is too slow once."""
        of_stock = journal and journal[0]["aggregate"].startswith("stk_")
        shown = {entry["aggregate"]: entry["seq"] for entry in journal[:SHOWN] if of_stock}
        told = [Told("SNAPSHOT", (), shown)]
        rest = journal[SHOWN if of_stock else 0 :]
        slow = rest[:FOLDED] if of_stock else []
        if slow:
            latest = {entry["aggregate"]: entry["seq"] for entry in slow}
            told.append(Told("CHANGE", (), latest, FOLDED))
        for entry in rest[len(slow) :]:
            one = entry["aggregate"], entry["seq"]
            told.append(Told("CHANGE", [one], dict([one]) if of_stock else {}))
        told.insert(4, Told("HEARTBEAT"))
        about: Values = {
            "kind": "stock" if of_stock else "order",
            "things": ["cup", "bean"] if of_stock else [self.orders[0].id],
        }
        for n, part in enumerate([told[:4], told[4:9], told[9:]]):
            history.add(Heard(listener=listener, gateway=n, with_cursor=n > 0, told=part, **about))

    async def _look(self, id: str) -> Mapping[str, int]:
        return next(level for level in self.levels.values() if level["id"] == id)

    def _change(self, place: Place, holds: Mapping[str, int] | None = None, **by: int) -> Values:
        """Add to a level's numbers, with an entry of its journal."""
        level = self.levels[place]
        changes: list[Values] = []
        for name, delta in by.items():
            before = str(level[name]) if level["version"] else None
            level[name] += delta
            changes.append({"path": name, "before": before, "after": str(level[name])})
        for name, units in (holds or {}).items():
            before, after = (None, str(units)) if units > 0 else (str(-units), None)
            changes.append({"path": HOLD + name, "before": before, "after": after})
        return self._shown(place, self._journalled(level, changes))

    def _journalled(self, thing: Values, changes: list[Values]) -> Values:
        thing["version"] += 1
        n = next(self._numbers)
        entry = {"id": f"jrn_{n:08}", "seq": thing["version"], "cursor": f"c{n}", "type": "Changed"}
        entry["aggregate"] = thing["id"]
        thing["journal"] = [*thing["journal"], {**entry, "changes": changes}]
        return thing

    def _shown(self, place: Place, level: Values) -> Values:
        names = ("id", "version", *NUMBERS)
        where = {"product": {"sku": place[0]}, "location": {"id": place[1]}}
        return {**{name: level[name] for name in names}, **where}

    def adjustStock(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        levels = [
            self._change(_place(change), onHand=change["delta"], free=change["delta"])
            for change in input["changes"]
        ]
        return {"levels": levels}

    def countStock(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        levels: list[Values] = []
        for each in input["counts"]:
            level = self.levels[_place(each)]
            if level["version"] != each["seenVersion"]:
                return _refused("VERSION_CONFLICT")
            delta = each["counted"] - level["onHand"]
            levels.append(self._change(_place(each), onHand=delta, free=delta))
        return {"levels": levels}

    def transferStock(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        quantity, source = input["quantity"], (input["sku"], input["source"])
        if self.levels[source]["free"] < quantity:
            return _refused("INSUFFICIENT_STOCK")
        levels = [
            self._change(source, onHand=-quantity, free=-quantity),
            self._change((input["sku"], input["target"]), incoming=quantity),
        ]
        return {"levels": levels, "transfer": self._made("trf", sent=input)}

    def receiveTransfer(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        transfer = self._things[input["transfer"]]
        sent, came = transfer["sent"], input["received"]
        target = sent["sku"], sent["target"]
        level = self._change(target, onHand=came, free=came, incoming=-sent["quantity"])
        return {"levels": [level], "transfer": transfer}

    def reserveStock(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        lines = input["lines"]
        if any(self.levels[_place(line)]["free"] < line["quantity"] for line in lines):
            return _refused("INSUFFICIENT_STOCK")
        made = self._made("rsv", state="ACTIVE", lines=lines)
        for line in lines:
            quantity = line["quantity"]
            self._change(_place(line), {made["id"]: quantity}, reserved=quantity, free=-quantity)
        return {"reservation": dict(made)}

    def extendReservation(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        return {"reservation": dict(self._things[input["reservation"]])}

    def releaseReservation(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        return self._let_go(input["reservation"], "RELEASED", "free")

    def commitReservation(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        return self._let_go(input["reservation"], "CONVERTED", "committed")

    def _let_go(self, id: str, state: str, to: str) -> Values:
        made = self._things[id]
        made["state"] = state
        for line in made["lines"]:
            units = line["quantity"]
            self._change(_place(line), {id: -units}, reserved=-units, **{to: units})
        return {"reservation": dict(made)}

    def recordPayment(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        made = self._paid.get(input["providerRef"])
        if made is None:
            zero = {"minor": 0}
            made = self._made("pay", operations=[], clearing=[], version=0, journal=[])
            made |= {"captured": zero, "refunded": zero, "refundPending": zero}
            self._paid[input["providerRef"]] = made
            order = self._things[input["order"]]
            order["payments"] = [*order["payments"], {"id": made["id"]}]
            self._journalled(order, [])
        self._operation(made, "CAPTURE", input["tender"]["amount"], input)
        return {"payment": dict(made)}

    def recordRefund(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        made = self._things[input["payment"]]
        back = self._operation(made, "REFUND", input["amount"], input)
        return {"payment": dict(made), "refund": {"id": back["id"]}}

    def _operation(
        self, payment: Values, kind: str, amount: Mapping[str, Any], input: Mapping[str, Any]
    ) -> Values:
        """The operation of that name, as far as anybody knows; a success is posted once."""
        ref, phase = input["providerRef"], input["phase"]
        found = next((each for each in payment["operations"] if each["providerRef"] == ref), None)
        known = PHASES.index(found["phase"]) if found else -1
        if found and PHASES.index(phase) <= known:
            return found
        news = {"id": f"pop_{ref}", "kind": kind, "amount": amount, "providerRef": ref}
        others = [each for each in payment["operations"] if each is not found]
        payment["operations"] = [*others, {**news, "phase": phase}]
        if phase == "SUCCEEDED":
            total = "captured" if kind == "CAPTURE" else "refunded"
            payment[total] = {"minor": payment[total]["minor"] + amount["minor"]}
            lines = zip(ACCOUNTS[kind], ({"debit": amount}, {"credit": amount}), strict=True)
            nothing = {"debit": None, "credit": None}
            sides = [{**nothing, "account": f"{account}:x", **side} for account, side in lines]
            payment["clearing"] = [*payment["clearing"], *sides]
        self._journalled(payment, [])
        return news

    def _made(self, prefix: str, **fields: Any) -> Values:
        made = {"id": f"{prefix}_{next(self._numbers)}", **fields}
        self._things[made["id"]] = made
        return made


def _place(named: Mapping[str, Any]) -> Place:
    return named["sku"], named["location"]


def _refused(code: str) -> Values:
    return {"userErrors": [{"code": code}]}
