"""Holds that have run out are let go by whatever update comes next, before it does anything else.

An update is a list of stages; each stage sees what the one before has made of the document.
Source: https://www.mongodb.com/docs/manual/tutorial/update-documents-with-aggregation-pipeline/
"""

from __future__ import annotations

from typing import Any

from domain.stock import ReservationState
from domain.values import Actor, ActorKind
from storage.mongo import outbox
from storage.mongo.driver import Filter

CLOCK = Actor(ActorKind.SYSTEM, "clock")
NONE: list[Any] = []

RUN_OUT: Filter = {
    "$and": [
        {"$eq": ["$$this.v.state", ReservationState.ACTIVE]},
        {"$lte": ["$$this.v.until", "$$NOW"]},
    ]
}
HOLDS: Filter = {"$objectToArray": {"$ifNull": ["$reservations", {}]}}
SOMETHING_RAN_OUT: Filter = {"$lte": [{"$ifNull": ["$next_expiry", "$$NOW"]}, "$$NOW"]}
"""`next_expiry` is never later than the first hold runs out, so mostly nobody has to look."""


def expire() -> list[Filter]:
    """Let go what has run out, by the database's clock."""
    gone = {"$filter": {"input": HOLDS, "cond": RUN_OUT}}
    kept = {"$filter": {"input": HOLDS, "cond": {"$not": RUN_OUT}}}
    return [
        {"$set": {"_gone": {"$cond": [SOMETHING_RAN_OUT, gone, NONE]}}},
        {
            "$set": {
                "_told": _expiries(),
                "reservations": {
                    "$cond": [
                        {"$eq": ["$_gone", NONE]},
                        {"$ifNull": ["$reservations", {}]},
                        {"$arrayToObject": kept},
                    ]
                },
            }
        },
        {
            "$set": {
                "free": {"$add": ["$free", {"$sum": "$_gone.v.quantity"}]},
                "reserved": {"$subtract": ["$reserved", {"$sum": "$_gone.v.quantity"}]},
                "version": {"$add": ["$version", {"$size": "$_gone"}]},
                "next_expiry": {
                    "$cond": [
                        SOMETHING_RAN_OUT,
                        {"$ifNull": [{"$min": _untils()}, "$$REMOVE"]},
                        "$next_expiry",
                    ]
                },
            }
        },
    ]


def _untils() -> Filter:
    """When the holds that the clock ends are over."""
    active = {"$eq": ["$$this.v.state", ReservationState.ACTIVE]}
    held = {"$filter": {"input": HOLDS, "cond": active}}
    return {"$map": {"input": held, "in": "$$this.v.until"}}


def _expiries() -> Filter:
    """What to tell of those that ran out, with the numbers before and after each."""
    before = {"free": "$$value.free", "reserved": "$$value.reserved"}
    after = {
        "free": {"$add": ["$$value.free", "$$this.v.quantity"]},
        "reserved": {"$subtract": ["$$value.reserved", "$$this.v.quantity"]},
    }
    hold = {"$arrayToObject": [[{"k": "$$this.k", "v": ["$$this.v.quantity", None]}]]}
    told = {
        "seq": {"$add": ["$$value.version", 1]},
        "type": "ReservationExpired",
        "at": "$$NOW",
        "actor": outbox.by_whom(CLOCK),
        "cause": "$$this.k",
        "changes": {
            "$mergeObjects": [{name: [before[name], after[name]] for name in before}, hold]
        },
        "subjects": ["$$this.k"],
    }
    state = {
        **after,
        "version": {"$add": ["$$value.version", 1]},
        "told": {"$concatArrays": ["$$value.told", [told]]},
    }
    start = {"free": "$free", "reserved": "$reserved", "version": "$version", "told": NONE}
    fold = {"$reduce": {"input": "$_gone", "initialValue": start, "in": state}}
    return {
        "$cond": [
            {"$eq": ["$_gone", NONE]},
            NONE,
            {"$let": {"vars": {"fold": fold}, "in": "$$fold.told"}},
        ]
    }


def finish() -> list[Filter]:
    """What every change of a level ends with."""
    is_low = {
        "$and": [
            {"$ne": [{"$ifNull": ["$low_at", None]}, None]},
            {"$lte": ["$free", "$low_at"]},
        ]
    }
    happened = {"$ne": ["$_told", NONE]}
    return [
        {
            "$set": {
                "is_low": is_low,
                "updated_at": {"$cond": [happened, "$$NOW", "$updated_at"]},
                **outbox.added("$_told"),
            }
        },
        {"$unset": ["_gone", "_told", "_fold"]},
    ]
