"""A small shop that may be traded in: a database of its own, and as many gateways as wanted.

Mugs are at two stores and in a warehouse. Each gateway is an application with its own stores and
connections, as another process would have; the upkeep runs once, unless a test wants none.
"""

from __future__ import annotations

import secrets
from asyncio import sleep
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from domain.ids import Kind
from domain.ports.instructing import Providers
from domain.viewer import Role
from gateway import app, auth, bootstrap, upkeep
from gateway.settings import Settings
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.catalog import LOCATIONS, product_document
from storage.mongo.claims import ANSWERS, CLAIMS
from storage.mongo.driver import Database, Driver
from storage.mongo.instructions import ERRANDS, INSTRUCTIONS
from storage.mongo.journal import JOURNAL
from storage.mongo.journal.leader import Leader
from storage.mongo.leases import LEASES
from storage.mongo.ledger import POSTINGS
from storage.mongo.links import LINKS
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.operations import CHANNELS
from storage.mongo.orders import order_document
from storage.mongo.payments import PAYMENTS
from storage.mongo.shipments import SHIPMENTS
from storage.mongo.stock import FAR, LEVELS, RESERVATIONS, TRANSFERS
from storage.mongo.stock.far import MOST_NEAR
from storage.mongo.stock.opening import level_document
from storage.mongo.stores import MongoStores
from tests.client import Client
from tests.making import a_channel, a_level, a_location, a_product, an_order, new_id

MUG, PLATE = "SKU-0", "SKU-1"
ORDERS = [new_id(Kind.ORDER, n) for n in range(2)]
SYSTEM = auth.token(Role.SYSTEM)
SUPPORT = auth.token(Role.SUPPORT)
FINANCE = auth.token(Role.FINANCE)
NOBODY = ""
NO_QUESTION = frozenset({"BAD_REQUEST", "BAD_USER_INPUT"})
"""What is said of variables that do not fit, and of numbers that do not."""
SHOPPERS = [auth.token(Role.SHOPPER, new_id(Kind.CUSTOMER, n)) for n in range(2)]
PARTNER = auth.token(Role.PARTNER, new_id(Kind.CHANNEL, 0))
CLERKS = [auth.token(Role.CLERK, new_id(Kind.LOCATION, n)) for n in range(3)]

TRADED_IN = (
    *(LEVELS, FAR, RESERVATIONS, TRANSFERS, PAYMENTS, POSTINGS),
    *(CLAIMS, ANSWERS, JOURNAL, LEASES, INSTRUCTIONS, LINKS, ERRANDS, SHIPMENTS),
)

PAUSES = [0, *(0.1 * n for n in range(10))]
"""How many seconds a client rests before it asks again."""

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
UNTOLD = frozenset({"last", "next_expiry", "outbox"})
"""What an update may leave behind that changed nothing."""

FREE = (10, 4, 100)
"""Free mugs at each location."""


