"""Asking the graph of a running shop, as anybody could."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

import httpx2

from domain.errors import BadInput, Unavailable

SECONDS = 15.0
TRIES = 4
MOST_AT_ONCE = 50
TOO_MUCH = frozenset({429, 503})

Answer = Mapping[str, Any]


class Api:
    """The graph at an address, asked with one token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        try:
            self._http = httpx2.AsyncClient(
                base_url=url,
                headers={"authorization": f"Bearer {token}"},
                timeout=SECONDS,
                limits=httpx2.Limits(max_connections=MOST_AT_ONCE),
            )
        except httpx2.InvalidURL as error:
            raise BadInput(
                f"{url!r} is no address; one looks like http://127.0.0.1:8000."
            ) from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, query: str, **variables: object) -> Answer:
        """What the graph answers. A server that is busy is asked again, as it wishes.

        Raises:
            Unavailable: nobody answers there.
            BadInput: the graph refuses the question, or the token.
        """
        for _ in range(TRIES):
            response = await self._post({"query": query, "variables": variables})
            if response.status_code not in TOO_MUCH:
                return self._read(response)
            await sleep(float(response.headers.get("retry-after", 1)))
        raise Unavailable(f"{self._url} has too much to do.")

    async def _post(self, asked: Mapping[str, object]) -> httpx2.Response:
        try:
            return await self._http.post("/graphql", json=asked)
        except (httpx2.TransportError, httpx2.UnsupportedProtocol) as error:
            raise Unavailable(
                f"There is no shop at {self._url}. Start one with `make run`, or say where it is "
                "with --url."
            ) from error

    def _read(self, response: httpx2.Response) -> Answer:
        told: Mapping[str, Any] = {}
        with suppress(ValueError):
            told = response.json()
        if errors := told.get("errors"):
            raise BadInput(errors[0]["message"])
        if "data" not in told:
            raise BadInput(f"There is no graph at {self._url}: HTTP {response.status_code}.")
        return told["data"]
