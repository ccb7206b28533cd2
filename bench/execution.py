"""What executing an operation costs, without the reads: `make bench-execution`.

The demo shop stands in an embedded MongoDB; each read is made once and then answered from memory,
so that what is measured is the executor alone: document and variables in, JSON out. A plan and
graphql-core execute the same operations over the same schema, in rounds that alternate; a number
is CPU time of this process.
"""

from __future__ import annotations

import gc
import json
import platform
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import uvloop

from adapters import demo
from domain.ports import Wanted
from domain.shop import Shop
from domain.viewer import SYSTEM
from gateway import embedded
from gateway.execution.engine import Engine
from gateway.wiring import WIRING
from resolvers.context import Context
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.migrate import migrate
from storage.mongo.shelf import MongoShelf
from storage.mongo.stores import MongoStores

UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROUNDS = 9
SECONDS = 0.15
"""How long a contestant runs in one round, at least."""

RESULT = Path(__file__).parent / "results" / "execution.json"
PLANS = 50

CUSTOMER_360 = """
query Customer360($id: ID!) {
  customer(id: $id) {
    id number displayName
    loyalty { tier balance }
    orders(first: 20) {
      edges {
        node {
          id number state placedAt
          channel { code name }
          totals { grand { gross { minor currency } } }
          lines {
            ordered name
            unitPrice { gross { minor currency } }
            product { sku name levels { location { code } onHand free } }
          }
          payments { id provider tender state amount { minor currency } }
        }
      }
    }
  }
}
"""
ORDER = """
query Order($id: ID!) {
  order(id: $id) {
    id number state placedAt
    channel { code }
    totals { grand { gross { minor currency } } }
    lines { ordered unitPrice { gross { minor currency } } product { sku name } }
    payments { id provider tender state amount { minor currency } }
    customer { number displayName }
  }
}
"""
STOCK = """
query Stock($skus: [String!]!) {
  products(skus: $skus) {
    sku name
    levels { location { code } onHand committed free }
  }
}
"""
WIDE = """
query Wide($skus: [String!]!) {
  products(skus: $skus) {
    id sku name
    levels {
      id version updatedAt onHand committed reserved unavailable free incoming isLow
      authority { field system since }
      freshness { source asOf ageMs state reason }
      location { id code name kind timezone }
    }
  }
}
"""


class Question(NamedTuple):
    """An operation with its variables."""

    text: str
    variables: dict[str, Any]


class Remembered:
    """A repository that makes each read once."""

    def __init__(self, repository: object) -> None:
        self._repository = repository
        self._answers: dict[object, object] = {}

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        read = getattr(self._repository, name)

        async def answer(*asked: Any) -> object:
            key = name, *(tuple(each) if isinstance(each, list) else each for each in asked)
            if key not in self._answers:
                self._answers[key] = await read(*asked)
            return self._answers[key]

        setattr(self, name, answer)
        return answer


class Memory:
    """All repositories, each read of them made once."""

    def __init__(self, repositories: MongoRepositories, stores: MongoStores) -> None:
        self.stores = stores
        for name in ("customers", "catalog", "stock", "orders", "payments", "channels", "journal"):
            setattr(self, name, Remembered(getattr(repositories, name)))

    def narrowed(self, _: Wanted) -> Memory:
        return self


class Contestant:
    """One executor over the whole graph."""

    def __init__(self, memory: Memory, *, planned: bool) -> None:
        self._memory = memory
        self._planned = planned
        self.engine = self.fresh()

    def fresh(self) -> Engine:
        view = views.unified()
        return Engine(view.core, WIRING) if self._planned else Engine(view.core)

    async def ask(self, question: Question, engine: Engine | None = None) -> bytes:
        context = Context(
            SYSTEM,
            self._memory,  # type: ignore[arg-type]
            self._memory.stores,
            served=views.unified().served,
            now=UNTIL,
            country="SE",
            audit=lambda *_: None,
        )
        outcome = await (engine or self.engine).execute(
            question.text,
            variables=question.variables,
            operation_name=None,
            context=context,
            allow_mutation=False,
        )
        assert not outcome.errors, outcome.errors
        return orjson.dumps({"data": outcome.data})


def questions(shop: Shop) -> Mapping[str, Question]:
    """The three of the reference, in our graph's words."""
    [customer] = [one for one in shop.customers if one.number == "K-1001"]
    order = max(shop.orders, key=lambda one: len(one.lines))
    skus = [product.sku for product in shop.products]
    return {
        "customer 360": Question(CUSTOMER_360, {"id": customer.id}),
        "one order": Question(ORDER, {"id": order.id}),
        "stock": Question(STOCK, {"skus": skus[:100]}),
    }


