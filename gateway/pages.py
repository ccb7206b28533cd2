"""What a browser sees: the console, GraphiQL, their files; and how to build what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

HERE = Path(__file__).parent

Config = Callable[[], Mapping[str, object]]
"""Read at each request. The tokens in it reach every visitor: development only."""

POLICY: Mapping[str, str] = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "worker-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
)
"""Neither inline scripts nor another origin."""

SECURITY_HEADERS = MappingProxyType(
    {
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


class Page:
    """A page that was built into a folder, under a path of its name."""

    def __init__(self, name: str, title: str, dist: Path, policy: Mapping[str, str]) -> None:
        self.name = name
        self.dist = dist
        self.policy = policy
        self._title = title

    def allowing(self, origins: Iterable[str]) -> Page:
        """The same, which may also ask there."""
        asked = " ".join(("'self'", *origins))
        return Page(self.name, self._title, self.dist, {**self.policy, "connect-src": asked})

    def routes(self, config: Config) -> list[BaseRoute]:
        """The page, its configuration and its files."""

        async def configuration(_: Request) -> Response:
            return JSONResponse(config(), headers=self._headers(NEVER))

        return [
            Route(f"/{self.name}", self.index),
            Route(f"/{self.name}/", self.index),
            Route(f"/{self.name}/config.json", configuration),
            Route(f"/{self.name}/{{name:path}}", self.static),
        ]

    def index(self, request: Request) -> Response:
        """The page, or how to build it."""
        index = self.dist / "index.html"
        if index.is_file():
            return self._file(index, ASK_AGAIN)
        html = (HERE / "unbuilt.html").read_text(encoding="utf-8")
        for word, said in (
            ("title", self._title),
            ("name", self.name),
            ("address", escape(_address(request))),
        ):
            html = html.replace(f"{{{{{word}}}}}", said)
        headers = self._headers(NEVER, {**self.policy, "style-src": "'unsafe-inline'"})
        return Response(html, headers=headers, media_type="text/html")

    def static(self, request: Request) -> Response:
        """A built file, looked up among the files there are: no path is made from its name."""
        name = request.path_params["name"]
        path = self._built().get(name)
        if path is None:
            return Response("There is no such file.", 404, self._headers(NEVER), "text/plain")
        return self._file(path, FOR_EVER if name.startswith("assets/") else ASK_AGAIN)

    def _built(self) -> Mapping[str, Path]:
        return {
            path.relative_to(self.dist).as_posix(): path
            for path in self.dist.rglob("*")
            if path.suffix in MEDIA_TYPE_BY_SUFFIX and path.is_file()
        }

    def _file(self, path: Path, cache: str) -> Response:
        return Response(
            path.read_bytes(),
            headers=self._headers(cache),
            media_type=MEDIA_TYPE_BY_SUFFIX[path.suffix],
        )

    def _headers(self, cache: str, policy: Mapping[str, str] | None = None) -> dict[str, str]:
        said = "; ".join(f"{name} {value}" for name, value in (policy or self.policy).items())
        return {**SECURITY_HEADERS, "Content-Security-Policy": said, "Cache-Control": cache}


GRAPHIQL = Page(
    "graphiql",
    "GraphiQL",
    HERE / "graphiql" / "dist",
    {**POLICY, "style-src": "'self' 'unsafe-inline'"},  # Monaco writes <style> elements
)
CONSOLE = Page("console", "The console", HERE / "console" / "dist", POLICY)


def _address(request: Request) -> str:
    """Where the connection came in, rather than `Host`, which a client writes as it likes."""
    host, port = request.scope.get("server") or ("127.0.0.1", 8000)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
