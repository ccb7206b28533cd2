"""The queries that a newcomer is given work on the demo shop."""

from __future__ import annotations

import json

from gateway.welcome import Welcome
from tests.client import Client


async def test_every_example_answers_with_something_to_look_at(kassa: Client, offers: Welcome):
    tokens = {guise.name: guise.token for guise in offers.roles}

    for example in offers.examples:
        if "\nsubscription " in example.query:
            continue  # a browser is told it: test_console_browser.py
        variables = json.loads(example.variables or "{}")

        data = await kassa.ask(example.query, tokens.get(example.role), **variables)

        assert all(data.values()), example.title
