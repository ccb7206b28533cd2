"""What is asked of Stripe, as it wants to be asked. Source: https://docs.stripe.com/api."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from msgspec.structs import replace

from adapters.stripe.translate import amounts, words
from domain.channels.abilities import Thing, Writing
from domain.channels.accounts import Secret
from domain.channels.answers import Instruction, LinkAsked
from domain.ports.channels import Call

INTENTS, CHARGES, EVENTS, CUSTOMERS = "payment_intents", "charges", "events", "customers"
SESSIONS = "checkout/sessions"
PAGE = "50"
WHOLE = "latest_charge.refunds"

Pairs = Sequence[tuple[str, str]]


def is_intent(ref: str) -> bool:
    """Is it an intent's name? Payments without one are charges, which have names of many kinds."""
    return ref.startswith("pi_")


def reading(path: str, query: Pairs, after: str | None = None) -> Call:
    """One thing, or a page of a list, the newest first."""
    following = [("starting_after", after)] if after else []
    query = [*query, *following]
    return Call(method="GET", path=f"/v1/{path}", query=query, is_repeatable=True)


def changed(thing: Thing, since: datetime, page: str | None) -> tuple[str, Call]:
    """A page of what was begun since then, or of what has happened; and of which."""
    first = CUSTOMERS if thing is Thing.CUSTOMER else INTENTS
    path, _, after = (page or f"{first}:").partition(":")
    query = [("limit", PAGE), ("created[gte]", str(int(since.timestamp())))]
    query += [("expand[]", f"data.{WHOLE}")] if path == INTENTS else []
    return path, reading(path, query, after)


def payment(ref: str) -> Call:
    """A payment with its last attempt, and the last refunds of that."""
    path, expanded = (INTENTS, WHOLE) if is_intent(ref) else (CHARGES, "refunds")
    return reading(f"{path}/{quote(ref, safe='')}", [("expand[]", expanded)])


def customer(ref: str) -> Call:
    """Somebody who has an account."""
    return reading(f"{CUSTOMERS}/{quote(ref, safe='')}", ())


def about(ref: str) -> tuple[str, str]:
    """Whose refunds or disputes: a payment's, or a charge's."""
    return ("payment_intent" if is_intent(ref) else "charge", ref)


def signed(call: Call, key: Secret) -> Call:
    """With what opens the API, in the version that we speak."""
    own = {"authorization": f"Bearer {key.reveal()}", "stripe-version": words.VERSION}
    return replace(call, headers={**call.headers, **own})


def writing(kind: Writing, told: Instruction) -> Sequence[Call]:
    """The steps of an instruction; none if its amount cannot be said there.

    A cancellation takes no metadata, and is announced by a step of its own.
    """
    minor = amounts.payable(told.amount)
    if minor is None:
        return []
    own, payment = told.operation_id, f"{INTENTS}/{quote(told.payment_ref, safe='')}"
    match kind:
        case Writing.REFUND:
            mark = (f"metadata[{words.OUR_OPERATION}]", own)
            form = [about(told.payment_ref), ("amount", str(minor)), mark, *_reason(told)]
            return [_posted("refunds", form, own)]
        case Writing.CAPTURE:
            mark = (f"metadata[{words.OUR_CAPTURE}]", own)
            form = [("amount_to_capture", str(minor)), mark, ("expand[]", WHOLE)]
            return [_posted(f"{payment}/capture", form, own)]
        case Writing.CANCEL:
            mark = [(f"metadata[{words.OUR_CANCEL}]", own)]
            cancelled = _posted(f"{payment}/cancel", [("expand[]", WHOLE)], own)
            return [_posted(payment, mark, f"{own}-mark"), cancelled]


def opening(told: LinkAsked, success_url: str) -> Sequence[Call]:
    """A checkout page for one payment; none if its amount cannot be said there.

    What is paid carries our link's id, for the metadata of a page stays with the page.
    """
    minor = amounts.payable(told.amount)
    if minor is None:
        return []
    price = "line_items[0][price_data]"
    form = [
        ("mode", "payment"),
        ("success_url", success_url),
        ("expires_at", str(int(told.expires_at.timestamp()))),
        ("client_reference_id", told.link_id),
        (f"metadata[{words.OUR_LINK}]", told.link_id),
        (f"payment_intent_data[metadata][{words.OUR_LINK}]", told.link_id),
        ("line_items[0][quantity]", "1"),
        (f"{price}[currency]", told.amount.currency.lower()),
        (f"{price}[unit_amount]", str(minor)),
        (f"{price}[product_data][name]", told.title),
    ]
    return [_posted(SESSIONS, form, told.link_id)]


def closing(told: LinkAsked) -> Sequence[Call]:
    """The end of a checkout page; and how it stands, should Stripe refuse to end it."""
    page = f"{SESSIONS}/{quote(told.ref or '', safe='')}"
    return [_posted(f"{page}/expire", (), f"{told.link_id}-close"), reading(page, ())]


def _posted(path: str, form: Pairs, key: str) -> Call:
    return Call(
        method="POST",
        path=f"/v1/{path}",
        headers={
            "idempotency-key": key,
            "content-type": "application/x-www-form-urlencoded",
        },
        body=urlencode(form).encode(),
        is_repeatable=True,
    )


def _reason(told: Instruction) -> Pairs:
    if told.reason is None:
        return []
    is_theirs = told.reason in words.REASONS
    return [("reason" if is_theirs else f"metadata[{words.OUR_REASON}]", told.reason)]
