"""How each thing that happens that day is done through the graph."""

from __future__ import annotations

from asyncio import gather
from collections import Counter
from collections.abc import Mapping
from typing import Any

from gateway.playing.asking import Answer, Api
from gateway.playing.day import Call, Deed, Delivery, GivenBack, Moved, Rush, Sale
from gateway.playing.shop import Offer

REFUSED = "userErrors { code message }"
RESERVE = f"""mutation ($input: ReserveStockInput!) {{ done: reserveStock(input: $input) {{
  {REFUSED} reservation {{ id }} }} }}"""
COMMIT = f"""mutation ($input: CommitReservationInput!) {{ done: commitReservation(input: $input) {{
  {REFUSED} }} }}"""
RELEASE = f"""mutation ($input: ReleaseReservationInput!) {{ done: releaseReservation(input: $input)
  {{ {REFUSED} }} }}"""
ADJUST = f"""mutation ($input: AdjustStockInput!) {{ done: adjustStock(input: $input) {{
  {REFUSED} }} }}"""
SEND = f"""mutation ($input: TransferStockInput!) {{ done: transferStock(input: $input) {{
  {REFUSED} transfer {{ id }} }} }}"""
RECEIVE = f"""mutation ($input: ReceiveTransferInput!) {{ done: receiveTransfer(input: $input) {{
  {REFUSED} }} }}"""
PAY = f"""mutation ($input: RecordPaymentInput!) {{ done: recordPayment(input: $input) {{
  {REFUSED} payment {{ id }} }} }}"""
REFUND = f"""mutation ($input: RecordRefundInput!) {{ done: recordRefund(input: $input) {{
  {REFUSED} }} }}"""
FIND = """query ($phone: String!) { found: findCustomers(
    by: {kind: PHONE, value: $phone}, purpose: SERVICE_CALL) {
  displayName
  orders(first: 10) { edges { node { number
    fulfillments { mode state tracking { carrier code } } } } } } }"""

ON_ITS_WAY = frozenset({"PICKING", "PACKED", "SHIPPED"})


class Refused(Exception):
    """A rule said no; that happens in a shop."""


