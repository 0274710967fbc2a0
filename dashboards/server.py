"""Serves the built site to this machine."""

import ipaddress
import posixpath
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dashboards.errors import DashboardError

MIME = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.stream",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
NOT_FOUND = """<!doctype html><meta charset="utf-8"><title>Not found</title>
<body style="font-family: sans-serif; margin: 4rem auto; max-width: 30rem">
<h1>There is no such page</h1><p><a href="/">To the help desk's figures</a></p>"""
# The site needs nothing but itself; inline scripts start it, and DuckDB in it is WebAssembly.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' blob: data:; frame-ancestors 'self'"
)
# Names of these files carry a hash of their content.
IMMUTABLE = "/_app/immutable/"


class SiteHandler(SimpleHTTPRequestHandler):
    """Files of the site; no listings, no dot files."""

    extensions_map = {  # noqa: RUF012 - the base class declares it so
        **SimpleHTTPRequestHandler.extensions_map,
        **MIME,
    }
    protocol_version = "HTTP/1.1"
    server_version = "helpdesk"
    status = 0

    def send_head(self):  # type: ignore[no-untyped-def]
        path = posixpath.normpath(unquote(urlsplit(self.path).path))
        if any(part.startswith(".") for part in path.split("/")):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path):  # type: ignore[no-untyped-def]
        """A folder without an index is no page."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(  # type: ignore[no-untyped-def]
        self, code, message=None, explain=None
    ) -> None:
        if code != HTTPStatus.NOT_FOUND:
            super().send_error(code, message, explain)
            return
        body = NOT_FOUND.encode()
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_response(self, code: int, message: str | None = None) -> None:
        self.status = code
        super().send_response(code, message)

    def end_headers(self) -> None:
        fixed = self.status == HTTPStatus.OK and urlsplit(self.path).path.startswith(IMMUTABLE)
        # A rebuilt site replaces the rest under the same names.
        self.send_header(
            "Cache-Control", "public, max-age=31536000, immutable" if fixed else "no-cache"
        )
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the browser shows what it asks for."""


class SiteServer(ThreadingHTTPServer):
    """A thread for each connection, which browsers open several of and drop as they like."""

    daemon_threads = True

    @property
    def address(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def make_server(
    site: Path, host: str = "127.0.0.1", port: int = 3000, allow_remote: bool = False
) -> SiteServer:
    """A server of the site, bound and not yet running; port 0 takes a free one.

    Refuses an address that other machines can reach, unless `allow_remote`: the site has no
    sign-in. Raises DashboardError.
    """
    if not (site / "index.html").is_file():
        raise DashboardError(f"{site}: there is no built site.")
    if not allow_remote and not is_loopback(host):
        raise DashboardError(
            f"{host} can be reached from other machines, and the site has no sign-in; "
            "allow that explicitly, or serve 127.0.0.1."
        )
    try:
        return SiteServer((host, port), partial(SiteHandler, directory=str(site)))
    except OSError as error:
        raise DashboardError(f"{host}:{port} cannot be served: {error}") from error


@contextmanager
def serving(site: Path) -> Iterator[SiteServer]:
    """Serve the site on a free port of this machine while the caller looks at it."""
    with make_server(site, port=0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    site: Path, host: str = "127.0.0.1", port: int = 3000, allow_remote: bool = False
) -> None:
    """Serve the site until interrupted. Raises DashboardError."""
    with make_server(site, host, port, allow_remote) as server, suppress(KeyboardInterrupt):
        server.serve_forever()
