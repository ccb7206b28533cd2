"""The 61 audits of graphql-http, an independent reading of GraphQL over HTTP."""

from __future__ import annotations

import json

from tests import node
from tests.client import Client
from tests.gateway.serving import served


async def test_every_audit_is_ok(kassa: Client):
    async with served(kassa.application) as address:
        audits = json.loads(await node.run("audits.mjs", f"{address}/graphql"))

    wrong = [
        f"{audit['id']} {audit['name']}: {audit['status']}, {audit.get('reason')}"
        for audit in audits
        if audit["status"] != "ok"
    ]
    assert not wrong, "\n".join(wrong)
    assert len(audits) == 61
