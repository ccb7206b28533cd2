"""Tables: Stripe's words, and ours for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from msgspec.structs import replace

from domain.channels.abilities import (
    Capabilities,
    Hooks,
    Lifetimes,
    Reading,
    Repeats,
    Thing,
    Writing,
)
from domain.channels.prose import COMMON
from domain.payments import CardPresence, OperationKind, OperationPhase, TenderKind

VERSION = "2026-10-28.endive"
"""Of the API, with each call. Source: the official SDK, stripe 16.1."""

SIGNATURE = "stripe-signature"

LIFETIMES = Lifetimes(timedelta(minutes=35), timedelta(hours=23, minutes=55))
"""Of a checkout page, which Stripe lets run out from 30 minutes to 24 hours after it was made; a
little within, for clocks differ, and a call may be repeated.

Source: https://docs.stripe.com/api/checkout/sessions/create, `expires_at`.
"""

PROSE = COMMON | {"line1", "line2", "city", "statement_descriptor", "uncategorized_text"}
"""Keys under which buyers and staff write. Metadata is not among them: programs link by it."""

CAPABILITIES = Capabilities(
    reads={Thing.PAYMENT: Reading.SINGLE, Thing.CUSTOMER: Reading.SINGLE},
    windows=frozenset({Thing.PAYMENT, Thing.CUSTOMER}),
    writes=frozenset(Writing),
    repeats=Repeats.RECOGNISED,
    refunds_at_once=True,
    hooks=Hooks.SIGNED,
    headers=(SIGNATURE,),
    prose=PROSE,
    resends_for=timedelta(days=3),
)


def able(*, makes_links: bool) -> Capabilities:
    """What an account can do; whether it makes links as well, its options say."""
    return replace(CAPABILITIES, links=LIFETIMES if makes_links else None)


MODES: Mapping[str, bool] = MappingProxyType({"_live_": True, "_test_": False})
"""What a key opens, by what follows its first two letters: `rk_live_…`. Events say it, too."""

OUR_OPERATION = "kassa_operation"
OUR_CAPTURE = "kassa_capture"
OUR_CANCEL = "kassa_cancel"
OUR_REASON = "kassa_reason"
OUR_LINK = "kassa_link"
"""Keys of metadata under which we leave our own operation's id, its reason, or our link's id."""


ATTEMPTS: Mapping[str, OperationPhase] = MappingProxyType(
    {
        "pending": OperationPhase.REQUESTED,
        "succeeded": OperationPhase.SUCCEEDED,
        "failed": OperationPhase.FAILED,
    }
)
"""How far a charge got."""

REFUNDS: Mapping[str, OperationPhase] = MappingProxyType(
    {
        "pending": OperationPhase.REQUESTED,
        "requires_action": OperationPhase.REQUESTED,
        "succeeded": OperationPhase.SUCCEEDED,
        "failed": OperationPhase.FAILED,
        "canceled": OperationPhase.FAILED,
    }
)
"""How far a refund got; one that fails after money moved is reversed."""

DISPUTES: Mapping[str, OperationPhase | None] = MappingProxyType(
    {
        "warning_needs_response": None,
        "warning_under_review": None,
        "warning_closed": None,
        "needs_response": OperationPhase.REQUESTED,
        "under_review": OperationPhase.REQUESTED,
        "appeal_needs_response": OperationPhase.REQUESTED,
        "appeal_under_review": OperationPhase.REQUESTED,
        "lost": OperationPhase.SUCCEEDED,
        "won": OperationPhase.FAILED,
        "prevented": OperationPhase.FAILED,
    }
)
"""How far a dispute got as long as no money moved; warnings are inquiries, and none ever does."""

INTENTS = frozenset(
    {
        *("requires_payment_method", "requires_confirmation", "requires_action", "processing"),
        *("requires_capture", "succeeded", "canceled"),
    }
)

DONE_BY: Mapping[str, OperationKind] = MappingProxyType(
    {
        "charge.captured": OperationKind.CAPTURE,
        "charge.refunded": OperationKind.CANCEL,
        "charge.expired": OperationKind.CANCEL,
    }
)
"""What has happened when an event of this type comes, of what a charge tells of itself."""

REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
"""The only reasons for a refund that Stripe takes."""

_PAID_WITH: Mapping[TenderKind, str] = {
    TenderKind.CARD: "card card_present interac_present kr_card",
    TenderKind.WALLET: (
        "alipay amazon_pay cashapp crypto grabpay kakao_pay link mb_way mobilepay naver_pay payco "
        "paypal paypay revolut_pay samsung_pay satispay swish twint wechat_pay"
    ),
    TenderKind.BANK_REDIRECT: (
        "ach_credit_transfer bancontact bizum blik customer_balance eps fpx giropay ideal "
        "multibanco p24 pay_by_bank paynow payto pix promptpay sofort upi"
    ),
    TenderKind.DIRECT_DEBIT: (
        "ach_debit acss_debit au_becs_debit bacs_debit nz_bank_account sepa_debit us_bank_account"
    ),
    TenderKind.INVOICE: (
        "affirm afterpay_clearpay alma billie boleto klarna konbini oxxo scalapay sequra sunbit zip"
    ),
}
TENDERS: Mapping[str, TenderKind] = MappingProxyType(
    {word: tender for tender, words in _PAID_WITH.items() for word in words.split()}
)
"""Types of payment methods. A slip that is paid later, at a counter or a bank, is an invoice."""

PRESENCES: Mapping[str, CardPresence] = MappingProxyType(
    {
        "card": CardPresence.NOT_PRESENT,
        "kr_card": CardPresence.NOT_PRESENT,
        "card_present": CardPresence.PRESENT,
        "interac_present": CardPresence.PRESENT,
    }
)
"""Was the card at the reader? Apple Pay and Google Pay are cards, too."""

WALLETS_OF_CARDS = frozenset(
    {"amex_express_checkout", "link", "masterpass", "meta_pay", "visa_checkout"}
)
"""Wallets that keep cards themselves; all others show a device's stand-in for one.

