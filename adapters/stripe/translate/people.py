"""What Stripe says of people and of their cards, in our words. Pure.

Anybody may type any e-mail address or telephone number at a checkout, and Stripe checks neither:
both are only claimed.
"""

from __future__ import annotations

import re
from datetime import datetime

from adapters.stripe.translate import words
from adapters.stripe.translate.shapes import CardSaid, Charge, Customer, Terms, Wallet
from domain.channels.answers import Found, Missing
from domain.channels.inbound import Snapshot
from domain.channels.told import CustomerTold, IdentityTold
from domain.customers import LONGEST_IDENTITY, IdentityKind
from domain.payments import Card
from domain.values import whole_milliseconds

LAST4 = re.compile("[0-9]{4}")


def told(said: Customer, as_of: datetime) -> Snapshot:
    """Somebody who has an account there."""
    claimed = ((IdentityKind.EMAIL, said.email), (IdentityKind.PHONE, said.phone))
    return Snapshot(
        CustomerTold(
            ref=said.id,
            as_of=as_of,
            display_name=(said.name or "").strip()[:LONGEST_IDENTITY] or None,
            identities=tuple(
                IdentityTold(kind=kind, value=value)
                for kind, value in claimed
                if value and value.strip()
            ),
        )
    )


def found(said: Customer, as_of: datetime) -> Found | Missing:
    """Somebody who was asked for; of who was deleted, Stripe tells no more."""
    return Missing() if said.deleted else Found(told(said, as_of))


def card(charge: Charge, terms: Terms, at: datetime) -> Card | None:
    """With what an attempt was made, unless it failed: others may have tried that card."""
    details = charge.payment_method_details
    said = details and (details.card or details.card_present or details.interac_present)
    if not said or charge.status == "failed":
        return None
    return Card(
        tried_at=whole_milliseconds(at),
        attempt=charge.id,
        brand=said.brand,
        last4=said.last4 if said.last4 and LAST4.fullmatch(said.last4) else None,
        expires=_expires(said),
        wallet=said.wallet and said.wallet.type,
        wallet_token=_is_token(said.wallet),
        fingerprint=terms.hashed(said.fingerprint) if said.fingerprint else None,
    )


def _expires(said: CardSaid) -> str | None:
    year, month = said.exp_year or 0, said.exp_month or 0
    return f"{year}-{month:02}" if 1_000 <= year <= 9_999 and 1 <= month <= 12 else None


def _is_token(wallet: Wallet | None) -> bool:
    """Is it a stand-in for a card? Of wallets that nobody knows yet, it is to be feared."""
    return wallet is not None and wallet.type not in words.WALLETS_OF_CARDS
