"""A Stripe of our own: its objects, its rules, its events and webhooks, and its faults.

Shop-side methods (`pay`, `decline`, `dispute` …) do what customers, banks and the dashboard do.
Each tells of it with events, which `outbox` holds until `deliver` posts them, signed. Over HTTP it
knows what Kassa calls; `faults` are taken one by one by the calls that come in: a status, `hang`,
`too late` (it is done when nobody waits for it any more) or `lose the answer`.
"""

from __future__ import annotations

import hmac
import json
import random
from asyncio import Event
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

VERSION = "2026-10-28.endive"
KEY = "sk_test_kassa"
ACCOUNT = "acct_shop"
SECRET = "whsec_of_the_shop"  # noqa: S105 - of a shop that is not there

FINGERPRINT = "AbCdEf0123456789"

Object = dict[str, Any]
Post = Callable[[bytes, Mapping[str, str]], Awaitable[Any]]


class Refused(Exception):
    """What Stripe says no to."""

    def __init__(self, code: str, message: str, status: int = 400, **more: str) -> None:
        super().__init__(message)
        kind = "card_error" if status == 402 else "invalid_request_error"
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message, **more}}


def signed(body: bytes, at: datetime, *secrets: str) -> Mapping[str, str]:
    """The header that Stripe sends with a body."""
    seconds = f"{at.timestamp():.0f}"
    given = [
        hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
        for secret in secrets or (SECRET,)
    ]
    return {"stripe-signature": ",".join([f"t={seconds}", *(f"v1={each}" for each in given)])}


def a_card(fingerprint: str = FINGERPRINT, wallet: str | None = None) -> Object:
    """A card; in a wallet it is a stand-in that has a fingerprint of its own."""
    return {
        "brand": "visa",
        "country": "NL",
        "exp_month": 8,
        "exp_year": 2031,
        "fingerprint": fingerprint,
        "funding": "debit",
        "last4": "4242",
        "wallet": {"type": wallet, "dynamic_last4": None} if wallet else None,
    }


