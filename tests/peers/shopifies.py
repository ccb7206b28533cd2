"""A Shopify of our own: a shop with its rules, its Admin API, its webhooks, and its faults.

Shop-side methods (`sell`, `fulfil`, `refund` …) do what shoppers and staff do. Each tells of it,
which `outbox` holds until `deliver` posts it, signed. The Admin API executes what Kassa asks
against Shopify's official schema, so no other field has an answer; the budget of points is kept.
`faults` are taken one by one by the calls that come in: a status, `throttled`, `hang`, or `lost`
(it does what it is asked, and nobody hears its answer). `hangs` never answers, until it is over.
"""

from __future__ import annotations

import json
import random
import re
from asyncio import Event, sleep
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from graphql import GraphQLError, GraphQLSchema, graphql_sync
from graphql.execution.values import get_argument_values
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.shopify import webhooks
from domain.channels.accounts import Secret

DOMAIN = "kitchen.myshopify.com"
KEY = "shpat_of_the_kitchen"
SECRET = "secret-of-the-app"  # noqa: S105 - of a shop that is not there
MOST_POINTS, PER_SECOND, COST = 2_000.0, 100.0, 10.0

Object = dict[str, Any]
Post = Callable[[bytes, Mapping[str, str]], Awaitable[Any]]
FULFILMENT = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}
QUOTED = re.compile(r'sku:"((?:[^"\\]|\\.)*)"')
UNTOLD = frozenset({"transactions", "sends_from"})
"""What deliveries do not tell of an order."""

SINCE = re.compile(r"updated_at:>='([^']+)'")


