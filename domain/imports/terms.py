"""What a retailer says once about all rows: currency, taxes, names, and what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

from msgspec import Struct

from domain import money
from domain.ids import ENTROPY_BYTES, ChannelId, Kind, mint
from domain.imports.rows import Reason, RowRefused
from domain.money import Currency
from domain.operations import ChannelKind

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""When what has no date of its own came to be, as far as its id says."""


class ChannelTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel that orders name by its code. `sells_from` are codes of locations."""

    name: str | None = None
    kind: ChannelKind | None = None
    currency: str | None = None
    country: str | None = None
    sells_from: tuple[str, ...] = ()


class Terms(Struct, frozen=True, kw_only=True):
    """`net`: prices and line totals are without tax. `tax_rate` is in basis points."""

    system: str
    currency: Currency | None = None
    country: str | None = None
    timezone: str = "UTC"
    net: bool = False
    tax_per_unit: bool = False
    tax_rate: int | None = None
    tax_code: str = "tax"
    order_state: str = "COMPLETED"
    unknown_customers: str = "guest"
    observations: bool = False
    channels: Mapping[str, ChannelTerms] = {}

    def currency_of(self, given: str | None) -> Currency:
        """The currency of a row.

        Raises:
            RowRefused: there is none, or none of that name.
        """
        found = (given or self.currency or "").upper()
        if found not in money.known_currencies():
            said = f"{given!r} is not a currency." if given else "There is no currency."
            raise RowRefused(Reason.CURRENCY_UNKNOWN, said)
        return Currency(found)

    @property
    def own_channel(self) -> ChannelId:
        """The channel that stands for the system the files come from."""
        return ChannelId(derived(Kind.CHANNEL, EPOCH, self.system))


def derived(kind: Kind, at: datetime, *natural_key: str) -> str:
    """The id of something known by its natural key: the same whenever it is imported."""
    text = "\x1f".join((kind, *natural_key))
    entropy = blake2b(text.encode(errors="replace"), digest_size=ENTROPY_BYTES).digest()
    return mint(kind, at, entropy)


_SHAPES = (
    (("web", "online", "shop", "e-com"), ChannelKind.WEBSHOP),
    (("pos", "till", "store", "retail"), ChannelKind.POS),
    (("app", "mobile"), ChannelKind.APP),
    (("market", "amazon", "ebay"), ChannelKind.MARKETPLACE),
    (("phone", "call"), ChannelKind.CALL_CENTRE),
)


def channel_kind(code: str) -> ChannelKind:
    """What a channel of this name most likely is."""
    folded = code.casefold()
    return next(
        (kind for words, kind in _SHAPES if any(word in folded for word in words)), ChannelKind.ERP
    )