class Stripe:
    """One account. `now` is its clock, which stands still until `later`."""

    def __init__(self) -> None:
        self.url = ""
        self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self.opened_at = self.now
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.disputes: dict[str, Object] = {}
        self.customers: dict[str, Object] = {}
        self.sessions: dict[str, Object] = {}
        self._noted: dict[str, dict[str, str]] = {}
        self.events: list[Object] = []
        self.outbox: list[Object] = []
        self.faults: deque[str] = deque()
        self.calls: list[tuple[str, str]] = []
        self.late = Event()
        self._answers: dict[str, tuple[bytes, int, Any]] = {}
        self._numbers = count(1)
        self.application = Starlette(
            routes=[
                Route("/v1/payment_intents", self._http(self._list_intents)),
                Route("/v1/payment_intents/{id}", self._http(self._note), methods=["POST"]),
                Route("/v1/payment_intents/{id}", self._http(self._get_intent)),
                Route(
                    "/v1/payment_intents/{id}/{what}", self._http(self._change), methods=["POST"]
                ),
                Route("/v1/charges/{id}", self._http(self._get_charge)),
                Route("/v1/refunds", self._http(self._give_back), methods=["POST"]),
                Route("/v1/refunds", self._http(self._list_refunds)),
                Route("/v1/disputes", self._http(self._list_disputes)),
                Route("/v1/events", self._http(self._list_events)),
                Route("/v1/checkout/sessions", self._http(self._open_page), methods=["POST"]),
                Route("/v1/checkout/sessions/{id}", self._http(self._get_page)),
                Route(
                    "/v1/checkout/sessions/{id}/expire",
                    self._http(self._expire_page),
                    methods=["POST"],
                ),
                Route("/v1/customers", self._http(self._list_customers)),
                Route("/v1/customers/{id}", self._http(self._get_customer)),
            ]
        )

    # --- what happens in the shop

    def pay(
        self,
        amount: int,
        currency: str = "eur",
        *,
        capture: bool = True,
        pending: bool = False,
        type: str = "card",
        customer: str | None = None,
        fingerprint: str = FINGERPRINT,
        wallet: str | None = None,
        **metadata: str,
    ) -> str:
        """Somebody pays; gives the intent."""
        intent = self._begun(amount, currency, capture, metadata, customer)
        card = a_card(fingerprint, wallet)
        charge = self._attempted(intent, type, "pending" if pending else "succeeded", card)
        if pending:
            intent["status"] = "processing"
            self._tell("charge.pending", charge)
            self._tell("payment_intent.processing", intent)
            return intent["id"]
        self._settled(intent, charge)
        return intent["id"]

    def clear(self, intent_id: str) -> None:
        """A pending payment has come in."""
        intent = self.intents[intent_id]
        self._settled(intent, self.charges[intent["latest_charge"]])

    def decline(
        self,
        intent_id: str | None = None,
        *,
        at_once: bool = False,
        code: str = "payment_intent_authentication_failure",
    ) -> str:
        """An attempt fails; `at_once`: before there was a charge."""
        intent = self.intents[intent_id] if intent_id else self._begun(5_00, "eur", True, {})
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {"code": code}
        if not at_once:
            charge = self._attempted(intent, "card", "failed")
            charge["failure_code"] = "card_declined"
            intent["last_payment_error"] = {
                "code": "card_declined",
                "decline_code": "insufficient_funds",
                "charge": charge["id"],
            }
            self._tell("charge.failed", charge)
        self._tell("payment_intent.payment_failed", intent)
        return intent["id"]

    def retry(self, intent_id: str) -> None:
        """The customer tries another card, which works."""
        intent = self.intents[intent_id]
        intent["last_payment_error"] = None
        self._settled(intent, self._attempted(intent, "card", "succeeded"))

    def capture(self, intent_id: str, amount: int | None = None, **cause: Any) -> Object:
        """Take what was promised, and let the rest go: Stripe shows that as a refund."""
        intent = self.intents[intent_id]
        if intent["status"] != "requires_capture":
            raise Refused("payment_intent_unexpected_state", f"It is {intent['status']}.")
        amount = amount or intent["amount_capturable"]
        if amount > intent["amount_capturable"]:
            raise Refused("amount_too_large", "More than was promised.")
        charge = self.charges[intent["latest_charge"]]
        intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
        charge.update(captured=True, amount_captured=amount, balance_transaction=self._id("txn"))
        if rest := charge["amount"] - amount:
            charge["amount_refunded"] = rest
            self._tell("refund.created", self._refund_object(charge, rest, None, {}), **cause)
        self._tell("charge.captured", charge, **cause)
        self._tell("payment_intent.succeeded", intent, **cause)
        return intent

    def cancel(self, intent_id: str, **cause: Any) -> Object:
        """Let go what was promised: the charge is shown as refunded."""
        intent = self.intents[intent_id]
        if intent["status"] in {"succeeded", "canceled", "processing"}:
            raise Refused("payment_intent_unexpected_state", f"It is {intent['status']}.")
        charge = self.charges.get(intent["latest_charge"] or "")
        if intent["status"] == "requires_capture" and charge:
            charge.update(refunded=True, amount_refunded=charge["amount"])
            refund = self._refund_object(charge, charge["amount"], None, {})
            self._tell("charge.refunded", charge, **cause)
            self._tell("refund.created", refund, **cause)
        intent.update(status="canceled", canceled_at=self._seconds, amount_capturable=0)
        self._tell("payment_intent.canceled", intent, **cause)
        return intent

    def refund(
        self,
        intent_id: str,
        amount: int | None = None,
        *,
        status: str = "succeeded",
        metadata: Mapping[str, str] | None = None,
        **cause: Any,
    ) -> Object:
        """Give money back."""
        charge = self.charges[self.intents[intent_id]["latest_charge"]]
        left = charge["amount_captured"] - sum(
            each["amount"]
            for each in self.refunds.values()
            if each["charge"] == charge["id"]
            and each["balance_transaction"]
            and each["status"] not in {"failed", "canceled"}
        )
        amount = amount or left
        if left == 0:
            raise Refused("charge_already_refunded", "It was refunded already.")
        if amount > left:
            raise Refused("amount_too_large", f"Only {left} are left.")
        moved = self._id("txn") if status == "succeeded" else None
        found = self._refund_object(charge, amount, moved, metadata or {}, status)
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self._tell("charge.refunded", charge, **cause)
        self._tell("refund.created", found, **cause)
        return found

    def arrive(self, refund_id: str) -> None:
        """A refund that was on its way has arrived."""
        self.refunds[refund_id].update(status="succeeded", balance_transaction=self._id("txn"))
        self._tell("refund.updated", self.refunds[refund_id])

    def bounce(self, refund_id: str) -> None:
        """A refund comes back, though it was said to have arrived."""
        found = self.refunds[refund_id]
        found.update(status="failed", failure_reason="expired_or_canceled_card")
        if found["balance_transaction"]:
            found["failure_balance_transaction"] = self._id("txn")
        charge = self.charges[found["charge"]]
        charge["amount_refunded"] -= found["amount"]
        charge["refunded"] = False
        self._tell("refund.failed", found)
        self._tell("charge.refund.updated", found)

    def dispute(self, intent_id: str, amount: int | None = None, *, inquiry: bool = False) -> str:
        """A bank asks for the money, or only asks."""
        charge = self.charges[self.intents[intent_id]["latest_charge"]]
        found = {
            "id": self._id("du"),
            "object": "dispute",
            "amount": amount or charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": self._seconds,
            "currency": charge["currency"],
            "livemode": False,
            "payment_intent": intent_id,
            "reason": "fraudulent",
            "status": "warning_needs_response" if inquiry else "needs_response",
        }
        self.disputes[found["id"]] = found
        charge["disputed"] = True
        self._tell("charge.dispute.created", found)
        if not inquiry:
            self._withdraw(found, -found["amount"], "funds_withdrawn")
        return found["id"]

    def decide(self, dispute_id: str, status: str) -> None:
        """The bank has decided: `won`, `lost`, `warning_closed`."""
        found = self.disputes[dispute_id]
        found["status"] = status
        self._tell("charge.dispute.closed", found)
        if status == "won":
            self._withdraw(found, found["amount"], "funds_reinstated")

    def register(self, name: str, **fields: str) -> str:
        """Somebody gets an account; nothing that they say is checked. Gives its name."""
        found = {
            "id": self._id("cus"),
            "object": "customer",
            "created": self._seconds,
            "email": None,
            "livemode": False,
            "metadata": {},
            "name": name,
            "phone": None,
            **fields,
        }
        self.customers[found["id"]] = found
        self._tell("customer.created", found)
        return found["id"]

    def pay_page(self, session_id: str, *, pending: bool = False) -> str:
        """Somebody pays on a checkout page, which nobody can do a second time; gives the intent."""
        session = self.sessions[session_id]
        if session["status"] != "open":
            raise Refused("page_not_open", f"It is {session['status']}.")
        noted = self._noted[session_id]
        ref = self.pay(session["amount_total"], session["currency"], pending=pending, **noted)
        status = "unpaid" if pending else "paid"
        session.update(status="complete", payment_status=status, payment_intent=ref, url=None)
        self._tell("checkout.session.completed", session)
        return ref

    def start_afresh(self) -> None:
        """No page was made here, and no key was ever used."""
        self.sessions.clear()
        self._answers.clear()

    def run_out(self, session_id: str) -> Object:
        """A checkout page comes to its end."""
        session = self.sessions[session_id]
        session.update(status="expired", url=None)
        self._tell("checkout.session.expired", session)
        return session

    def edit(self, customer_id: str, **fields: str) -> None:
        """Somebody says something else of themselves."""
        self.customers[customer_id].update(fields)
        self._tell("customer.updated", self.customers[customer_id])

    def forget(self, customer_id: str) -> None:
        """Somebody's account is deleted."""
        found = self.customers[customer_id]
        self.customers[customer_id] = {"id": customer_id, "object": "customer", "deleted": True}
        self._tell("customer.deleted", found)

    # --- what it tells

    async def deliver(self, post: Post, dice: random.Random | None = None) -> None:
        """Post what is in the outbox; with dice shuffled, and each up to three times."""
        events, self.outbox = self.outbox, []
        if dice:
            events = [each for each in events for _ in range(dice.randint(1, 3))]
            dice.shuffle(events)
        for each in events:
            body = json.dumps(each, indent=2).encode()
            await post(body, signed(body, datetime.now(UTC)))

    def lose(self) -> None:
        """What is in the outbox never arrives."""
        self.outbox.clear()

    # --- its objects

    @property
    def _seconds(self) -> int:
        return int(self.now.timestamp())

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):012d}"

    def _tell(self, type: str, about: Object, key: str | None = None) -> None:
        event = {
            "id": self._id("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": self._seconds,
            "data": {"object": json.loads(json.dumps(about))},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": key},
            "type": type,
        }
        self.events.append(event)
        self.outbox.append(event)

    def later(self, **time: float) -> None:
        """Let time pass; without it, all happens in the same second, as it does at Stripe."""
        self.now += timedelta(**time)

    def _begun(
        self,
        amount: int,
        currency: str,
        capture: bool,
        metadata: Mapping[str, str],
        customer: str | None = None,
    ) -> Object:
        intent = {
            "id": self._id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "canceled_at": None,
            "capture_method": "automatic" if capture else "manual",
            "created": self._seconds,
            "currency": currency,
            "customer": customer,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": dict(metadata),
            "payment_method_types": ["card", "ideal"],
            "status": "requires_payment_method",
        }
        self.intents[intent["id"]] = intent
        self._tell("payment_intent.created", intent)
        return intent

    def _attempted(
        self, intent: Object, type: str, status: str, card: Object | None = None
    ) -> Object:
        charge = {
            "id": self._id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "balance_transaction": None,
            "captured": False,
            "created": self._seconds,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "disputed": False,
            "failure_code": None,
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "payment_intent": intent["id"],
            "payment_method_details": {"type": type, type: card or a_card()},
            "refunded": False,
            "status": status,
        }
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        return charge

    def _settled(self, intent: Object, charge: Object) -> None:
        charge["status"] = "succeeded"
        amount = intent["amount"]
        if intent["capture_method"] == "manual":
            intent.update(status="requires_capture", amount_capturable=amount)
            self._tell("charge.succeeded", charge)
            self._tell("payment_intent.amount_capturable_updated", intent)
            return
        charge.update(captured=True, amount_captured=amount, balance_transaction=self._id("txn"))
        intent.update(status="succeeded", amount_received=amount)
        self._tell("charge.succeeded", charge)
        self._tell("payment_intent.succeeded", intent)

    def _refund_object(
        self,
        charge: Object,
        amount: int,
        moved: str | None,
        metadata: Mapping[str, str],
        status: str = "succeeded",
    ) -> Object:
        found = {
            "id": self._id("re"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": moved,
            "charge": charge["id"],
            "created": self._seconds,
            "currency": charge["currency"],
            "metadata": dict(metadata),
            "payment_intent": charge["payment_intent"],
            "reason": None,
            "status": status,
        }
        self.refunds[found["id"]] = found
        return found

    def _withdraw(self, dispute: Object, amount: int, what: str) -> None:
        dispute["balance_transactions"].append(
            {"id": self._id("txn"), "amount": amount, "created": self._seconds, "currency": "eur"}
        )
        self._tell(f"charge.dispute.{what}", dispute)

    # --- over HTTP

    def _http(self, answer: Callable[[Request, dict[str, str]], Any]) -> Any:
        async def endpoint(request: Request) -> Response:
            self.calls.append((request.method, request.url.path))
            body = await request.body()
            fault = self.faults.popleft() if self.faults else ""
            if fault.isdigit():
                headers = {"retry-after": "1"} if fault == "429" else {}
                return JSONResponse({"error": {"type": "api_error"}}, int(fault), headers)
            if fault in {"hang", "too late"}:
                await _left(request)
            if fault == "hang":
                return Response(status_code=503)
            status, found = self._answered(request, body, answer)
            if fault == "too late":
                self.late.set()
            if fault == "lose the answer":
                return _Torn()
            return JSONResponse(found, status)

        return endpoint

    def _answered(
        self, request: Request, body: bytes, answer: Callable[[Request, dict[str, str]], Any]
    ) -> tuple[int, Any]:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "No such key."}}
        if request.headers.get("stripe-version") != VERSION:
            return 400, {"error": {"type": "invalid_request_error", "message": "Which version?"}}
        key = request.headers.get("idempotency-key")
        if key and key in self._answers:
            before, status, found = self._answers[key]
            if before == body:
                return status, found
            wrong = {"type": "idempotency_error", "message": "The key was used otherwise."}
            return 400, {"error": wrong}
        status, found = _judged(answer, request, dict(parse_qsl(body.decode())))
        if key:
            self._answers[key] = (body, status, found)
        return status, found

    def _get_intent(self, request: Request, _: dict[str, str]) -> Object:
        return self._expanded(_found(self.intents, request.path_params["id"]))

    def _note(self, request: Request, form: dict[str, str]) -> Object:
        intent = _found(self.intents, request.path_params["id"])
        intent["metadata"].update(_metadata(form))
        return intent

    def _get_charge(self, request: Request, _: dict[str, str]) -> Object:
        return self._with_refunds(_found(self.charges, request.path_params["id"]))

    def _change(self, request: Request, form: dict[str, str]) -> Object:
        intent = _found(self.intents, request.path_params["id"])
        key = request.headers.get("idempotency-key")
        intent["metadata"].update(_metadata(form))
        if request.path_params["what"] == "cancel":
            return self._expanded(self.cancel(intent["id"], key=key))
        amount = int(form["amount_to_capture"])
        return self._expanded(self.capture(intent["id"], amount, key=key))

    def _give_back(self, request: Request, form: dict[str, str]) -> Object:
        intent = _found(self.intents, form["payment_intent"])
        if intent["latest_charge"] is None:
            raise Refused("charge_not_found", "Nobody has paid it.")
        key = request.headers.get("idempotency-key")
        return self.refund(intent["id"], int(form["amount"]), metadata=_metadata(form), key=key)

    def _open_page(self, _: Request, form: dict[str, str]) -> Object:
        if form.get("mode") != "payment" or "success_url" not in form:
            raise Refused("parameter_missing", "Which mode, and where to afterwards?")
        lives = int(form["expires_at"]) - datetime.now(UTC).timestamp()
        if not 30 * 60 <= lives <= 24 * 60 * 60:
            raise Refused("invalid_expires_at", "It must be 30 minutes to 24 hours from now.")
        price = "line_items[0][price_data]"
        found = {
            "id": self._id("cs_test"),
            "object": "checkout.session",
            "amount_total": int(form[f"{price}[unit_amount]"]),
            "client_reference_id": form.get("client_reference_id"),
            "created": self._seconds,
            "currency": form[f"{price}[currency]"],
            "expires_at": int(form["expires_at"]),
            "livemode": False,
            "metadata": _metadata(form),
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": form["success_url"],
        }
        found["url"] = f"https://checkout.stripe.example/c/pay/{found['id']}"
        self.sessions[found["id"]] = found
        self._noted[found["id"]] = _metadata(form, "payment_intent_data[metadata][")
        return dict(found)

    def _get_page(self, request: Request, _: dict[str, str]) -> Object:
        return _found(self.sessions, request.path_params["id"])

    def _expire_page(self, request: Request, _: dict[str, str]) -> Object:
        session = _found(self.sessions, request.path_params["id"])
        if session["status"] != "open":
            raise Refused("page_not_open", f"Only what is open can end. It is {session['status']}.")
        return dict(self.run_out(session["id"]))

    def _list_intents(self, request: Request, _: dict[str, str]) -> Object:
        page = _page(request, self.intents.values())
        return {**page, "data": [self._expanded(each) for each in page["data"]]}

    def _list_refunds(self, request: Request, _: dict[str, str]) -> Object:
        return _page(request, self.refunds.values())

    def _list_disputes(self, request: Request, _: dict[str, str]) -> Object:
        return _page(request, self.disputes.values())

    def _list_customers(self, request: Request, _: dict[str, str]) -> Object:
        there = [each for each in self.customers.values() if "created" in each]
        return _page(request, there)

    def _get_customer(self, request: Request, _: dict[str, str]) -> Object:
        return _found(self.customers, request.path_params["id"])

    def _list_events(self, request: Request, _: dict[str, str]) -> Object:
        return _page(request, self.events)

    def _expanded(self, intent: Object) -> Object:
        charge = self.charges.get(intent["latest_charge"] or "")
        return {**intent, "latest_charge": charge and self._with_refunds(charge)}

    def _with_refunds(self, charge: Object) -> Object:
        found = [each for each in self.refunds.values() if each["charge"] == charge["id"]]
        refunds = {"object": "list", "data": found[::-1][:10], "has_more": len(found) > 10}
        return {**charge, "refunds": refunds}


