"""The endpoint that a good engineer would write by hand, without GraphQL: one handler a query."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.http.peers import offers
from bench.http.peers.reads import Document, Reads, shown

PAGE = 20

Data = dict[str, Any]


async def customer_360(reads: Reads, variables: Data) -> Data:
    key = variables["id"]
    customers, orders = await gather(
        reads.by_ids("customers", [key]), reads.newest_orders(key, PAGE + 1)
    )
    if key not in customers:
        return {"customer": None}
    customer, page = customers[key], orders[:PAGE]
    skus = _skus(page)
    payments, products, levels = await gather(
        reads.payments_of([order["_id"] for order in page]),
        reads.products(skus),
        reads.levels_of(skus),
    )
    places = await _places(reads, levels)
    stocked = {
        sku: {
            "sku": sku,
            "name": product["name"],
            "levels": [
                {
                    "location": places[level["location_id"]],
                    "onHand": level["on_hand"],
                    "committed": level["committed"],
                    "free": level["free"],
                }
                for level in levels.get(sku, ())
            ],
        }
        for sku, product in products.items()
    }
    edges = [
        {
            "node": {
                **_head(order),
                "lines": [
                    {
                        "ordered": line["ordered"],
                        "name": line["name"],
                        "unitPrice": _gross(line["unit_price"]),
                        "product": stocked.get(line["sku"]),
                    }
                    for line in order["lines"]
                ],
                "payments": [_payment(each) for each in payments.get(order["_id"], ())],
            }
        }
        for order in page
    ]
    return {
        "customer": {
            "id": key,
            "number": customer["number"],
            "displayName": customer["display_name"],
            "orders": {"pageInfo": {"hasNextPage": len(orders) > PAGE}, "edges": edges},
        }
    }


async def order(reads: Reads, variables: Data) -> Data:
    key = variables["id"]
    found = (await reads.by_ids("orders", [key])).get(key)
    if found is None:
        return {"order": None}
    channels, customers, payments, products = await gather(
        reads.by_ids("channels", [found["channel_id"]]),
        _customers_of(reads, found),
        reads.payments_of([key]),
        reads.products(_skus([found])),
    )
    customer = customers.get(found["customer_id"])
    lines = [
        {
            "ordered": line["ordered"],
            "unitPrice": _gross(line["unit_price"]),
            "product": _named(products.get(line["sku"])),
        }
        for line in found["lines"]
    ]
    return {
        "order": {
            **_head(found),
            "channel": {"code": channels[found["channel_id"]]["code"]},
            "lines": lines,
            "payments": [_payment(each) for each in payments.get(key, ())],
            "customer": customer
            and {"number": customer["number"], "displayName": customer["display_name"]},
        }
    }


async def stock(reads: Reads, variables: Data) -> Data:
    skus, channel_id = variables["skus"], variables["channel"]
    products, channels, levels = await gather(
        reads.products(skus), reads.by_ids("channels", [channel_id]), reads.levels_of(skus)
    )
    places, channel = await _places(reads, levels), channels[channel_id]
    rows = {
        sku: {
            "sku": sku,
            "name": product["name"],
            "price": _unit_price(offers.price_in(product, channel)),
            "levels": [
                {
                    "location": {"code": places[level["location_id"]]["code"]},
                    "free": level["free"],
                }
                for level in levels.get(sku, ())
            ],
        }
        for sku, product in products.items()
    }
    return {"products": [rows.get(sku) for sku in skus]}


async def product_page(reads: Reads, variables: Data) -> Data:
    sku, channel_id = variables["sku"], variables["channel"]
    products, channels, levels = await gather(
        reads.products([sku]), reads.by_ids("channels", [channel_id]), reads.levels_of([sku])
    )
    product, channel = products.get(sku), channels[channel_id]
    if product is None:
        return {"product": None}
    places = await reads.by_ids("locations", channel["sells_from"])
    found = offers.offers(product, levels.get(sku, ()), channel, places)[:PAGE]
    return {
        "product": {
            "id": product["_id"],
            "sku": sku,
            "name": product["name"],
            "description": product["description"],
            "barcodes": product["barcodes"],
            "price": _quote(offers.price_in(product, channel)),
            "availability": {"edges": [{"node": _offer(each)} for each in found]},
        }
    }


HANDLERS = {
    "Customer360": customer_360,
    "Order": order,
    "Stock": stock,
    "ProductPage": product_page,
}


def _skus(orders: Iterable[Document]) -> list[str]:
    return list({line["sku"]: None for order in orders for line in order["lines"]})


async def _places(reads: Reads, levels: Mapping[str, Sequence[Document]]) -> Data:
    keys = {level["location_id"]: None for each in levels.values() for level in each}
    found = await reads.by_ids("locations", list(keys)) if keys else {}
    return {key: {"code": at["code"], "name": at["name"]} for key, at in found.items()}


async def _customers_of(reads: Reads, found: Document) -> dict[str, Document]:
    key = found["customer_id"]
    return await reads.by_ids("customers", [key]) if key else {}


def _head(found: Document) -> Data:
    return {
        "id": found["_id"],
        "number": found["number"],
        "state": found["state"],
        "placedAt": shown(found["placed_at"]),
        "totals": {"grand": _gross(found["totals"]["grand"])},
    }


def _gross(taxed: Document) -> Data:
    return {"gross": {"minor": taxed["gross_minor"], "currency": taxed["currency"]}}


def _payment(payment: Document) -> Data:
    return {
        "id": payment["_id"],
        "provider": payment["provider"],
        "tender": payment["tender"],
        "state": payment["standing"]["state"],
        "amount": {"minor": payment["minor"], "currency": payment["currency"]},
    }


def _named(product: Document | None) -> Data | None:
    return product and {"sku": product["sku"], "name": product["name"]}


def _unit_price(price: Document | None) -> Data | None:
    if price is None:
        return None
    return {"unit": {"gross": {"minor": price["unit_minor"], "currency": price["currency"]}}}


def _quote(price: Document | None) -> Data | None:
    if price is None:
        return None
    unit, tax = price["unit_minor"], offers.tax_inside(price["unit_minor"], price["rate_bps"])
    return {
        "unit": {"gross": {"minor": unit, "currency": price["currency"]}, "tax": {"minor": tax}},
        "list": {"gross": {"minor": price["list_minor"]}},
    }


def _offer(offer: offers.Offer) -> Data:
    return {
        "location": {"code": offer.location["code"], "name": offer.location["name"]},
        "promise": offer.promise,
        "sellable": offer.sellable,
        "explain": [{"label": label, "quantity": quantity} for label, quantity in offer.terms],
    }