class Trader:
    """Does what happens. What it did is counted, and what is worth telling comes back as a line.

    Keys begin with `run`, so that the same day may be played again.
    """

    def __init__(self, api: Api, run: str) -> None:
        self._api = api
        self._run = run
        self._keys = 0
        self._paid: list[tuple[str, Offer]] = []
        self.done: Counter[str] = Counter()
        self.minor: Counter[str] = Counter()

    async def do(self, deed: Deed) -> str | None:
        """Do it; a line if it is worth telling."""
        try:
            match deed:
                case Sale():
                    return await self._sale(deed)
                case Rush():
                    return await self._rush(deed)
                case Delivery():
                    return await self._delivery(deed)
                case Moved():
                    return await self._moved(deed)
                case GivenBack():
                    return await self._given_back()
                case Call():
                    return await self._call(deed)
        except Refused as why:
            self.done["refused"] += 1
            return f"Refused: {why}"

    async def _sale(self, sale: Sale) -> str | None:
        if sale.offer.seller.kind == "POS":
            await self._at_the_till(sale)
        else:
            await self._online(sale)
        return None

    async def _at_the_till(self, sale: Sale) -> None:
        """Refused from the shelf, and put back if the bank declines."""
        await self._move(sale.offer, -sale.quantity, "sold at the till")
        if not await self._pay(sale):
            await self._move(sale.offer, sale.quantity, "put back")

    async def _online(self, sale: Sale) -> None:
        """Reserved first, paid, then sold; or let go, if the bank declines."""
        held = (await self._act(RESERVE, lines=[_line(sale.offer, sale.quantity)]))["reservation"]
        is_paid = await self._pay(sale)
        await self._act(COMMIT if is_paid else RELEASE, reservation=held["id"])

    async def _pay(self, sale: Sale) -> bool:
        offer, minor = sale.offer, sale.offer.minor * sale.quantity
        done = await self._act(
            PAY,
            channel=offer.seller.id,
            tender={
                "kind": "CARD",
                "amount": {"minor": minor, "currency": offer.seller.currency},
                "provider": "adyen" if offer.seller.kind == "POS" else "stripe",
                "merchantAccount": "demo",
                "presence": "PRESENT" if offer.seller.kind == "POS" else "NOT_PRESENT",
            },
            phase="FAILED" if sale.is_declined else "SUCCEEDED",
            declineCode="insufficient_funds" if sale.is_declined else None,
        )
        if sale.is_declined:
            self.done["declined"] += 1
            return False
        self._paid.append((done["payment"]["id"], offer))
        self.done["sold"] += 1
        self.minor[offer.seller.currency] += minor
        return True

    async def _rush(self, rush: Rush) -> str:
        buying = (self._wants(rush.offer) for _ in range(rush.buyers))
        got = sum(await gather(*buying))
        return (
            f"{rush.buyers} wanted {rush.offer.name} at {rush.offer.place} at once: {got} got one, "
            f"{rush.buyers - got} were told where else there are some."
        )

    async def _wants(self, offer: Offer) -> bool:
        try:
            await self._online(Sale(0, offer, 1))
        except Refused:
            self.done["refused"] += 1
            return False
        return True

    async def _delivery(self, came: Delivery) -> str:
        await self._move(came.offer, came.units, "delivery")
        return f"{came.units} x {came.offer.name} came to {came.offer.place}."

    async def _moved(self, moved: Moved) -> str:
        sent = await self._act(
            SEND,
            sku=moved.offer.sku,
            source=moved.offer.location,
            target=moved.target.location,
            quantity=moved.units,
        )
        await self._act(RECEIVE, transfer=sent["transfer"]["id"])
        return f"{moved.units} x {moved.offer.name}: {moved.offer.place} → {moved.target.place}."

    async def _given_back(self) -> str | None:
        if not self._paid:
            return None
        payment, offer = self._paid.pop(0)
        amount = {"minor": offer.minor, "currency": offer.seller.currency}
        await self._act(REFUND, payment=payment, amount=amount, reason="brought back")
        await self._move(offer, 1, "brought back")
        self.done["given back"] += 1
        self.minor[offer.seller.currency] -= offer.minor
        return f"{offer.name} came back to {offer.place}, and the money went back."

    async def _call(self, call: Call) -> str:
        found = (await self._api.ask(FIND, phone=call.phone))["found"]
        self.done["calls"] += 1
        for person in found:
            for order in (edge["node"] for edge in person["orders"]["edges"]):
                for parcel in order["fulfillments"]:
                    if parcel["state"] in ON_ITS_WAY:
                        return _told(call, person, order, parcel)
        return f"{call.phone} asks for a parcel: {len(found)} people share it, none waits for one."

    async def _move(self, offer: Offer, delta: int, reason: str) -> None:
        change = {"sku": offer.sku, "location": offer.location, "delta": delta, "reason": reason}
        await self._act(ADJUST, changes=[change])

    async def _act(self, mutation: str, **given: object) -> Answer:
        """What a mutation did.

        Raises:
            Refused: a rule refused it.
        """
        self._keys += 1
        asked = {"idempotencyKey": f"{self._run}-{self._keys}", **given}
        done = (await self._api.ask(mutation, input=asked))["done"]
        if refused := done["userErrors"]:
            raise Refused(refused[0]["message"])
        return done


def _line(offer: Offer, quantity: int) -> Mapping[str, object]:
    return {"sku": offer.sku, "location": offer.location, "quantity": quantity}


def _told(call: Call, person: Answer, order: Answer, parcel: Answer) -> str:
    tracking: list[dict[str, Any]] = parcel["tracking"]
    where = f", {tracking[0]['carrier']} {tracking[0]['code']}" if tracking else ""
    state = parcel["state"].lower()
    return f"{call.phone} asks for {order['number']} of {person['displayName']}: {state}{where}."