class _Torn(Response):
    """An answer that ends in the middle."""

    def __init__(self) -> None:
        super().__init__(b"{", headers={"content-length": "1000"})


async def _left(request: Request) -> None:
    """Wait until who asked has had enough."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _judged(answer: Any, request: Request, form: dict[str, str]) -> tuple[int, Any]:
    try:
        return 200, answer(request, form)
    except Refused as refusal:
        return refusal.status, refusal.body


def _found(objects: Mapping[str, Object], id: str) -> Object:
    if id not in objects:
        raise Refused("resource_missing", f"No such thing: {id!r}", 404)
    return objects[id]


def _metadata(form: Mapping[str, str], prefix: str = "metadata[") -> dict[str, str]:
    marked = {name: value for name, value in form.items() if name.startswith(prefix)}
    return {name[len(prefix) : -1]: value for name, value in marked.items()}


def _page(request: Request, objects: Any) -> Object:
    """Part of a list, the newest first."""
    wanted = request.query_params
    since = int(wanted.get("created[gte]", 0))
    found = [each for each in reversed(list(objects)) if each["created"] >= since]
    for name in ("charge", "payment_intent"):
        if name in wanted:
            found = [each for each in found if each[name] == wanted[name]]
    if after := wanted.get("starting_after"):
        found = found[[each["id"] for each in found].index(after) + 1 :]
    limit = int(wanted.get("limit", 10))
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit}
