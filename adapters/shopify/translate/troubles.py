"""Why Shopify does not answer what was asked, in our words."""

from __future__ import annotations

from adapters.shopify.translate.queries import Problem
from domain.channels.answers import Trouble
from domain.ports.channels import CallFailed, Reply

TROUBLES = {401: Trouble.AUTH, 403: Trouble.AUTH, 429: Trouble.RATE_LIMITED}
DENIED = frozenset({"ACCESS_DENIED", "UNAUTHORIZED"})


def failed(reply: Reply) -> CallFailed:
    trouble = TROUBLES.get(reply.status, Trouble.UNAVAILABLE)
    wait = reply.headers.get("retry-after", "")
    after = float(wait) if wait.replace(".", "", 1).isdigit() else None
    return CallFailed(trouble, f"Shopify answers {reply.status}.", after)


def refused(error: Problem) -> CallFailed:
    code = error.extensions.code
    if code == "THROTTLED":
        return CallFailed(Trouble.RATE_LIMITED, "Shopify has had enough of us for now.", 1.0)
    trouble = Trouble.AUTH if code in DENIED else Trouble.BAD_DATA
    return CallFailed(trouble, f"Shopify says: {error.message[:200]}")
