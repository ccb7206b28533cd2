"""An OpenID provider of our own: discovery, keys, tokens, and the faults that others have."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

AUDIENCE = "kassa"
SHARED = {"access-control-allow-origin": "*"}
"""Pages of any origin may read it."""


class Peer:
    """Signs tokens. `fault` names what is wrong with it: nothing, or see `_keys`."""

    def __init__(self) -> None:
        self.url = ""
        self.fresh()
        self.application = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/elsewhere", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def fresh(self) -> None:
        """As if nobody had ever asked it, with a new key."""
        self.fault: str | None = None
        self.asked: list[str] = []
        self._challenges: dict[str, str] = {}
        self.keys: list[Any] = [ECKey.generate_key("P-256", {"kid": "first"})]

    def rotate(self, kid: str, *, keep: bool = True) -> None:
        """Sign with a new key from now on."""
        old = self.keys if keep else []
        self.keys = [ECKey.generate_key("P-256", {"kid": kid}), *old]

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Claims of a good token; None takes one out."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "anna", "iat": now, "exp": now + 600}
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def token(
        self, *, head: Mapping[str, Any] | None = None, key: Any = None, **claims: Any
    ) -> str:
        """A token, signed with the newest key."""
        signing = key or self.keys[0]
        algorithm = "RS256" if isinstance(signing, RSAKey) else "ES256"
        header = {"alg": algorithm, "kid": signing.kid, **(head or {})}
        header = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(header, self.claims(**claims), signing, algorithms=[header["alg"]])

    def published(self) -> list[Mapping[str, Any]]:
        return [key.as_dict(private=False) for key in self.keys]

    async def _discovery(self, _: Request) -> Response:
        self.asked.append("discovery")
        told = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
        }
        if self.fault == "another's discovery":
            told["issuer"] = "https://login.example.com"
        if self.fault == "keys in a file":
            told["jwks_uri"] = "file:///etc/passwd"
        return JSONResponse(told, headers=SHARED)

    async def _authorize(self, request: Request) -> Response:
        """Somebody has signed in at once; a public client has to show a challenge (RFC 7636)."""
        asked = request.query_params
        assert asked["code_challenge_method"] == "S256"
        self.asked.append("authorize")
        self._challenges[code := f"code-{len(self._challenges)}"] = asked["code_challenge"]
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: Request) -> Response:
        """A code is good once, for whoever knows what its challenge was made of."""
        given = parse_qs((await request.body()).decode())
        digest = sha256(given["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self._challenges.pop(given["code"][0], None) != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400, headers=SHARED)
        token = self.token(name="Anna Clerk")
        told = {"access_token": token, "token_type": "Bearer", "expires_in": 600}
        return JSONResponse(told, headers={**SHARED, "cache-control": "no-store"})

    async def _keys(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        match self.fault:
            case "down":
                return Response("Try later.", 503)
            case "redirects":
                return RedirectResponse(f"{self.url}/elsewhere")
            case "huge":
                return JSONResponse({"keys": self.published(), "padding": "x" * 70_000})
            case "no json":
                return Response("<html>")
            case "no object":
                return JSONResponse(["keys"])
            case "no keys":
                return JSONResponse({"keys": []})
            case "nonsense":
                nonsense = [None, 1, {"kty": "EC"}, {"kty": "EC", "crv": "P-256", "x": 1, "y": []}]
                return JSONResponse({"keys": nonsense})
            case _:
                return JSONResponse({"keys": self.published()})


def raw(*parts: Any) -> str:
    """A token of these parts: objects are encoded, bytes are the signature."""
    return ".".join(map(_part, parts))


def _part(value: object) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def toml(url: str, more: Sequence[str] = ()) -> str:
    """A file of issuers that names one."""
    lines = ("[[issuers]]", f'url = "{url}"', f'audience = "{AUDIENCE}"', 'algorithms = ["ES256"]')
    return "\n".join([*lines, *(more or ('role = "support"',))])
