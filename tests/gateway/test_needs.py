"""What an operation reads is what somebody looks at; where nobody can know that, it is all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.catalog import Product
from domain.money import Money, TaxedMoney
from domain.operations import Channel
from domain.orders import Order, OrderLine, Totals
from domain.payments import Payment
from domain.ports import EVERYTHING, Wanted
from domain.stock import StockLevel
from gateway.execution.engine import Engine
from gateway.wiring import WIRING
from schema import views


class Listening:
    """A context that is told what a plan needs, and goes no further."""

    def __init__(self) -> None:
        self.wanted: Wanted | None = None

    def narrowed(self, wanted: Wanted) -> Listening:
        self.wanted = wanted
        return self


async def needs(text: str) -> Wanted:
    listening = Listening()
    await Engine(views.unified().core, WIRING).execute(
        text, variables={}, operation_name=None, context=listening, allow_mutation=False
    )
    assert listening.wanted
    return listening.wanted


async def of(text: str) -> Mapping[type, set[str]]:
    return {kind: set(names) for kind, names in (await needs(text)).by_class.items()}


async def test_fields_and_what_resolvers_look_at_are_needed():
    found = await of('{ product(sku: "A") { name levels { free location { code } } } }')

    assert found[Product] == {"name", "sku"}
    assert found[StockLevel] == {"free", "location_id"}


async def test_a_property_needs_the_fields_that_it_looks_at():
    found = await of(
        '{ order(id: "x") { totals { grand { gross { minor } } } payments { state } } }'
    )

    assert found[Order] == {"totals", "id"}
    assert found[Totals] == {"grand"}
    assert found[TaxedMoney] == {"gross_minor", "currency"}
    assert found[Payment] == {"id", "standing"}
    assert found[Money] == {"minor"}


async def test_a_method_needs_the_fields_that_it_looks_at():
    found = await of('{ order(id: "x") { totals { discounts { display } } } }')

    assert found[Totals] == {"discounts_minor", "grand"}


async def test_what_a_resolver_reads_for_itself_is_needed_too():
    found = await of('{ product(sku: "A") { price(channel: "c") { unit { gross { minor } } } } }')

    assert found[Product] == {"prices"}
    assert found[Channel] == {"currency"}


async def test_places_that_show_a_class_are_one():
    found = await of('{ a: order(id: "x") { number lines { sku } } b: order(id: "y") { state } }')

    assert found[Order] == {"id", "number", "lines", "state"}
    assert found[OrderLine] == {"sku"}


@pytest.mark.parametrize(
    "text",
    [
        '{ order(id: "x") { number paymentStatus } }',
        '{ order(id: "x") { number balance { due { minor } } } }',
    ],
)
async def test_who_does_not_say_what_it_looks_at_may_look_at_anything(text: str):
    assert await needs(text) is EVERYTHING
