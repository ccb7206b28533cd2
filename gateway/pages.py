"""What a browser sees: GraphiQL, its files, and what to do when it was not built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

SOURCE = Path(__file__).parent / "graphiql"
DIST = SOURCE / "dist"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Monaco writes <style> elements
        "connect-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

SECURITY_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)

MEDIA_TYPE_BY_SUFFIX = MappingProxyType(
    {
        ".css": "text/css",
        ".html": "text/html",
        ".js": "text/javascript",
        ".svg": "image/svg+xml",
        ".ttf": "font/ttf",
        ".txt": "text/plain",
        ".woff": "font/woff",
        ".woff2": "font/woff2",
    }
)

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NEVER = "no-store"


def routes(config: Callable[[], Mapping[str, object]]) -> list[BaseRoute]:
    """The page, its configuration and its files.

    Args:
        config: read at each request; has `endpoint`, `roles` (each with `name`, `label`, `token`)
            and `examples` (each with `title`, `role`, `query`, `variables` as JSON text).
            The tokens reach every visitor: development only.
    """

    async def configuration(_: Request) -> Response:
        return JSONResponse(config(), headers=_headers(NEVER))

    return [
        Route("/", page),
        Route("/graphiql", page),
        Route("/graphiql/", page),
        Route("/graphiql/config.json", configuration),
        Route("/graphiql/{name:path}", static),
    ]


def page(request: Request) -> Response:
    """GraphiQL, or how to build it."""
    index = DIST / "index.html"
    if index.is_file():
        return _file(index, ASK_AGAIN)
    html = (SOURCE / "unbuilt.html").read_text(encoding="utf-8")
    html = html.replace("{{address}}", escape(_address(request)))
    return Response(html, headers=_headers(NEVER), media_type="text/html")


def static(request: Request) -> Response:
    """A built file. The name is looked up among the files there are; no path is made from it."""
    name = request.path_params["name"]
    path = _built().get(name)
    if path is None:
        return Response("There is no such file.", 404, _headers(NEVER), "text/plain")
    return _file(path, FOR_EVER if name.startswith("assets/") else ASK_AGAIN)


def _built() -> Mapping[str, Path]:
    return {
        path.relative_to(DIST).as_posix(): path
        for path in DIST.rglob("*")
        if path.suffix in MEDIA_TYPE_BY_SUFFIX and path.is_file()
    }


def _file(path: Path, cache: str) -> Response:
    return Response(
        path.read_bytes(),
        headers=_headers(cache),
        media_type=MEDIA_TYPE_BY_SUFFIX[path.suffix],
    )


def _headers(cache: str) -> dict[str, str]:
    return {**SECURITY_HEADERS, "Cache-Control": cache}


def _address(request: Request) -> str:
    """Where the connection came in, rather than `Host`, which a client writes as it likes."""
    host, port = request.scope.get("server") or ("127.0.0.1", 8000)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
