"""A client of the graph, in process: the door that users come in by, without the wire."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx2
from starlette.types import ASGIApp


class Client:
    """Asks the graph, as whoever the token says."""

    def __init__(self, application: ASGIApp) -> None:
        self.application = application
        transport = httpx2.ASGITransport(app=application)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://kassa.test")

    async def __aenter__(self) -> Self:
        await self.http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.__aexit__(kind, error, trace)

    async def post(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """The whole answer to a query, errors included."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=body, headers=headers)
        return response.json()

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The data of an answer that must have no errors."""
        answer = await self.post(query, token, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refusal(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The only error of an answer that must have one."""
        answer = await self.post(query, token, **variables)
        assert len(answer.get("errors", ())) == 1, answer
        return answer["errors"][0]
