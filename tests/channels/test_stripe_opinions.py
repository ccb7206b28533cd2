"""Others who know Stripe agree: its own SDK about signatures, and localstripe from end to end."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.channels.accounts import Secret
from domain.channels.inbound import Delivery, Forged
from tests import pypi
from tests.channels.test_stripe import ADAPTER
from tests.channels.test_stripe_books import Counter, counter_over
from tests.client import Client
from tests.gateway.serving import served
from tests.peers.stripes import KEY, SECRET, signed
from tests.trading import FINANCE, Trading, text_of

PATIENCE_SECONDS = 30
BODY = '{\n  "id": "evt_1",\n  "object": "event",\n  "data": {"object": {"name": "Zoë ☕"}}\n}'

PAYMENTS = """{ payments(first: 10) { edges { node {
  id provider merchantAccount state presence tender
  amount { minor currency } captured { minor } refunded { minor }
  refs { system kind value } operations { kind phase providerRef }
} } } }"""


@pytest.fixture(scope="session")
def python() -> str:
    """An interpreter that has Stripe's SDK and localstripe."""
    return pypi.interpreter(pypi.STRIPES)


def judged(python: str, cases: Sequence[dict[str, str]]) -> list[Any]:
    done = subprocess.run(
        [python, pypi.STRIPES / "judge.py"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def is_taken(body: str, secret: str, header: str, now: datetime) -> bool:
    headers = {"stripe-signature": header}
    delivery = Delivery(endpoint="s", headers=headers, body=body.encode(), received_at=now)
    try:
        return ADAPTER.verify(delivery, [Secret(secret)], now) == "evt_1"
    except Forged:
        return False


@pytest.mark.timeout(200)
def test_what_the_sdk_signs_is_taken(python):
    [header] = judged(python, [{"body": BODY, "secret": SECRET}])

    assert is_taken(BODY, SECRET, header, datetime.now(UTC))
    assert not is_taken(BODY, "whsec_other", header, datetime.now(UTC))
    assert not is_taken(f"{BODY} ", SECRET, header, datetime.now(UTC))


@pytest.mark.timeout(200)
def test_the_sdk_takes_what_we_take(python):
    now = datetime.now(UTC)
    [good] = signed(BODY.encode(), now, SECRET).values()
    [several] = signed(BODY.encode(), now, "whsec_other", SECRET).values()
    [old] = signed(BODY.encode(), now - timedelta(minutes=10), SECRET).values()
    time, _, signature = good.partition(",v1=")
    headers = [
        *(good, several, old),
        f"{time},v0={signature}",
        f"{time},v0={signature},v1={signature}",
        f"{time},v1={signature.upper()}",
        f"{time},v1={signature[:-1]}",
        f"{time},v1=",
        f"{time}",
        f"v1={signature}",
        f"t=,v1={signature}",
        f"t=0,v1={signature}",
        f"{time},v1={signature},v1=0",
        f"v1={signature},{time}",
        "",
        "t,v1",
    ]

    theirs = judged(python, [{"body": BODY, "secret": SECRET, "header": each} for each in headers])

    ours = [is_taken(BODY, SECRET, each, now) for each in headers]
    assert dict(zip(headers, ours, strict=True)) == dict(zip(headers, theirs, strict=True))
    assert True in ours
    assert False in ours


class Localstripe:
    """A Stripe by others, over HTTP."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def post(self, path: str, **form: Any) -> dict[str, Any]:
        answer = await self._http.post(path, data=form)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self._http.get(path)
        answer.raise_for_status()
        return answer.json()

    async def pay(self, amount: int) -> str:
        """A card is shown, and pays."""
        card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        shown = {f"card[{name}]": str(value) for name, value in card.items()}
        method = await self.post("/v1/payment_methods", type="card", **shown)
        intent = await self.post(
            "/v1/payment_intents",
            amount=str(amount),
            currency="eur",
            payment_method=method["id"],
            confirm="true",
        )
        return intent["id"]


@asynccontextmanager
async def localstripe(python: str) -> AsyncIterator[tuple[str, Localstripe]]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        python, pypi.STRIPES / "pretend.py", str(port), stdout=PIPE, stderr=DEVNULL
    )
    assert process.stdout
    url = f"http://127.0.0.1:{port}"
    headers = {"authorization": f"Bearer {KEY}"}
    try:
        async with httpx2.AsyncClient(base_url=url, headers=headers) as http:
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert "Running" in (await process.stdout.readline()).decode()
            yield url, Localstripe(http)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def shown(counter: Counter) -> dict[str, Any] | None:
    """The payment as those see it who keep the books, as soon as there is one."""
    found = await Client(counter.application).ask(PAYMENTS, FINANCE)
    edges = found["payments"]["edges"]
    return edges[0]["node"] if edges else None


async def heard(counter: Counter) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await counter.work()
            if (found := await shown(counter)) is not None:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.timeout(200)
async def test_localstripe_from_end_to_end(python: str, stall: Trading, tmp_path: Path):
    async with (
        localstripe(python) as (url, theirs),
        counter_over(stall.database, tmp_path, url) as counter,
        served(counter.application) as gateway,
    ):
        hook = {"url": f"{gateway}/webhooks/stripe", "secret": SECRET}
        await theirs.post("/_config/webhooks/kassa", **hook)

        ref = await theirs.pay(20_00)
        paid = await heard(counter)

        assert (paid["provider"], paid["state"]) == ("stripe", "CAPTURED")
        assert paid["merchantAccount"] == "acct_shop"
        assert paid["amount"] == {"minor": 20_00, "currency": "EUR"}
        assert {"system": "stripe", "kind": "payment", "value": ref} in paid["refs"]

        given = {"minor": 5_00, "currency": "EUR"}
        asked = {"idempotencyKey": "localstripe", "payment": paid["id"], "amount": given}
        answer = await Client(counter.application).ask(
            text_of("refundPayment"), FINANCE, input={**asked, "reason": "broken"}
        )
        done = answer["done"]

        assert (done["userErrors"], done["operation"]["phase"]) == ([], "SUCCEEDED")
        [refund] = (await theirs.get(f"/v1/refunds?payment_intent={ref}"))["data"]
        assert (refund["id"], refund["amount"]) == (done["operation"]["providerRef"], 5_00)
        assert refund["metadata"]["kassa_operation"] == done["operation"]["id"]

        returned = await shown(counter)

        assert returned
        assert (returned["state"], returned["refunded"]) == ("PARTLY_REFUNDED", {"minor": 5_00})
