"""Queries to start from; they run on the demo shop, and a test runs each."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from domain.viewer import Role

CUSTOMER_360 = """\
# A clerk has the customer at the counter: one person, every channel.
query Customer360 {
  customer(number: "K-1001") {
    displayName
    identities { kind masked strength }
    loyalty { balance tier }
    orders(first: 5) {
      totalCount
      edges {
        node {
          number
          placedAt
          channel { name kind }
          paymentStatus
          fulfillmentStatus
          totals { grand { gross { display(locale: "sv-SE") } } }
          lines { ordered name product { sku levels { location { name } free } } }
          payments { tender provider state captured { amount currency } }
        }
      }
    }
  }
}
"""

FIND_BY_PHONE = """\
# "070-123 45 67" and "+46701234567" are the same number; a family may share it.
query FindByPhone {
  findCustomers(by: { kind: PHONE, value: "070-123 45 67" }, purpose: PICKUP) {
    number
    displayName
    orders(first: 3, states: [CONFIRMED]) {
      edges {
        node {
          number
          fulfillments { mode state location { name } tracking { carrier code url } }
        }
      }
    }
  }
}
"""

WHY_THIS_NUMBER = """\
# How many mugs may the web shop promise, from where, and why that many?
query Availability($channel: ID!) {
  product(sku: "MUG-FJORD-BLUE") {
    name
    price(channel: $channel) { unit { gross { amount currency } } }
    availability(channel: $channel, near: { lat: 59.33, lon: 18.06 }, first: 5) {
      edges {
        node {
          location { name }
          distanceKm
          promise
          sellable
          explain { label quantity source }
          freshness { state source ageMs }
        }
      }
    }
  }
}
"""

MY_ORDERS = """\
# A shopper sees their own orders, in the app and from every store.
query MyOrders {
  orders(first: 5) {
    totalCount
    edges {
      cursor
      node {
        number
        placedAt
        channel { name }
        soldAt { name }
        returnStatus
        balance { captured { amount currency } refunded { amount currency } }
        returns { state at { name } lines { quantity reason dispositions { kind } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

EVERY_TENDER = """\
# Every tender of every channel in one list, with what was asked of the provider.
query Payments {
  payments(first: 10, states: [PARTLY_REFUNDED, CHARGED_BACK, PENDING]) {
    edges {
      node {
        provider
        tender
        state
        captured { amount currency }
        refunded { amount }
        disputed { amount }
        operations { kind phase amount { amount } providerRef occurredAt }
        order { number }
      }
    }
  }
}
"""

LOW_STOCK = """\
# What must be reordered, and how sure is the number?
query LowStock {
  stockLevels(lowOnly: true, first: 10) {
    edges {
      node {
        product { sku name }
        location { name }
        onHand committed reserved unavailable free incoming
        freshness { state source ageMs }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

WATCH_STOCK = """\
# Told live: how things are, then each change. Reserve one in the console, and see it come.
subscription WatchStock {
  stockChanged(skus: ["MUG-FJORD-MOSS"]) {
    kind
    cursor
    at
    levels { location { name } onHand committed reserved unavailable free version }
    entries { summary }
  }
}
"""

SEARCH = """\
# Visitors see the catalogue; words may be cut short and accents left out.
query Search {
  searchProducts(text: "caffe", first: 5) {
    edges { node { sku name description } }
  }
  locations(offersPickup: true) { code name }
  channels { id code kind currency }
}
"""


class Example(Struct, frozen=True):
    """A query, and in whose role it is interesting."""

    title: str
    role: Role
    query: str
    variables: str = ""


def examples(webshop: str) -> list[Example]:
    """The examples, for the shop whose web shop has this id."""
    variables = msgspec.json.encode({"channel": webshop}).decode()
    return [
        Example("Customer 360", Role.CLERK, CUSTOMER_360),
        Example("Find a customer by phone", Role.CLERK, FIND_BY_PHONE),
        Example("Why this number?", Role.ANONYMOUS, WHY_THIS_NUMBER, variables),
        Example("My orders", Role.SHOPPER, MY_ORDERS),
        Example("Every tender", Role.FINANCE, EVERY_TENDER),
        Example("Low stock", Role.SUPPORT, LOW_STOCK),
        Example("Watch stock move", Role.CLERK, WATCH_STOCK),
        Example("Search the catalogue", Role.ANONYMOUS, SEARCH),
    ]
