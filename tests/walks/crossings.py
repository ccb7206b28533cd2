"""Operations that need several subgraphs each, asked of the router and of the one graph."""

from __future__ import annotations

from typing import Any

from domain.shop import Shop
from domain.viewer import Role

Operation = tuple[Role, str, dict[str, Any]]

CUSTOMER_360 = """
query ($number: String!) {
  customer(number: $number) {
    id displayName version
    identities { kind masked source { name } }
    loyalty { balance entries(first: 3) { edges { node { points order { number state } } } } }
    orders(first: 4) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges {
        cursor
        node {
          number placedAt paymentStatus fulfillmentStatus
          channel { name kind }
          customer { displayName }
          payments { provider state captured { amount currency } order { number } }
          lines { ordered name product { name levels { onHand free location { name } } } }
        }
      }
    }
  }
}"""

NODE = """
query ($id: ID!) {
  node(id: $id) {
    __typename id
    ... on Versioned { version updatedAt }
    ... on Order {
      number returnStatus paymentStatus
      customer { displayName loyalty { tier } }
      balance { due { minor } outstanding { minor } }
      soldAt { name kind }
    }
  }
}"""

NODES = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename id
    ... on Versioned { version }
    ... on Customer { displayName orders(first: 1) { edges { node { state } } } }
    ... on LoyaltyAccount { balance }
    ... on LoyaltyEntry { points channel { name } }
    ... on Product { name barcodes }
    ... on Location { name timezone }
    ... on Channel { name currency }
    ... on StockLevel { onHand product { name } location { name } authority { system } }
    ... on Order { number payments { id state } }
    ... on Fulfillment { mode parcel: state location { name } order { number } }
    ... on Return { goods: state refunds { id } order { number customer { number } } }
    ... on Payment { provider order { number lines { sku product { name } } } }
    ... on PaymentOperation { kind phase amount { display(locale: "sv-SE") } }
    ... on Refund { reason payment { provider } initiatedIn { name } forReturn { state } }
  }
}"""

AVAILABILITY = """
query ($sku: String!, $channel: ID!) {
  product(sku: $sku) {
    name
    price(channel: $channel) { unit { gross { amount currency } taxLines { rateBps } } }
    availability(channel: $channel, near: {lat: 59.33, lon: 18.06}, first: 5) {
      edges {
        node {
          location { name kind offersPickup }
          promise sellable distanceKm
          explain { label quantity }
        }
      }
      pageInfo { endCursor }
    }
  }
}"""

REFUNDS = """
query ($id: ID!) {
  order(id: $id) {
    number
    refunds {
      amount { amount } reason
      operation { phase requestedBy { label channel { name } } }
      payment { provider refundable { minor } order { number state } }
      forReturn { state lines { reason orderLine { product { name sku } } } at { name } }
      initiatedIn { name kind }
    }
    returns { state channel { name } refunds { amount { minor } } }
  }
}"""

PAYMENTS = """
query {
  payments(first: 6, states: [PARTLY_REFUNDED, CAPTURED]) {
    edges {
      node {
        tender amount { minor }
        order { number customer { displayName loyalty { balance } } channel { name } }
      }
    }
  }
}"""

STOCK_LEVELS = """
query ($sku: ID!) {
  stockLevels(skus: [$sku], first: 4) {
    edges { node { free isLow product { name sku } location { code name timezone } } }
  }
}"""

FIND = """
query {
  findCustomers(by: {kind: PHONE, value: "070-123 45 67"}, purpose: PICKUP) {
    number displayName
    consents { purpose channel { name currency } }
    orders(first: 2) {
      edges { node { number fulfillments { state location { name } tracking { carrier } } } }
    }
  }
}"""

SEARCH = """
query ($at: [ID!], $channel: ID!, $more: Boolean!) {
  searchProducts(text: "caf", first: 3) {
    edges {
      node {
        ...Named
        levels(locations: $at) @include(if: $more) { free location { name } }
        stock: availability(channel: $channel, first: 1) { edges { node { promise } } }
      }
    }
  }
  channels { name country }
  locations(offersPickup: true) { name }
}
fragment Named on Product { sku title: name }"""

OWN = """
query ($id: ID!, $theirs: ID!) {
  customer(id: $id) {
    displayName
    orders(first: 3) {
      edges { node { number payments { state } lines { product { name } } refunds { id } } }
    }
  }
  order(id: $theirs) { number }
  node(id: $theirs) { id }
  payments(first: 3) { edges { node { order { number customer { number } } } } }
}"""

PARTNER = """
query {
  orders(first: 3) {
    edges { node { number customer { displayName } channel { name } payments { state } } }
  }
}"""


def operations(shop: Shop) -> dict[str, Operation]:
    """Each by its name, as whom to ask it and with which variables."""
    maja = shop.customers[0]
    webshop = next(one for one in shop.channels if one.code == "webshop-se")
    returned = next(one for one in shop.returns if one.customer_id == maja.id)
    theirs = next(one for one in shop.orders if one.customer_id != maja.id)
    sku = shop.products[0].sku
    paid = next(one for one in shop.payments if one.order_id == returned.order_id)
    back = next(each for one in shop.payments for each in one.operations if each.kind == "REFUND")
    ids = [
        maja.id,
        returned.id,
        shop.loyalty_accounts[0].id,
        shop.products[0].id,
        paid.id,
        back.id,
        f"rfd_{back.id.partition('_')[2]}",
        shop.locations[0].id,
        theirs.id,
        shop.stock_levels[0].id,
        webshop.id,
        shop.fulfillments[0].id,
        shop.loyalty_entries[0].id,
        theirs.id[:-4] + "0000",
        maja.id,
    ]
    at = [location.id for location in shop.locations[:2]]
    shopper = {"id": maja.id, "theirs": theirs.id}
    return {
        "customer to stock": (Role.SUPPORT, CUSTOMER_360, {"number": maja.number}),
        "node": (Role.SUPPORT, NODE, {"id": theirs.id}),
        "nodes of every type": (Role.SUPPORT, NODES, {"ids": ids}),
        "availability": (Role.ANONYMOUS, AVAILABILITY, {"sku": sku, "channel": webshop.id}),
        "refunds": (Role.FINANCE, REFUNDS, {"id": returned.order_id}),
        "payments": (Role.FINANCE, PAYMENTS, {}),
        "stock levels": (Role.CLERK, STOCK_LEVELS, {"sku": sku}),
        "a family by phone": (Role.CLERK, FIND, {}),
        "search": (Role.SUPPORT, SEARCH, {"at": at, "channel": webshop.id, "more": True}),
        "a shopper's own": (Role.SHOPPER, OWN, shopper),
        "a partner's orders": (Role.PARTNER, PARTNER, {}),
    }