def fields(answer: object) -> int:
    """How many fields an answer has."""
    if isinstance(answer, dict):
        return len(answer) + sum(map(fields, answer.values()))
    return sum(map(fields, answer)) if isinstance(answer, list) else 0


async def cpu(ask: Callable[[], Awaitable[object]]) -> float:
    """CPU time of one execution, in µs."""
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < SECONDS:
        await ask()
        count += 1
    return spent / count * 1e6


async def compared(contestants: Mapping[str, Contestant], question: Question) -> dict[str, Any]:
    """Medians of alternating rounds; the answers are the same."""
    answers = [await each.ask(question) for each in contestants.values()]
    assert len(set(answers)) == 1
    rounds = [
        {name: await cpu(partial(each.ask, question)) for name, each in contestants.items()}
        for _ in range(ROUNDS)
    ]
    medians = {name: statistics.median(one[name] for one in rounds) for name in contestants}
    return {
        "fields": fields(orjson.loads(answers[0])),
        "bytes": len(answers[0]),
        **{f"{name} µs": round(median) for name, median in medians.items()},
        "times": round(medians["graphql-core"] / medians["plan"], 1),
    }


async def by_size(plan: Contestant, skus: Sequence[str]) -> list[dict[str, Any]]:
    """The same operation for ever more products."""
    rows: list[dict[str, Any]] = []
    for count in (1, 2, 4, 8, 16, 32, 64, 100):
        asked = [skus[n % len(skus)] for n in range(count)]
        question = Question(WIDE, {"skus": asked})
        size = fields(orjson.loads(await plan.ask(question)))
        spent = statistics.median([await cpu(partial(plan.ask, question)) for _ in range(ROUNDS)])
        rows.append({"fields": size, "µs": round(spent), "ns a field": round(spent / size * 1e3)})
    return rows


async def first_seen(plan: Contestant, question: Question) -> dict[str, int]:
    """A document that nobody has sent before, against one that is known."""

    async def unknown() -> float:
        engine = plan.fresh()
        began = time.process_time()
        await plan.ask(question, engine)
        return (time.process_time() - began) * 1e6

    known = await cpu(partial(plan.ask, question))
    return {
        "first µs": round(statistics.median([await unknown() for _ in range(ROUNDS * 3)])),
        "then µs": round(known),
    }


async def memory(plan: Contestant, question: Question) -> dict[str, int]:
    """What one more plan keeps alive: its document is another one."""
    engine = plan.fresh()
    await plan.ask(question, engine)
    texts = [f"{question.text}# {n}" for n in range(PLANS)]
    for text in texts:
        engine._documents.prepare(text)
    gc.collect()
    tracemalloc.start()
    for text in texts:
        await plan.ask(Question(text, question.variables), engine)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    [*kept] = engine._planner._plans._kept.values()
    selected = kept[0].plan.size  # type: ignore[union-attr]
    return {
        "bytes a plan": size // PLANS,
        "fields": selected,
        "bytes a field": size // PLANS // selected,
    }


async def measured(memory_: Memory, shop: Shop) -> dict[str, Any]:
    contestants = {
        "plan": Contestant(memory_, planned=True),
        "graphql-core": Contestant(memory_, planned=False),
    }
    asked, plan = questions(shop), contestants["plan"]
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return {
        "executors": {name: await compared(contestants, each) for name, each in asked.items()},
        "by size": await by_size(plan, [product.sku for product in shop.products]),
        "first seen": {name: await first_seen(plan, each) for name, each in asked.items()},
        "memory": {name: await memory(plan, each) for name, each in asked.items()},
    }


async def main() -> None:
    shop = demo.shop(UNTIL)
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.running(Path(folder), with_redis=False) as servers,
    ):
        database = Database(servers.mongodb_url or "", "bench")
        await migrate(database)
        await MongoShelf(database).fill(shop)
        found = await measured(Memory(MongoRepositories(database), MongoStores(database)), shop)
        await database.close()
    show(found)
    packages = {name: version(name) for name in ("graphql-core", "strawberry-graphql", "orjson")}
    result = {"unit": "CPU µs of the process", "python": platform.python_version(), **packages}
    RESULT.write_text(json.dumps({**result, **found}, indent=2, ensure_ascii=False) + "\n")


def show(found: Mapping[str, Any]) -> None:
    for title, rows in found.items():
        print(f"\n{title}")
        for name, row in rows.items() if isinstance(rows, dict) else enumerate(rows):
            print(f"  {name:<14}", ", ".join(f"{key} {value:,}" for key, value in row.items()))


if __name__ == "__main__":
    uvloop.run(main())
