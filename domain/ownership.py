"""Which system owns which field: one table, with the defaults that the configuration may change.

An authority is the name of a connected channel, `kassa`, `first` (whoever told of the thing first,
an import or Kassa itself included), or `teller` (each channel of what it tells).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.freshness import KASSA

FIRST, TELLER = "first", "teller"


class ConflictPolicy(StrEnum):
    """What becomes of what somebody else says. What is recorded opens a DRIFT incident."""

    REJECT_AND_RECORD = "REJECT_AND_RECORD"
    ACCEPT_AND_RECORD = "ACCEPT_AND_RECORD"
    LAST_WRITE_WINS = "LAST_WRITE_WINS"


REJECT, ACCEPT = ConflictPolicy.REJECT_AND_RECORD, ConflictPolicy.ACCEPT_AND_RECORD
LAST = ConflictPolicy.LAST_WRITE_WINS


class OwnershipRule(Struct, frozen=True):
    """Who says what a field is; `fallback` may as long as the authority has said nothing."""

    entity: str
    field: str
    authority: str
    conflict: ConflictPolicy
    fallback: str | None = None

    @property
    def name(self) -> str:
        return f"{self.entity}.{self.field}"

    def owns(self, teller: str, before: str | None) -> bool:
        """Is it the teller's to say? `before` is who said it so far; None: nobody."""
        if self.authority == FIRST:
            return before in {None, teller}
        if teller == self.authority:
            return True
        if before == self.authority or self.fallback is None:
            return False
        return teller == self.fallback or (self.fallback == FIRST and before in {None, teller})


PRODUCT_FIELDS = ("name", "description", "barcodes", "prices", "is_published")

CHANGEABLE = (
    OwnershipRule("stock", "on_hand", FIRST, REJECT),
    OwnershipRule("stock", "sellable", KASSA, REJECT),
    *(OwnershipRule("product", field, FIRST, REJECT) for field in PRODUCT_FIELDS),
)
FIXED = (
    OwnershipRule("customer", "display_name", TELLER, LAST),
    OwnershipRule("customer", "identities", TELLER, REJECT),
    OwnershipRule("order", "all", TELLER, REJECT),
    OwnershipRule("payment", "all", TELLER, REJECT),
)
"""How the books are built: who tells of an account, an order or a payment is who owns it."""


class Override(Struct, frozen=True, forbid_unknown_fields=True):
    """What the configuration says of a field; what it leaves out stays."""

    authority: str | None = None
    fallback: str | None = None
    conflict: ConflictPolicy | None = None


class Owners(Struct, frozen=True):
    """The table."""

    rules: tuple[OwnershipRule, ...] = (*CHANGEABLE, *FIXED)

    def of(self, entity: str, field: str) -> OwnershipRule:
        return next(each for each in self.rules if (each.entity, each.field) == (entity, field))


DEFAULTS = Owners()


def owners(overrides: Mapping[str, Override], channels: Collection[str]) -> Owners:
    """The table as it is configured.

    Raises:
        ValueError: there is no such field or system, or it may not be changed.
    """
    changeable = {rule.name for rule in CHANGEABLE}
    for name in overrides:
        if name not in changeable:
            known = ", ".join(sorted(changeable))
            raise ValueError(
                f"{name!r} is no field that has an owner to choose. There are: {known}."
            )
    return Owners(
        tuple(
            _changed(rule, overrides[rule.name], channels) if rule.name in overrides else rule
            for rule in DEFAULTS.rules
        )
    )


def _changed(rule: OwnershipRule, said: Override, channels: Collection[str]) -> OwnershipRule:
    known = {KASSA, FIRST, *channels}
    for system in (said.authority, said.fallback):
        if system is not None and system not in known:
            there = ", ".join(sorted(known))
            raise ValueError(f"{rule.name}: there is no system {system!r}. There are: {there}.")
    if rule.name == "stock.sellable" and said.authority not in {None, KASSA}:
        raise ValueError(
            f"{rule.name}: what may be sold is Kassa's to say. To let a channel count, set the "
            "owner of stock.on_hand."
        )
    return replace(
        rule,
        authority=said.authority or rule.authority,
        fallback=said.fallback or rule.fallback,
        conflict=said.conflict or rule.conflict,
    )
