"""What is asked of Stripe, as it wants to be asked. Source: https://docs.stripe.com/api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from adapters.stripe.translate import amounts, words
from domain.channels.abilities import Writing
from domain.channels.answers import Instruction
from domain.ports.channels import Call

INTENTS, CHARGES, EVENTS = "payment_intents", "charges", "events"
WHOLE = "latest_charge.refunds"
ROUTES: Mapping[Writing, str] = {
    Writing.CAPTURE: "payment_intents/{}/capture",
    Writing.CANCEL: "payment_intents/{}/cancel",
    Writing.REFUND: "refunds",
}

Pairs = Sequence[tuple[str, str]]


def is_intent(ref: str) -> bool:
    """Payments without an intent are charges, of which our side knows more kinds of names."""
    return ref.startswith("pi_")


def listing(path: str, query: Pairs, after: str | None = None) -> Call:
    """A page of a list, the newest first."""
    following = [("starting_after", after)] if after else []
    query = [*query, *following]
    return Call(method="GET", path=f"/v1/{path}", query=query, is_repeatable=True)


def payment(ref: str) -> Call:
    """A payment with its last attempt, and the last refunds of that."""
    path, expanded = (INTENTS, WHOLE) if is_intent(ref) else (CHARGES, "refunds")
    return listing(f"{path}/{quote(ref, safe='')}", [("expand[]", expanded)])


def about(ref: str) -> tuple[str, str]:
    """Whose refunds or disputes: a payment's, or a charge's."""
    return ("payment_intent" if is_intent(ref) else "charge", ref)


def writing(kind: Writing, told: Instruction) -> Call | None:
    """An instruction, under our operation's id; None if its amount cannot be said there."""
    minor = amounts.payable(told.amount)
    if minor is None:
        return None
    return Call(
        method="POST",
        path=f"/v1/{ROUTES[kind].format(quote(told.payment_ref, safe=''))}",
        headers={
            "idempotency-key": told.operation_id,
            "content-type": "application/x-www-form-urlencoded",
        },
        body=urlencode(_form(kind, told, str(minor))).encode(),
        is_repeatable=True,
    )


def _form(kind: Writing, told: Instruction, minor: str) -> Pairs:
    match kind:
        case Writing.CANCEL:
            return [("expand[]", WHOLE)]
        case Writing.CAPTURE:
            mark = (f"metadata[{words.OUR_CAPTURE}]", told.operation_id)
            return [("amount_to_capture", minor), mark, ("expand[]", WHOLE)]
        case Writing.REFUND:
            mark = (f"metadata[{words.OUR_OPERATION}]", told.operation_id)
            return [about(told.payment_ref), ("amount", minor), mark, *_reason(told)]


def _reason(told: Instruction) -> Pairs:
    if told.reason is None:
        return []
    is_theirs = told.reason in words.REASONS
    return [("reason" if is_theirs else f"metadata[{words.OUR_REASON}]", told.reason)]
