"""Penny's servers: payments that move, an API over them, deliveries, and knobs for trouble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.channels.paying import event
from tests.gateway.serving import served

PAGE = 7
TYPES = {
    "take": ("take", "promise"),
    "let_go": ("let_go", "promise"),
    "give_back": ("give_back", "take"),
}


class Penny:
    """What Penny knows. `loses_answers`: she does what she is told, and her answer is lost.

    She answers no call before her `gate` opens, if she has one.
    """

    def __init__(self) -> None:
        self.payments: dict[str, dict[str, Any]] = {}
        self.events: list[bytes] = []
        self.calls: list[tuple[str, str]] = []
        self.keys: dict[str, dict[str, Any]] = {}
        self.offers: dict[tuple[str, str], int] = {}
        self.offered: list[int] = []
        self.status: int | None = None
        self.hangs = self.loses_answers = self.never_hears = False
        self.gate: asyncio.Event | None = None
        self.came = asyncio.Event()
        self.limit: int | None = None
        self._at = datetime.now(UTC) - timedelta(hours=1)

    def tick(self) -> str:
        """A little later each time."""
        self._at += timedelta(seconds=1)
        return self._at.isoformat()

    def begin(self, id: str, minor: int) -> None:
        """A payment that is promised."""
        at = self.tick()
        self.payments[id] = {
            "id": id,
            "minor": minor,
            "currency": "EUR",
            "method": "card",
            "created": at,
            "changed": at,
            "movements": [],
        }
        self.move(id, "promise", minor)

    def move(
        self, id: str, type: str, minor: int, status: str = "done", of: str | None = None, **given
    ) -> dict[str, Any]:
        """Something moves, or an earlier movement gets further, and is told of."""
        paid, at = self.payments[id], self.tick()
        known = {each["id"]: each for each in paid["movements"]}
        name = of or f"{id}-m{len(known)}"
        movement = {
            "id": name,
            "type": type,
            "status": status,
            "minor": minor,
            "currency": "EUR",
            "at": at,
            **given,
        }
        if "key" in known.get(name, {}):
            movement["key"] = known[name]["key"]
        paid["movements"] = list({**known, name: movement}.values())
        paid["changed"] = at
        self._tell(paid, movement)
        return movement

    def _tell(self, paid: dict[str, Any], movement: dict[str, Any]) -> None:
        """By turns as a whole, as a fact, and as a hint."""
        n = len(self.events)
        kinds: list[dict[str, Any]] = [
            {"type": "payment.changed", "payment": json.loads(json.dumps(paid))},
            {"type": "payment.moved", "payment_id": paid["id"], "movement": movement},
            {"type": "payment.touched", "payment_id": paid["id"]},
        ]
        self.events.append(event(f"ev_{n}", **kinds[n % 3 if n else 0]))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Serve; gives the address."""
        routes = [
            Route("/payments", self._listed),
            Route("/payments/{id}", self._one),
            Route("/payments/{id}/{type}", self._told, methods=["POST"]),
            Route("/movements/{key}", self._movement),
            Route("/stock/{place}/{sku}", self._offer, methods=["GET", "PUT"]),
        ]
        async with served(Starlette(routes=routes)) as url:
            yield url

    async def _trouble(self, request: Request) -> Response | None:
        self.calls.append((request.method, request.url.path))
        self.came.set()
        if self.hangs:
            await asyncio.sleep(3600)
        if self.gate:
            await self.gate.wait()
        if self.limit is not None:
            self.limit -= 1
            if self.limit < 0:
                return JSONResponse({}, 429, {"retry-after": "1"})
        return Response("broken", self.status) if self.status else None

    async def _listed(self, request: Request) -> Response:
        if trouble := await self._trouble(request):
            return trouble
        if ids := request.query_params.get("ids"):
            named = [self.payments[each] for each in ids.split(",") if each in self.payments]
            return JSONResponse({"payments": named})
        since, page = request.query_params["since"], int(request.query_params.get("page", 0))
        found = sorted(
            (each for each in self.payments.values() if each["changed"] >= since),
            key=lambda each: each["changed"],
        )
        more = str(page + PAGE) if len(found) > page + PAGE else None
        return JSONResponse({"payments": found[page : page + PAGE], "next": more})

    async def _one(self, request: Request) -> Response:
        if trouble := await self._trouble(request):
            return trouble
        found = self.payments.get(request.path_params["id"])
        return JSONResponse(found) if found else JSONResponse({}, 404)

    async def _movement(self, request: Request) -> Response:
        if trouble := await self._trouble(request):
            return trouble
        found = self.keys.get(request.path_params["key"])
        return JSONResponse(found) if found else JSONResponse({}, 404)

    async def _offer(self, request: Request) -> Response:
        """How many units she offers; of another number than was expected she makes no new one."""
        if trouble := await self._trouble(request):
            return trouble
        at = request.path_params["place"], request.path_params["sku"]
        if at not in self.offers:
            return JSONResponse({}, 404)
        if request.method == "PUT" and (key := request.headers["idempotency-key"]) not in self.keys:
            wanted = await request.json()
            if wanted["instead_of"] not in {None, self.offers[at]}:
                return JSONResponse({}, 409)
            self.keys[key] = {"units": wanted["units"]}
            self.offers[at] = wanted["units"]
            self.offered.append(wanted["units"])
        is_lost = request.method == "PUT" and self.loses_answers
        return Response("lost", 502) if is_lost else JSONResponse({"units": self.offers[at]})

    async def _told(self, request: Request) -> Response:
        """Do what she is told; the same key twice is done once."""
        if trouble := await self._trouble(request):
            return trouble
        if self.never_hears:
            return Response("lost", 503)
        key, wanted = request.headers["idempotency-key"], await request.json()
        name, route = request.path_params["id"], request.path_params["type"]
        if key not in self.keys:
            if refused := self._refused(name, route, wanted["minor"]):
                return refused
            self.keys[key] = self.move(name, TYPES[route][0], wanted["minor"], key=key)
        return Response("lost", 502) if self.loses_answers else JSONResponse(self.keys[key], 201)

    def _refused(self, id: str, route: str, minor: int) -> Response | None:
        if id not in self.payments:
            return JSONResponse({"code": "no_payment", "why": "There is no such payment."}, 422)
        kind, of = TYPES[route]
        moved = self.payments[id]["movements"]
        room = sum(each["minor"] for each in moved if each["type"] == of)
        used = sum(each["minor"] for each in moved if each["type"] == kind)
        if minor > room - used:
            return JSONResponse({"code": "too_much", "why": "That is too much."}, 422)
        return None
