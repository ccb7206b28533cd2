"""Every field of every type is asked at least once, as everybody."""

from __future__ import annotations

import pytest
from graphql import GraphQLInterfaceType

from domain.customers import Customer
from domain.shop import Shop
from domain.viewer import Role
from gateway.execution.documents import Documents
from tests.client import Client
from tests.walks.everything import Pair, documents, filled, nodes, reachable, schema, writers

NEVER_FILLED: frozenset[Pair] = frozenset(
    {
        ("Freshness", "reason"),
        ("Incident", "closedAt"),
        ("Incident", "closedBy"),
        ("Incident", "resolution"),
        ("Payment", "card"),
        ("OwnershipRule", "fallback"),
        ("Payment", "orderRef"),
        *(("PaymentCard", each) for each in ("brand", "expires", "last4", "wallet", "walletToken")),
        ("PaymentLink", "payments"),
        ("PaymentOperation", "rawStatus"),
    }
)
"""Fields that the demo shop has no value for: it hears of no channel, which
could be a fallback, nobody looked yet, and nobody paid by a link."""


@pytest.fixture
def regular(shop: Shop) -> Customer:
    """The demo shop's first customer, who has been through everything."""
    return shop.customers[0]


def test_every_kind_of_node_is_asked_for(shop: Shop, regular: Customer):
    interface = schema().type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)

    asked = nodes(shop, regular)

    assert {kind.name for kind in schema().get_possible_types(interface)} == asked.keys()
    assert all(asked.values())


def test_every_field_of_every_type_is_asked_for(shop: Shop, regular: Customer):
    asked = {pair for _, writer in writers(shop, regular) for pair in writer.asked}

    assert asked == reachable(schema())


def test_no_document_is_refused_for_its_size(shop: Shop, regular: Customer):
    prepared = Documents(schema())

    for document in documents(shop, regular):
        assert not prepared.prepare(document).errors, document[:100]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
async def test_everybody_may_ask_for_everything_without_an_error(
    kassa: Client, shop: Shop, regular: Customer, tokens: dict[Role, str], role: Role
):
    for document in documents(shop, regular):
        await kassa.ask(document, tokens.get(role))


async def test_every_field_has_a_value_somewhere_in_the_demo_shop(
    kassa: Client, shop: Shop, regular: Customer, tokens: dict[Role, str]
):
    seen: set[Pair] = set()

    for document in documents(shop, regular):
        seen.update(filled(await kassa.ask(document, tokens[Role.SYSTEM])))

    assert reachable(schema()) - seen == NEVER_FILLED