class Trading:
    """A shop with mugs, and gateways to it."""

    def __init__(self, databases: Sequence[Database], gateways: Sequence[Client]) -> None:
        self.databases = databases
        self.database = database = databases[0]
        self.gateways = gateways
        self.kassa = gateways[0]
        self.leader = Leader(database, WITH_OUTBOX)
        self.providers = Providers()

    @property
    def stores(self) -> MongoStores:
        return self.stores_of(0)

    def stores_of(self, gateway: int) -> MongoStores:
        """The stores of one gateway, from which providers may be told."""
        return MongoStores(self.databases[gateway], providers=self.providers)

    async def do(self, mutation: str, gateway: int = 0, token: str = SYSTEM, **given: Any) -> Any:
        """The payload of a mutation; a key is made up if none is given.

        A busy machine may not answer in time: then the same key is asked again, as clients do.
        """
        given = {"idempotencyKey": secrets.token_hex(8), **given}
        for pause in PAUSES:
            await sleep(pause)
            answer = await self.gateways[gateway].post(text_of(mutation), token, input=given)
            codes = {each["extensions"]["code"] for each in answer.get("errors", ())}
            if codes != {"UNAVAILABLE"}:
                break
        assert not codes, answer
        return answer["data"]["done"]

    async def refused(self, mutation: str, **given: Any) -> Any:
        """Why a mutation was refused, which left no trace."""
        before = await self.picture()
        done = await self.do(mutation, **given)
        assert await self.picture() == before
        assert done["userErrors"], done
        return done["userErrors"]

    async def error(self, mutation: str, token: str = SYSTEM, **given: Any) -> Any:
        """The code of the error of a mutation that could not even be asked for."""
        before = await self.picture()
        text = text_of(mutation)
        given = {"idempotencyKey": secrets.token_hex(8), **given}
        found = await self.kassa.refusal(text, token, input=given)
        assert await self.picture() == before
        return found["extensions"]["code"]

    async def reserved(self, *lines: Mapping[str, Any], **given: Any) -> str:
        """The id of a new reservation."""
        done = await self.do("reserveStock", lines=lines or [mugs(1)], **given)
        assert not done["userErrors"], done
        return done["reservation"]["id"]

    async def runs_out(self, reservation: str, *locations: int) -> None:
        """Let the clock have passed a reservation, at all of its locations or at some."""
        hold = f"reservations.{reservation}.until"
        where = {"location_id": {"$in": [place(n) for n in locations]}} if locations else {}
        gone = {"$set": {hold: LONG_AGO, "next_expiry": LONG_AGO}}
        await self.database.change_all(LEVELS.name, {hold: {"$exists": True}, **where}, gone)
        levels = await self.database.find(LEVELS.name, where)
        far = {"reservation": reservation, "level_id": {"$in": [each["_id"] for each in levels]}}
        await self.database.change_all(FAR.name, far, {"$set": {"hold.until": LONG_AGO}})

    async def state_of(self, reservation: str) -> str:
        """Where it stands, as the graph says."""
        text = "query ($id: ID!) { node(id: $id) { ... on Reservation { state } } }"
        return (await self.kassa.ask(text, SYSTEM, id=reservation))["node"]["state"]

    async def numbers(self, location: int = 0) -> tuple[int, int, int]:
        """How many mugs of a location are free, reserved and committed."""
        level = await self.level(location)
        return level["free"], level["reserved"], level["committed"]

    async def picture(self) -> Any:
        """All that stands in levels, payments, links to pay by, ledger and journal."""
        told = await self.told()
        found = [
            each
            for kept in (LEVELS, PAYMENTS, LINKS)
            for each in await self.database.find(kept.name, {}, sort=[("_id", 1)])
        ]
        posted = await self.database.find(POSTINGS.name, {}, sort=[("_id", 1)])
        rows = [{k: v for k, v in each.items() if k not in UNTOLD} for each in found]
        return rows, posted, [each["_id"] for each in told]

    async def said(self, mutation: str, token: str | None = SYSTEM, **given: Any) -> set[str]:
        """The codes of why a mutation did nothing, wherever they stand in the answer."""
        given = {"idempotencyKey": secrets.token_hex(8), **given}
        answer = await self.kassa.post(text_of(mutation), token, input=given)
        if "errors" in answer:
            return {each["extensions"]["code"] for each in answer["errors"]}
        return {each["code"] for each in answer["data"]["done"]["userErrors"]}

    async def level(self, location: int = 0) -> dict[str, Any]:
        """The mugs of a location, as they stand in the database."""
        where = {"sku": MUG, "location_id": place(location)}
        return (await self.database.find(LEVELS.name, where))[0]

    async def told(self) -> list[dict[str, Any]]:
        """The whole journal, once everything is in it."""
        while await self.leader.append():
            pass
        return await self.database.find("journal", {}, sort=[("_id", 1)])


def money(minor: Any, currency: str = "SEK") -> dict[str, Any]:
    return {"minor": minor, "currency": currency}


def tender(minor: Any = 100_00, kind: str = "CARD", **fields: Any) -> dict[str, Any]:
    """A tender that pays for an order, through a provider."""
    given = {"kind": kind, "amount": money(minor), "provider": "adyen", **fields}
    return {"order": ORDERS[0], "channel": new_id(Kind.CHANNEL, 0), "tender": given}


