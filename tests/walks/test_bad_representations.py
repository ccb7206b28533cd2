"""A representation that cannot be understood fails alone, with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from domain.shop import Shop
from tests.client import Client
from tests.walks.representations import ENTITIES, Representation, by_id


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({}, "A representation needs its `__typename`."),
        ({"__typename": None}, "A representation needs its `__typename`."),
        ({"__typename": ["Order"]}, "A representation needs its `__typename`."),
        ({"__typename": "Nope", "id": "x"}, "'Nope' is no entity here."),
        ({"__typename": "Money", "minor": 1}, "'Money' is no entity here."),
        ({"__typename": "Query"}, "'Query' is no entity here."),
        ({"__typename": "Node", "id": "x"}, "'Node' is no entity here."),
        ({"__typename": "Order"}, "A representation of Order needs `id` or `number`."),
        ({"__typename": "Order", "id": None}, "`id` of a representation must be a string."),
        ({"__typename": "Order", "id": 42}, "`id` of a representation must be a string."),
        ({"__typename": "Order", "id": {"$ne": ""}}, "`id` of a representation must be a string."),
        ({"__typename": "Order", "id": "x"}, "'x' is not an id."),
        ({"__typename": "Order", "number": {"$gt": ""}}, "`number` of a representation must be"),
        (
            {"__typename": "StockLevel", "product": {"sku": "A"}},
            "A representation of StockLevel needs `id` or `product` and `location`.",
        ),
        (
            {"__typename": "StockLevel", "product": "A", "location": {"code": "STO"}},
            "`product` of a representation must be an object.",
        ),
        (
            {"__typename": "StockLevel", "product": {"sku": "A"}, "location": {"code": 1}},
            "`code` of a representation must be a string.",
        ),
        (
            {"__typename": "StockLevel", "product": {}, "location": {"code": "STO"}},
            "`sku` of a representation must be a string.",
        ),
    ],
)
async def test_a_bad_representation_nulls_itself_alone(
    kassa: Client, staff: str, shop: Shop, bad: Representation, sentence: str
):
    good = by_id("Order", shop.orders[0].id)

    answer = await kassa.post(ENTITIES, staff, representations=[good, bad, good])

    [error] = answer["errors"]
    assert error["message"].startswith(sentence)
    assert error["path"] == ["_entities", 1]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert [each and each["id"] for each in answer["data"]["_entities"]] == [
        good["id"],
        None,
        good["id"],
    ]


async def test_the_id_of_another_kind_is_refused(kassa: Client, staff: str, shop: Shop):
    customer = shop.customers[0].id

    answer = await kassa.post(ENTITIES, staff, representations=[by_id("Order", customer)])

    assert answer["data"] == {"_entities": [None]}
    assert answer["errors"][0]["message"] == (
        f"{customer!r} names another kind of thing: customer, not order."
    )


async def test_several_bad_ones_have_an_error_each(kassa: Client, staff: str, shop: Shop):
    good = by_id("Customer", shop.customers[0].id)
    bad = {"__typename": "Nope"}

    answer = await kassa.post(ENTITIES, staff, representations=[bad, good, bad])

    assert [error["path"] for error in answer["errors"]] == [["_entities", 0], ["_entities", 2]]
    assert answer["data"]["_entities"][1]["id"] == good["id"]


@pytest.mark.parametrize("value", ["Order", 1, True, [[]], None])
async def test_a_representation_must_be_an_object(kassa: Client, staff: str, value: Any):
    answer = await kassa.post(ENTITIES, staff, representations=[value])

    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("literal", ['"Order"', "1", "[[]]", "null"])
async def test_a_literal_representation_must_be_an_object(kassa: Client, staff: str, literal: str):
    error = await kassa.refusal(
        f"{{ _entities(representations: [{literal}]) {{ __typename }} }}", staff
    )

    assert error["extensions"]["code"] in {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
