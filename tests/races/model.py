"""Stock as a plain Python program would keep it: a mug at each of three places, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.trading import FREE


@dataclass
class Place:
    """The units of one location, and who holds some; `due` are holds that the clock has passed."""

    free: int
    reserved: int = 0
    committed: int = 0
    incoming: int = 0
    holds: dict[str, int] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)

    def seen(self) -> Place:
        """As whoever comes next finds it."""
        for key in self.due:
            self.let_go(key)
        self.due = set()
        return self

    def hold(self, key: str, units: int) -> None:
        self.holds[key] = units
        self.free, self.reserved = self.free - units, self.reserved + units

    def let_go(self, key: str) -> None:
        units = self.holds.pop(key, 0)
        self.free, self.reserved = self.free + units, self.reserved - units

    def sell(self, key: str) -> None:
        units = self.holds.pop(key)
        self.reserved, self.committed = self.reserved - units, self.committed + units

    def free_in_the_end(self) -> int:
        return self.free + sum(self.holds[key] for key in self.due)

    @property
    def numbers(self) -> tuple[int, int, int, int, int]:
        on_hand = self.free + self.reserved + self.committed
        return on_hand, self.free, self.reserved, self.committed, self.incoming


@dataclass
class Held:
    """A reservation."""

    lines: Mapping[int, int]
    state: str = "ACTIVE"
    order: str | None = None


@dataclass
class Sent:
    """A transfer."""

    target: int
    units: int
    is_received: bool = False


class Model:
    """The whole shop. Each method changes it, and gives the code of the refusal, if it is one."""

    def __init__(self) -> None:
        self.places = [Place(free) for free in FREE]
        self.held: dict[str, Held] = {}
        self.sent: dict[str, Sent] = {}

    def reserve(self, key: str, lines: Mapping[int, int]) -> str | None:
        found = {self.places[n].seen().free >= units for n, units in lines.items()}
        if False in found:
            return "INSUFFICIENT_STOCK"
        for n, units in lines.items():
            self.places[n].hold(key, units)
        self.held[key] = Held(lines)
        return None

    def extend(self, key: str) -> str | None:
        if self.held[key].state != "ACTIVE":
            return "ILLEGAL_TRANSITION"
        return None if self._is_whole(key) else "RESERVATION_EXPIRED"

    def release(self, key: str) -> str | None:
        held = self.held[key]
        if held.state == "CONVERTED":
            return "ILLEGAL_TRANSITION"
        for n in held.lines:
            self.places[n].seen().let_go(key)
        held.state = "RELEASED"
        return None

    def commit(self, key: str, order: str | None) -> str | None:
        held = self.held[key]
        if held.state != "ACTIVE":
            is_again = held.state == "CONVERTED" and held.order == order
            return None if is_again else "ILLEGAL_TRANSITION"
        if not self._is_whole(key):
            return "RESERVATION_EXPIRED"
        for n in held.lines:
            self.places[n].sell(key)
        held.state, held.order = "CONVERTED", order
        return None

    def _is_whole(self, key: str) -> bool:
        """Is all of it held still? If not, the rest is let go."""
        lines = self.held[key].lines
        seen = [self.places[n].seen() for n in lines]
        if all(key in place.holds for place in seen):
            return True
        for n in lines:
            self.places[n].let_go(key)
        return False

    def adjust(self, changes: Sequence[tuple[int, int]]) -> str | None:
        free = {n: self.places[n].free_in_the_end() for n, _ in changes}
        for n, delta in sorted(changes, key=lambda change: change[0]):
            free[n] += delta
            if free[n] < 0:
                return "INSUFFICIENT_STOCK"
        for n, units in free.items():
            self.places[n].seen().free = units
        return None

    def count(self, n: int, counted: int, *, is_stale: bool) -> str | None:
        if is_stale:
            return "VERSION_CONFLICT"
        place = self.places[n]
        promised = place.committed + place.reserved - (place.free_in_the_end() - place.free)
        if counted < promised:
            return "INSUFFICIENT_STOCK"
        place.seen().free = counted - promised
        return None

    def transfer(self, key: str, source: int, target: int, units: int) -> str | None:
        if self.places[source].free_in_the_end() < units:
            return "INSUFFICIENT_STOCK"
        self.places[source].seen().free -= units
        self.places[target].seen().incoming += units
        self.sent[key] = Sent(target, units)
        return None

    def receive(self, key: str, came: int) -> str | None:
        sent = self.sent[key]
        if sent.is_received:
            return "ILLEGAL_TRANSITION"
        if came > sent.units:
            return "INVALID"
        place = self.places[sent.target].seen()
        place.free, place.incoming = place.free + came, place.incoming - sent.units
        sent.is_received = True
        return None

    def run_out(self, key: str, places: Sequence[int]) -> None:
        for n in places:
            if key in self.places[n].holds:
                self.places[n].due.add(key)

    def sweep(self) -> None:
        for place in self.places:
            place.seen()

    @property
    def numbers(self) -> list[tuple[int, int, int, int, int]]:
        return [place.numbers for place in self.places]