class Shopify:
    """One shop. `now` is its clock, which stands still until `later`."""

    def __init__(self, schema: GraphQLSchema, first: int = 1_001) -> None:
        self.url, self._schema, self._first = "", schema, first
        self._idempotent = schema.get_directive("idempotent")
        self.now = self.opened_at = datetime(2026, 3, 1, 11, tzinfo=UTC)
        self.customers: dict[int, Object] = {}
        self.orders: dict[int, Object] = {}
        self.products: dict[int, Object] = {}
        self.levels: dict[tuple[int, int], Object] = {}
        self.outbox: list[tuple[str, str, bytes]] = []
        self.faults: deque[str] = deque()
        self.calls: list[Object] = []
        self.hangs, self.asked = False, Event()
        self.refuses: Object | None = None
        self.shown: list[tuple[str, int, int]] = []  # each number that was set, in order
        self.keys: dict[str, tuple[str, Object]] = {}
        self.points = MOST_POINTS
        self._numbers = count(first)
        path = "/admin/api/2026-10/graphql.json"
        self.application = Starlette(routes=[Route(path, self._asked, methods=["POST"])])

    # --- what happens in the shop

    def later(self, seconds: float = 60) -> None:
        self.now += timedelta(seconds=seconds)

    def register(self, mail: str, name: str = "Ada", *, verified: bool = True) -> int:
        """A customer opens an account."""
        found = {"id": self._id(), "email": mail, "verified_email": verified, "phone": None}
        self.customers[found["id"]] = {**found, "first_name": name, "last_name": "Lovelace"}
        self._customer(found["id"], "customers/create")
        return found["id"]

    def rename(self, customer: int, name: str) -> None:
        self.customers[customer]["first_name"] = name
        self._customer(customer, "customers/update")

    def merge(self, kept: int, gone: int) -> None:
        """Staff make one customer of two."""
        del self.customers[gone]
        for order in self.orders.values():
            if order["customer"] == gone:
                order["customer"] = kept
                self._changed(order)
        self._customer(kept, "customers/update")
        names = {"kept": kept, "deleted": gone}
        ids = {
            f"admin_graphql_api_customer_{name}_id": f"gid://shopify/Customer/{key}"
            for name, key in names.items()
        }
        self._tell("customers/merge", {**ids, "status": "completed", "errors": []})

    def list(self, title: str, sku: str, price: str = "10.00") -> int:
        """A product of one variant is for sale."""
        variant = {"id": self._id(), "title": "Default Title", "sku": sku, "price": price}
        found = {"id": self._id(), "title": title, "status": "active", "variants": [variant]}
        self.products[found["id"]] = found
        self._product(found, "products/create")
        return found["id"]

    def reprice(self, product: int, price: str) -> None:
        self.products[product]["variants"][0]["price"] = price
        self._product(self.products[product], "products/update")

    def counted(self, product: int, location: int, units: int) -> None:
        """So many are there."""
        item = self.products[product]["variants"][0]["id"]
        self.levels[item, location] = {"units": units, "updated_at": self._now}
        hint = {"inventory_item_id": item, "location_id": location, "available": units}
        self._tell("inventory_levels/update", {**hint, "updated_at": self._now})

    def sell(
        self,
        product: int,
        units: int = 2,
        customer: int | None = None,
        *,
        location: int | None = None,
        sends_from: int | None = None,
        **paid: Any,
    ) -> int:
        """Somebody buys some units, with postage of 5.00, and pays (`gateway`, `receipt`).

        They are taken off what is there when they are sent, from the place that is said here.
        """
        variant = self.products[product]["variants"][0]
        line = {"id": self._id(), "name": "A thing", "sku": variant["sku"], "quantity": units}
        state = {"current_quantity": units, "fulfillable_quantity": units, "sent": 0}
        order = {
            "id": self._id(),
            "name": f"#{len(self.orders) + self._first}",
            "created_at": self._now,
            "processed_at": self._now,
            "cancelled_at": None,
            "financial_status": "pending",
            "fulfillment_status": None,
            "customer": customer,
            "location_id": location,
            "sends_from": sends_from,
            "fulfillments": [],
            "total": f"{float(variant['price']) * units + 5:.2f}",
            "line": {**line, **state, "variant_id": variant["id"], "price": variant["price"]},
            "refunds": [],
            "transactions": [],
        }
        self.orders[order["id"]] = order
        self._order(order, "orders/create")
        self.pay(order["id"], **paid)
        return order["id"]

    def pay(self, id: int, kind: str = "sale", status: str = "success", **given: Any) -> int:
        """Money moves: all that is owed, if nothing else is said."""
        order = self.orders[id]
        moved = {"id": self._id(), "kind": kind, "status": status, "gateway": "bogus"}
        fields = {"amount": order["total"], "created_at": self._now, "parent_id": None, **given}
        order["transactions"].append({**moved, **fields})
        if kind == "sale" and status == "success":
            order["financial_status"] = "paid"
            self._order(order, "orders/paid")
        hint = {"id": moved["id"], "order_id": id, "kind": kind, "status": status}
        self._tell("order_transactions/create", hint)
        self._order(order, "orders/updated")
        return moved["id"]

    def fulfil(self, id: int, units: int) -> None:
        """Some units are sent."""
        order, line = self.orders[id], self.orders[id]["line"]
        if units > line["fulfillable_quantity"]:
            raise ValueError("there are not so many left to send")
        line["fulfillable_quantity"] -= units
        line["sent"] += units
        whole = line["fulfillable_quantity"] == 0
        order["fulfillment_status"] = "fulfilled" if whole else "partial"
        sending = {"status": "success", "created_at": self._now, "location_id": order["sends_from"]}
        sending["line_items"] = [{"id": line["id"], "quantity": units}]
        order["fulfillments"].append(sending)
        self._shelve(order, order["sends_from"], -units)
        self._order(order, "orders/fulfilled" if whole else "orders/partially_fulfilled")

    def reroute(self, id: int, place: int) -> None:
        """What is not sent yet will be sent from elsewhere. Deliveries do not say from where."""
        self.orders[id]["sends_from"] = place
        self._order(self.orders[id], "orders/updated")

    def cancel(self, id: int) -> None:
        """Nothing of it will be sent."""
        order, line = self.orders[id], self.orders[id]["line"]
        order["cancelled_at"] = self._now
        line["current_quantity"] -= line["fulfillable_quantity"]
        line["fulfillable_quantity"] = 0
        self._order(order, "orders/cancelled")

    def _shelve(self, order: Object, place: int | None, units: int) -> None:
        item = order["line"]["variant_id"]
        if place is None or (item, place) not in self.levels:
            return
        product = next(n for n, one in self.products.items() if one["variants"][0]["id"] == item)
        self.counted(product, place, self.levels[item, place]["units"] + units)

    def available(self, sku: str, place: int) -> int:
        """What it offers: what is there, but for what it has sold and not sent."""
        lines = [each["line"] for each in self.orders.values() if each["sends_from"] == place]
        return self.units(sku, place) - sum(
            each["fulfillable_quantity"] for each in lines if each["sku"] == sku
        )

    def refund(
        self, id: int, units: int, amount: str, *, back_at: int | None = None, **given: Any
    ) -> None:
        """Units come back (to a shelf, if it is said), or are not sent; money is given back."""
        order, line = self.orders[id], self.orders[id]["line"]
        restock = "cancel" if units <= line["fulfillable_quantity"] else "return"
        if restock == "cancel":
            line["fulfillable_quantity"] -= units
        line["current_quantity"] -= units
        order["financial_status"] = "partially_refunded"
        back = {"line_item_id": line["id"], "quantity": units, "restock_type": restock}
        back["location_id"] = back_at
        refund = {"id": self._id(), "created_at": self._now, "refund_line_items": [back]}
        order["refunds"].append(refund)
        if restock == "return":
            self._shelve(order, back_at, units)
        [paid, *_] = order["transactions"]
        parent = {"parent_id": paid["id"], "gateway": paid["gateway"]}
        self._tell("refunds/create", {"id": order["refunds"][-1]["id"], "order_id": id})
        self.pay(id, "refund", **{**parent, "amount": amount, **given})

    # --- what it tells

    async def deliver(self, post: Post, dice: random.Random | None = None) -> None:
        """Post what is in the outbox; with dice shuffled, and each up to three times."""
        found, self.outbox = self.outbox, []
        if dice:
            found = [each for each in found for _ in range(dice.randint(1, 3))]
            dice.shuffle(found)
        for topic, name, body in found:
            signed = webhooks.signature(Secret(SECRET), body).decode()
            given = {webhooks.TOPIC: topic, webhooks.NAME: name, webhooks.SHOP: DOMAIN}
            await post(body, {**given, webhooks.SIGNATURE: signed})

    def lose(self, dice: random.Random, part: float = 1.0) -> None:
        """Some of what it would tell never comes."""
        self.outbox = [each for each in self.outbox if dice.random() >= part]

    def _tell(self, topic: str, body: Object) -> None:
        name = str(UUID(int=next(self._numbers)))
        self.outbox.append((topic, name, json.dumps(body, indent=1).encode()))

    def _changed(self, thing: Object) -> None:
        thing["updated_at"] = self._now

    def _customer(self, id: int, topic: str) -> None:
        self._changed(self.customers[id])
        self._tell(topic, self.customers[id])

    def _product(self, product: Object, topic: str) -> None:
        for each in (product, *product["variants"]):
            self._changed(each)
        self._tell(topic, product)

    def _order(self, order: Object, topic: str) -> None:
        self._changed(order)
        line = {**order["line"], "price_set": bag(order["line"]["price"])}
        told = {
            **{name: value for name, value in order.items() if name not in UNTOLD},
            "customer": self.customers.get(order["customer"]),
            "presentment_currency": "EUR",
            "taxes_included": True,
            "total_price_set": bag(order["total"]),
            "line_items": [line],
            "shipping_lines": [{"price_set": bag("5.00")}],
        }
        self._tell(topic, told)

    @property
    def _now(self) -> str:
        return self.now.isoformat()

    def _id(self) -> int:
        return next(self._numbers)

    # --- what it is asked

    async def _asked(self, request: Request) -> Response:
        fault = self.faults.popleft() if self.faults else ""
        asked = json.loads(await request.body())
        self.calls.append(asked)
        self.asked.set()
        if fault == "hang" or self.hangs:
            await sleep(3600)
        if fault.isdigit():
            return Response(status_code=int(fault))
        if request.headers.get("x-shopify-access-token") != KEY:
            return JSONResponse({"errors": "[API] Invalid API key or access token"}, 401)
        if fault == "throttled" or self.points < COST:
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return JSONResponse({"errors": [throttled], "extensions": self._cost()})
        self.points -= COST
        done = graphql_sync(
            self._schema,
            asked["query"],
            {
                "nodes": lambda _, ids: [self._node(gid) for gid in ids],
                "orders": self._listing(self.orders, self._order_view),
                "customers": self._listing(self.customers, self._customer_view),
                "productVariants": self._listing(self.products, self._variant_view),
                "location": lambda _, **given: {"inventoryLevels": self._levels_at(given["id"])},
                "inventoryItems": self._items,
                "inventorySetQuantities": self._set,
            },
            variable_values=asked.get("variables"),
        )
        if fault == "lost":
            return Response("lost", status_code=502)
        return JSONResponse({**done.formatted, "extensions": self._cost()})

    def _cost(self) -> Object:
        bucket = {
            "maximumAvailable": MOST_POINTS,
            "currentlyAvailable": self.points,
            "restoreRate": PER_SECOND,
        }
        return {"cost": {"requestedQueryCost": COST, "throttleStatus": bucket}}

    def _items(self, _: Any, *, query: str, **__: Any) -> Object:
        """Items by their skus; a search finds words, not whole skus, and without regard to case."""
        wanted = [each.lower() for each in QUOTED.findall(query)]
        variants = [each["variants"][0] for each in self.products.values()]
        found = [each for each in variants if any(w in each["sku"].lower() for w in wanted)]
        return {"nodes": [self._item_view(each) for each in found]}

    def _item_view(self, variant: Object) -> Object:
        return {
            "id": f"gid://shopify/InventoryItem/{variant['id']}",
            "sku": variant["sku"],
            "inventoryLevel": lambda _, **given: self._level_view(
                (variant["id"], number(given["locationId"]))
            ),
        }

    def _set(self, info: Any, *, input: Object) -> Object:
        """All of it, or nothing; the same key again does and says the same again."""
        [node] = info.field_nodes
        keys = [each for each in node.directives if each.name.value == "idempotent"]
        if not keys:
            raise GraphQLError("The @idempotent directive is required for this mutation.")
        key = get_argument_values(self._idempotent, keys[0], info.variable_values)["key"]
        said = json.dumps(input, sort_keys=True)
        if key in self.keys:
            before, answer = self.keys[key]
            spent = _refusals(
                [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "The key is spent.", ["key"])]
            )
            return answer if before == said else spent
        if self.refuses:
            return {"userErrors": [self.refuses]}
        answer = self._quantities(input["quantities"])
        self.keys[key] = said, answer
        return answer

    def _quantities(self, wanted: Sequence[Object]) -> Object:
        refused: list[tuple[str, str, list[str]]] = []
        levels: list[tuple[tuple[int, int], Object]] = []
        for n, each in enumerate(wanted):
            key = number(each["inventoryItemId"]), number(each["locationId"])
            found, field = self.levels.get(key), ["input", "quantities", str(n)]
            if found is None:
                refused.append(("INVALID_INVENTORY_ITEM", "There is no such item.", field))
            elif each["changeFromQuantity"] not in {None, found["units"]}:
                at = [*field, "changeFromQuantity"]
                refused.append(("CHANGE_FROM_QUANTITY_STALE", "It is not that any more.", at))
            levels.append((key, each))
        if refused:
            return _refusals(refused)
        for (item, place), each in levels:
            all_products = self.products.items()
            product = next(n for n, one in all_products if one["variants"][0]["id"] == item)
            sku = self.products[product]["variants"][0]["sku"]
            self.shown.append((sku, place, each["quantity"]))
            self.counted(product, place, each["quantity"])
        return {"userErrors": [], "inventoryAdjustmentGroup": None}

    def units(self, sku: str, place: int) -> int:
        """What it shows of a sku at a place."""
        variants = [each["variants"][0] for each in self.products.values()]
        [item] = [each["id"] for each in variants if each["sku"] == sku]
        return self.levels[item, place]["units"]

    def _node(self, gid: str) -> Object | None:
        kind, _, name = gid.removeprefix("gid://shopify/").partition("/")
        if kind == "InventoryLevel":
            place, _, item = name.partition("?inventory_item_id=")
            return self._level_view((int(item), int(place)))
        views = {
            "Order": (self.orders, self._order_view),
            "Customer": (self.customers, self._customer_view),
        }
        held, view = views[kind]
        return view(held[int(name)]) if int(name) in held else None

    def _listing(self, held: Mapping[int, Object], view: Callable[[Object], Object]) -> Any:
        return listing(lambda: map(view, held.values()))

    def _levels_at(self, gid: str) -> Any:
        place = int(gid.rpartition("/")[2])
        return listing(lambda: [self._level_view(key) for key in self.levels if key[1] == place])

    def _level_view(self, key: tuple[int, int]) -> Object | None:
        found = self.levels.get(key)
        if found is None:
            return None
        all_products = self.products.values()
        product = next(each for each in all_products if each["variants"][0]["id"] == key[0])
        sku, variants = (
            product["variants"][0]["sku"],
            listing(lambda: [self._variant_view(product)]),
        )
        units = {"name": "on_hand", "quantity": found["units"]}
        return {
            "__typename": "InventoryLevel",
            "updatedAt": found["updated_at"],
            "item": {"sku": sku, "variants": variants},
            "location": {"id": f"gid://shopify/Location/{key[1]}"},
            "quantities": lambda _, names: [units] if "on_hand" in names else [],
        }

    def _customer_view(self, customer: Object) -> Object:
        return {
            "__typename": "Customer",
            "id": f"gid://shopify/Customer/{customer['id']}",
            "updatedAt": customer["updated_at"],
            "firstName": customer["first_name"],
            "lastName": customer["last_name"],
            "verifiedEmail": customer["verified_email"],
            "defaultEmailAddress": {"emailAddress": customer["email"]},
            "defaultPhoneNumber": None,
        }

    def _variant_view(self, product: Object) -> Object:
        [variant] = product["variants"]
        return {
            **{name: variant[name] for name in ("title", "sku", "price")},
            "__typename": "ProductVariant",
            "id": f"gid://shopify/ProductVariant/{variant['id']}",
            "updatedAt": variant["updated_at"],
            "product": {
                "title": product["title"],
                "status": product["status"].upper(),
                "updatedAt": product["updated_at"],
            },
        }

    def _order_view(self, order: Object) -> Object:
        buyer = self.customers.get(order["customer"])
        place = order["location_id"]
        return {
            "__typename": "Order",
            "id": f"gid://shopify/Order/{order['id']}",
            "name": order["name"],
            "createdAt": order["created_at"],
            "updatedAt": order["updated_at"],
            "processedAt": order["processed_at"],
            "cancelledAt": order["cancelled_at"],
            "presentmentCurrencyCode": "EUR",
            "displayFinancialStatus": order["financial_status"].upper(),
            "displayFulfillmentStatus": FULFILMENT[order["fulfillment_status"]],
            "taxesIncluded": True,
            "totalPriceSet": bag_view(order["total"]),
            "totalTipReceivedSet": bag_view("0.00"),
            "retailLocation": place and {"id": f"gid://shopify/Location/{place}"},
            "customer": buyer and self._customer_view(buyer),
            "lineItems": listing(lambda: [_line_view(order["line"])]),
            "shippingLines": listing(lambda: [{**PRICED, "originalPriceSet": bag_view("5.00")}]),
            "refunds": [_refund_view(each) for each in order["refunds"]],
            "transactions": [_transaction_view(each) for each in order["transactions"]],
            "fulfillments": lambda _, **__: [_sending_view(each) for each in order["fulfillments"]],
            "fulfillmentOrders": listing(lambda: [_to_send_view(order)]),
        }


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def _refusals(found: Iterable[tuple[str, str, list[str]]]) -> Object:
    errors = [{"code": code, "message": why, "field": field} for code, why, field in found]
    return {"userErrors": errors, "inventoryAdjustmentGroup": None}


