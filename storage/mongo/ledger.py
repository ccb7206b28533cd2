"""The ledger in MongoDB: one document for each transfer, with all of its lines inside."""

from __future__ import annotations

from domain.ledger import Posting
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Filter

LINES_OF_CURRENCY: Filter = {
    "$filter": {
        "input": "$lines",
        "as": "line",
        "cond": {"$eq": ["$$line.currency", "$$currency"]},
    }
}
IS_BALANCED: Filter = {
    "$allElementsTrue": {
        "$map": {
            "input": {"$setUnion": ["$lines.currency", []]},
            "as": "currency",
            "in": {
                "$let": {
                    "vars": {"lines": LINES_OF_CURRENCY},
                    "in": {"$eq": [{"$sum": "$$lines.minor"}, 0]},
                }
            },
        }
    }
}
HAS_TWO_SIDES: Filter = {"$gte": [{"$size": "$lines"}, 2]}

POSTINGS = Collection(
    "postings",
    Posting,
    (Index(by("payment_id", "_id"), "Payment.clearing"),),
    rules=(HAS_TWO_SIDES, IS_BALANCED),
)
"""No posting is ever changed: nothing of ours updates or replaces one."""

COLLECTIONS = (POSTINGS,)
