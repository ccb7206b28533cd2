"""How a router asks for entities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENTITIES = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Node { id }
    ... on Customer { number }
    ... on Order { number }
    ... on Product { sku }
    ... on Location { code }
  }
}
"""

Representation = Mapping[str, Any]


def by_id(kind: str, key: str) -> Representation:
    return {"__typename": kind, "id": key}