PRICED: Object = {"taxLines": [], "discountAllocations": [], "isRemoved": False}


def bag(amount: str) -> Object:
    """As webhooks write an amount."""
    money = {"amount": amount, "currency_code": "EUR"}
    return {"shop_money": money, "presentment_money": money}


def bag_view(amount: str) -> Object:
    """As GraphQL writes an amount."""
    money = {"amount": amount, "currencyCode": "EUR"}
    return {"shopMoney": money, "presentmentMoney": money}


def _line_view(line: Object) -> Object:
    return {
        **PRICED,
        "id": f"gid://shopify/LineItem/{line['id']}",
        **{name: line[name] for name in ("name", "sku", "quantity")},
        "currentQuantity": line["current_quantity"],
        "unfulfilledQuantity": line["fulfillable_quantity"],
        "variant": {"id": f"gid://shopify/ProductVariant/{line['variant_id']}"},
        "originalUnitPriceSet": bag_view(line["price"]),
    }


def _place_view(place: int | None) -> Object | None:
    return place and {"id": f"gid://shopify/Location/{place}"}


def _of_line_view(line: int) -> Object:
    return {"id": f"gid://shopify/LineItem/{line}"}


def _sending_view(sending: Object) -> Object:
    [line] = sending["line_items"]
    sent = {"quantity": line["quantity"], "lineItem": _of_line_view(line["id"])}
    return {
        "status": sending["status"].upper(),
        "createdAt": sending["created_at"],
        "location": _place_view(sending["location_id"]),
        "fulfillmentLineItems": listing(lambda: [sent]),
    }