def text_of(mutation: str) -> str:
    """A document that asks for all of a mutation's payload."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    return f"mutation ($input: {kind}!) {{ done: {mutation}(input: $input) {PAYLOADS[mutation]} }}"


def place(n: int) -> str:
    return new_id(Kind.LOCATION, n)


def mugs(quantity: Any, at: int = 0, **given: Any) -> dict[str, Any]:
    """A line that asks for mugs."""
    return {"sku": MUG, "location": place(at), "quantity": quantity, **given}


def more(delta: Any, at: int = 0, **given: Any) -> dict[str, Any]:
    """So many more mugs."""
    return {"sku": MUG, "location": place(at), "delta": delta, "reason": "delivery", **given}


def counted(units: Any, seen: int = 1, at: int = 0, **given: Any) -> dict[str, Any]:
    """So many mugs were counted."""
    given = {"seenVersion": seen, **given}
    return {"sku": MUG, "location": place(at), "counted": units, **given}


def moved(quantity: Any = 1, source: int = 0, target: int = 1, **given: Any) -> dict[str, Any]:
    """Mugs to send."""
    return {
        "sku": MUG,
        "source": place(source),
        "target": place(target),
        "quantity": quantity,
        **given,
    }


ERRORS = """userErrors { __typename code message path retryable
  ... on InsufficientStock { asked sellable product { sku } location { code }
    elsewhere { sellable location { code } } }
  ... on VersionConflict { expected actual current { id } }
  ... on IllegalTransition { fromState toState allowed }
  ... on AmountExceedsAuthorised { wanted { minor currency } authorised { minor } }
  ... on AmountExceedsRefundable { wanted { minor currency } refundable { minor } }
  ... on AmountExceedsDue { wanted { minor currency } due { minor } }
  ... on ProviderRefused { operation provider declineCode }
  ... on CurrencyMismatch { expectedCurrency givenCurrency } } replayed"""
LEVEL = "id version onHand committed reserved unavailable free incoming location { code }"
RESERVATION = f"""{{ {ERRORS} reservation {{ id version state expiresAt
  lines {{ quantity product {{ sku }} location {{ code }} }} }} }}"""
STOCK = f"{{ {ERRORS} levels {{ {LEVEL} }} }}"
TRANSFER = (
    f"{{ {ERRORS} levels {{ {LEVEL} }} transfer {{ id version state quantity received sentAt "
    "product { sku } source { code } target { code } } }"
)
SUMS = (
    *("authorised", "captured", "cancelled", "refunded", "refundPending", "disputed"),
    "refundable",
)
PAYMENT = f"""{{ id version state order {{ id }} amount {{ minor currency }} {
    " ".join(f"{name} {{ minor }}" for name in SUMS)
} operations {{ id kind phase amount {{ minor }} providerRef sourceEvents declineCode }}
  clearing {{ account debit {{ minor }} credit {{ minor }} }} }}"""
OPERATION = "id kind phase amount { minor } providerRef declineCode idempotencyKey"
OPERATED = f"{{ {ERRORS} payment {PAYMENT} operation {{ {OPERATION} }} }}"
LINK = """id version state amount { minor currency } url qrPayload expiresAt provider declineCode
  order { id } payments { id state captured { minor } }"""
LINKED = f"{{ {ERRORS} paymentLink {{ {LINK} }} }}"
PAYLOADS = {
    "adjustStock": STOCK,
    "countStock": STOCK,
    "transferStock": TRANSFER,
    "receiveTransfer": TRANSFER,
    "reserveStock": RESERVATION,
    "extendReservation": RESERVATION,
    "releaseReservation": RESERVATION,
    "commitReservation": RESERVATION,
    "recordPayment": f"{{ {ERRORS} payment {PAYMENT} }}",
    **dict.fromkeys(("capturePayment", "cancelPayment", "refundPayment"), OPERATED),
    **dict.fromkeys(("createPaymentLink", "cancelPaymentLink"), LINKED),
    "recordRefund": f"{{ {ERRORS} payment {PAYMENT} refund {{ id reason amount {{ minor }} }} }}",
}


async def stock_up(database: Database) -> None:
    """Fill the shop: there are mugs, and plates that nobody ever counted."""
    await database.add(CHANNELS.name, [CHANNELS.document(a_channel())])
    await database.add(LOCATIONS.name, [LOCATIONS.document(a_location(n)) for n in range(3)])
    await database.add("products", [product_document(a_product(n)) for n in range(2)])
    await database.add("orders", [order_document(an_order(n=n)) for n in range(2)])
    await shelve(database)


async def shelve(database: Database) -> None:
    """Put the mugs back, as if nothing had ever happened to them."""
    for each in TRADED_IN:
        await database.delete(each.name, {})
    levels = [a_level(free, n) for n, free in enumerate(FREE)]
    await database.add(LEVELS.name, [level_document(level) for level in levels])


@asynccontextmanager
async def trading(
    url: str,
    driver: Driver,
    *,
    gateways: int = 1,
    with_upkeep: bool = True,
    most_near: int = MOST_NEAR,
    **settings: Any,
) -> AsyncGenerator[Trading]:
    """A filled shop behind so many gateways; its levels hold so many reservations themselves."""
    name = f"trade_{secrets.token_hex(6)}"
    async with AsyncExitStack() as stack:
        databases = [Database(url, name, driver=driver, **settings) for _ in range(gateways)]
        for each in databases:
            stack.push_async_callback(each.close)
        stack.push_async_callback(databases[0].drop)
        await migrate(databases[0])
        await stock_up(databases[0])
        clients = [await stack.enter_async_context(gateway(each, most_near)) for each in databases]
        if with_upkeep:
            jobs = bootstrap.jobs(databases[0], MongoStores(databases[0], most_near))
            await stack.enter_async_context(upkeep.running(jobs))
        yield Trading(databases, clients)


def gateway(database: Database, most_near: int = MOST_NEAR) -> Client:
    """Another gateway to a shop's database."""
    built = app.build(
        Settings(),
        views.unified(),
        MongoRepositories(database),
        MongoStores(database, most_near),
        checks={},
        page_config=dict,
    )
    return Client(built)
