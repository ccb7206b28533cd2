"""The card that a payment was made with, as far as it may be kept.

A fingerprint is a provider's name for a card: the same whenever that card is used at one account,
and another one at every other account. Only a keyed hash of it is kept. A wallet shows a stand-in
for the card, whose fingerprint is not the card's.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Card(Struct, frozen=True, kw_only=True):
    """A card by what is printed on receipts, and by its hash.

    `attempt` is the provider's name for the attempt to pay with it, which was made `tried_at`.
    `expires` is its last month, as in `2027-08`.
    """

    tried_at: datetime
    attempt: str
    brand: str | None = None
    last4: str | None = None
    expires: str | None = None
    wallet: str | None = None
    wallet_token: bool = False
    fingerprint: str | None = None

    @property
    def label(self) -> str:
        """As its owner would recognise it: "visa ••4242"."""
        return f"{self.brand or 'card'} ••{self.last4 or '••••'}"


def latest(one: Card | None, other: Card | None) -> Card | None:
    """Of two cards that a payment was tried with, the one of the later attempt."""
    return max(filter(None, (one, other)), key=_tried, default=None)


def _tried(card: Card) -> tuple[datetime, str]:
    return card.tried_at, card.attempt