Source: https://docs.stripe.com/api/charges/object, `payment_method_details.card.wallet`.
"""

OF_CUSTOMERS = frozenset({"customer.created", "customer.updated"})
"""Types of events that tell of people; those below `customer.` tell of what belongs to them."""

OF_INTENTS = frozenset(
    {
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
    }
)
OF_CHARGES = frozenset(
    {
        "charge.captured",
        "charge.expired",
        "charge.failed",
        "charge.pending",
        "charge.refunded",
        "charge.succeeded",
    }
)
OF_REFUNDS = frozenset(
    {"charge.refund.updated", "refund.created", "refund.failed", "refund.updated"}
)
OF_DISPUTES = frozenset(
    {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
    }
)
OF_SESSIONS = frozenset(
    {
        "checkout.session.async_payment_failed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
    }
)
"""Types of events that tell of money."""

NO_NEWS = frozenset(
    {
        "charge.updated",
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.partially_funded",
        "checkout.session.expired",
    }
)
"""Nobody has paid yet, or a charge tells of it."""

ELSEWHERE = frozenset(
    {
        *("account", "application_fee", "apps", "balance", "balance_settings", "billing"),
        *("billing_portal", "capability", "cash_balance", "climate", "coupon", "credit_note"),
        *("customer", "customer_cash_balance_transaction", "entitlements", "file"),
        *("financial_connections", "identity", "invoice", "invoice_payment", "invoiceitem"),
        *("issuing_authorization", "issuing_card", "issuing_cardholder", "issuing_dispute"),
        *("issuing_personalization_design", "issuing_token", "issuing_transaction", "mandate"),
        *("payment_link", "payment_method", "payout", "person", "plan", "price", "product"),
        *("promotion_code", "quote", "radar", "reporting", "reserve", "review", "setup_intent"),
        *("sigma", "source", "subscription_schedule", "tax", "tax_rate", "terminal"),
        *("test_helpers", "three_d_secure", "topup", "transfer", "treasury"),
    }
)
"""First words of types of events that tell of no money of a payment."""
