"""Over the demo shop, too, what a plan answers is what graphql-core answers."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from graphql import GraphQLSchema

from domain.shop import Shop
from domain.viewer import Role
from gateway import auth
from gateway.execution.engine import Engine, Outcome
from gateway.execution.planner import PLANNED
from gateway.wiring import WIRING
from resolvers.context import Context
from schema import views
from schema.fields import Column
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores
from tests.conftest import UNTIL
from tests.gateway.execution.comparing import difference
from tests.gateway.execution.operations import Operation, Writer
from tests.walks import everything

BATCHES, OPERATIONS = 20, 25
"""Seeds are tested in so many batches of so many operations."""

SELDOM = {"after": 0.03, "before": 0.02, "last": 0.03, "since": 0.3, "location": 0.2}
ONE_OF = {
    "customer": ["id"],
    "order": ["number"],
    "product": ["sku"],
    "location": ["id"],
    "payment": ["id"],
}

VIEWS = {"unified": views.unified, "orders": lambda: views.subgraph(Column.ORDERS)}


@pytest.fixture(scope="module")
def samples(shop: Shop) -> dict[str, Any]:
    """What arguments may be, by their names and types."""
    told = [order for order in shop.orders if order.customer_id and order.refs][:4]
    ref = told[0].refs[0]
    skus = [product.sku for product in shop.products[:4]]
    ids = [each[0].id for each in (shop.products, shop.locations, shop.channels, shop.stock_levels)]
    ids += [order.id for order in told] + [order.customer_id for order in told]
    ids += [each[-1].id for each in (shop.fulfillments, shop.returns, shop.loyalty_accounts)]
    entities = [{"__typename": "Order", "id": order.id} for order in told]
    entities += [{"__typename": "Product", "sku": skus[0]}, {"__typename": "Nothing"}]
    return {
        "order.id": [order.id for order in told],
        "order.number": [order.number for order in told],
        "customer.id": [order.customer_id for order in told],
        "payment.id": [payment.id for payment in shop.payments[:4]],
        "product.id": [product.id for product in shop.products[:4]],
        "location.id": [location.id for location in shop.locations],
        "IdentityInput.value": ["070-123 45 67", "maja@example.com"],
        "providers": ["stripe", "adyen"],
        "ids": ids,
        "id": [*ids, "nonsense"],
        "number": [order.number for order in told] + [each.number for each in shop.customers[:3]],
        "ref": [f"{ref.system}:{ref.kind}:{ref.value}"],
        "sku": skus,
        "skus": skus,
        "channel": [each.id for each in shop.channels[:2]] + ["nonsense"],
        "channels": [each.id for each in shop.channels[:2]],
        "location": [each.id for each in shop.locations[:2]],
        "locations": [each.id for each in shop.locations[:2]],
        "locale": ["sv-SE", "en", "xx"],
        "first": [1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 0],
        "last": [1, 2],
        "cap": [1, 50, 0],
        "quantity": [1, 2, 0],
        "representations": entities,
        "text": ["mug", "ko", "mug", ""],
        "DateTime": ["2025-12-01T00:00:00Z", "2026-02-20T12:00:00+02:00"],
        "String": ["x"],
        "ID": ["nonsense"],
        "Int": [1],
        "Boolean": [True, False],
        "Float": [1.5, 59.3],
        "Cursor": ["nonsense"],
    }


class Pair:
    """One view of the graph under both executors."""

    def __init__(self, core: GraphQLSchema, context: Any) -> None:
        self.planned = Engine(core, WIRING)
        self.oracle = Engine(core)
        self.oracle._documents = self.planned._documents
        self._context = context

    async def outcomes(self, asked: Operation, token: str | None) -> list[Outcome]:
        return [
            await engine.execute(
                asked.text,
                variables=asked.variables,
                operation_name=None,
                context=self._context(token),
                allow_mutation=False,
            )
            for engine in (self.planned, self.oracle)
        ]


@pytest.fixture(scope="module", params=VIEWS)
def view(request: pytest.FixtureRequest) -> views.View:
    return VIEWS[request.param]()


@pytest.fixture(scope="module")
def pair(view: views.View, stocked: Database) -> Pair:
    def context(token: str | None) -> Context:
        return Context(
            auth.viewer(f"Bearer {token}" if token else None),
            MongoRepositories(stocked),
            MongoStores(stocked),
            served=view.served,
            now=UNTIL,
            country="SE",
            audit=lambda *_: None,
        )

    return Pair(view.core, context)


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.CLERK, None])
async def test_every_field_is_answered_as_by_graphql_core(
    pair: Pair, shop: Shop, tokens: dict[Role, str], role: Role | None
):
    customer = next(one for one in shop.customers if one.number == "K-1001")
    before = pair.planned.executions[PLANNED]

    for text in everything.documents(shop, customer):
        planned, oracle = await pair.outcomes(Operation(text, {}), tokens[role] if role else None)
        wrong = difference(planned, oracle, same_order=False)
        assert wrong is None, f"{wrong}\n{text}"

    assert pair.planned.executions[PLANNED] > before


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_a_plan_answers_as_graphql_core_does(
    pair: Pair, view: views.View, samples: Any, tokens: dict[Role, str], batch: int, first_seed: int
):
    viewers = [*tokens.values(), None]
    for case in range(OPERATIONS):
        seed = first_seed + batch * OPERATIONS + case
        random = Random(seed)
        writer = Writer(
            view.core, random, samples, size=10 + seed % 60, seldom=SELDOM, one_of=ONE_OF
        )
        asked = writer.operation(view.core.query_type, "query")
        token = random.choice([tokens[Role.SYSTEM], tokens[Role.SUPPORT], random.choice(viewers)])

        planned, oracle = await pair.outcomes(asked, token)

        wrong = difference(planned, oracle, same_order=False)
        assert wrong is None, f"seed {seed} as {token}: {wrong}\n{asked.text}\n{asked.variables}"