def _to_send_view(order: Object) -> Object:
    line = order["line"]
    left = {
        "remainingQuantity": line["fulfillable_quantity"],
        "lineItem": _of_line_view(line["id"]),
    }
    return {
        "assignedLocation": {"location": _place_view(order["sends_from"])},
        "lineItems": listing(lambda: [left]),
    }


def _refund_view(refund: Object) -> Object:
    return {
        "createdAt": refund["created_at"],
        "refundLineItems": listing(
            lambda: [
                {
                    "quantity": each["quantity"],
                    "restockType": each["restock_type"].upper(),
                    "location": _place_view(each["location_id"]),
                    "lineItem": _of_line_view(each["line_item_id"]),
                }
                for each in refund["refund_line_items"]
            ]
        ),
    }


def _transaction_view(moved: Object) -> Object:
    parent = moved["parent_id"]
    return {
        "id": f"gid://shopify/OrderTransaction/{moved['id']}",
        **{name: moved[name].upper() for name in ("kind", "status")},
        "gateway": moved["gateway"],
        "createdAt": moved["created_at"],
        "amountSet": bag_view(moved["amount"]),
        "parentTransaction": parent and {"id": f"gid://shopify/OrderTransaction/{parent}"},
        "receiptJson": json.dumps(moved.get("receipt", {})),
    }


def listing(held: Callable[[], Iterable[Object | None]]) -> Any:
    """A connection: those that changed since, in that order, a page at a time."""

    def page(
        _: Any, first: int = 50, after: str | None = None, query: str = "", **__: Any
    ) -> Object:
        since = SINCE.match(query)
        found = [each for each in held() if each]
        if since:
            when = datetime.fromisoformat(since[1])
            found = [each for each in found if datetime.fromisoformat(each["updatedAt"]) >= when]
            found.sort(key=lambda each: each["updatedAt"])
        start = int(after or 0)
        info = {"hasNextPage": len(found) > start + first, "endCursor": str(start + first)}
        return {"nodes": found[start : start + first], "pageInfo": info}

    return page
