"""Checks every request before pages and API see it.

A page of another site can send a browser here under its own host name (DNS rebinding) or from its
own origin; both are rejected.
"""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from helpdesk.serve.options import Options

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS = ("GET", "HEAD")
SAVED = ("/api/reports/", "/api/dashboards/")
# A report's file is small.
LARGEST_BODY = 64 * 1024
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)(:\d{1,5})?")
# Characters that no path here has, and that file systems, terminals and logs interpret.
ODD = re.compile(rb"[\x00-\x1f\x7f\\]")
LONGEST_QUERY = 8192
LONGEST_PATH = 1024
LARGEST_HEAD = 32 * 1024
MOST_HEADERS = 100
# Pages load only their own files. Inline scripts start them, and their DuckDB is WebAssembly.
PAGES_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' blob: data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
ANSWERS_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
API = "/api/"
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
logger = logging.getLogger("helpdesk.serve")


class Refusal(Exception):
    """A rejected request: the status, and the reason in one line."""

    def __init__(self, status: int, reason: str, allowed: Sequence[str] = METHODS) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.allowed = allowed
        self.closes = False


class Guard:
    """Checks a request, passes it on, and adds headers to each answer.

    `posts` are the paths below which a body of JSON is sent. Pages of other sites cannot load what
    is below `answers`.
    """

    methods: Sequence[str] = METHODS
    posts: tuple[str, ...] = SAVED
    answers = API
    # Only a page of this server may save, and a browser names its page.
    needs_origin = True
    wrong_method = "Only GET and HEAD are allowed."

    def __init__(self, app: App, options: Options) -> None:
        self.app = app
        self.options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        policy = ANSWERS_POLICY if scope["path"].startswith(self.answers) else PAGES_POLICY
        has_begun = False

        async def guarded(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = list(message.get("headers", ()))
                headers += [*ALWAYS, (b"content-security-policy", policy.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            try:
                self._check(scope)
            except Refusal as refusal:
                # What follows on the connection may be the rest of the rejected request.
                refusal.closes = True
                await refusal_response(Request(scope), refusal)(scope, receive, guarded)
                return
            try:
                await self.app(scope, receive, guarded)
            except Refusal as refusal:
                await refusal_response(Request(scope), refusal)(scope, receive, guarded)
        except Exception as error:
            # One line: requests must not fill the log, and answers must not show internals.
            logger.error("%s failed: %s: %s", scope["path"], type(error).__name__, error)
            if not has_begun:
                failure = Refusal(500, "The server failed to answer; its log has the reason.")
                await refusal_response(Request(scope), failure)(scope, receive, guarded)

    def _check(self, scope: Scope) -> None:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, []).append(value)
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size > LARGEST_HEAD or len(scope["headers"]) > MOST_HEADERS:
            raise Refusal(431, "The headers are too large.")
        is_post = scope["method"] == "POST" and scope["path"].startswith(self.posts)
        if scope["method"] not in self.methods and not is_post:
            raise Refusal(405, self.wrong_method, self.methods or ("POST",))
        _check_body(headers, is_post)
        _check_target(scope)
        host = self._host(headers)
        origins = headers.get(b"origin", [])
        if is_post and self.needs_origin and not origins:
            raise Refusal(403, "Only pages of this server can save: the Origin header is missing.")
        if origins and any(not _is_same(one, host) for one in origins):
            raise Refusal(403, "Requests from pages of other sites are not allowed.")
        if scope["path"].startswith(self.answers) and _is_of_other_site(headers):
            raise Refusal(403, "Requests from pages of other sites are not allowed.")

    def _host(self, headers: dict[bytes, list[bytes]]) -> str:
        """The requested host. Raises Refusal for a name that is not allowed."""
        found = headers.get(b"host", [])
        if self.options.behind_proxy and b"x-forwarded-host" in headers:
            # The proxy itself added the last value.
            found = [headers[b"x-forwarded-host"][-1].rpartition(b",")[2]]
        if len(found) != 1:
            raise Refusal(400, "Exactly one Host header is expected.")
        host = found[0].decode("latin-1").strip().lower()
        match = HOST.fullmatch(host)
        if not match or match["name"] not in self.options.hosts:
            raise Refusal(
                421,
                "This server does not answer to that host name. Its operator can add the name to "
                "serve.allowed_hosts in the settings.",
            )
        return host


def _check_body(headers: dict[bytes, list[bytes]], is_post: bool) -> None:
    lengths = headers.get(b"content-length", [b"0"])
    length = lengths[0].strip()
    if not is_post and length == b"0" and b"transfer-encoding" not in headers:
        return
    if not is_post:
        raise Refusal(400, "A request cannot have a body.")
    if b"transfer-encoding" in headers or len(lengths) != 1 or not length.isdigit():
        raise Refusal(400, "A body needs its length.")
    if int(length[:12]) > LARGEST_BODY:
        raise Refusal(413, f"A body of at most {LARGEST_BODY:,} bytes is allowed.")
    # A form of another site cannot send this type without asking first.
    if headers.get(b"content-type", [b""])[0].split(b";")[0].strip() != b"application/json":
        raise Refusal(415, "JSON is expected.")


def _check_target(scope: Scope) -> None:
    raw: bytes = scope.get("raw_path") or b""
    if not raw.startswith(b"/"):
        raise Refusal(400, "A path is expected.")
    if len(raw) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
        raise Refusal(414, "The address is too long.")
    path = unquote_to_bytes(raw)
    if ODD.search(path) or ODD.search(scope["query_string"]):
        raise Refusal(400, "The address has characters that are not allowed.")
    try:
        path.decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, "The address is not UTF-8.") from error


def _is_same(origin: bytes, host: str) -> bool:
    text = origin.decode("latin-1").strip().lower()
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    # By the name only: whether a proxy uses TLS is not always known.
    return parts.scheme in ("http", "https") and parts.netloc == host and not parts.path


def _is_of_other_site(headers: dict[bytes, list[bytes]]) -> bool:
    """Whether the browser reports a page of another site as the origin; links are allowed."""
    site = headers.get(b"sec-fetch-site", [b"none"])[0]
    mode = headers.get(b"sec-fetch-mode", [b""])[0]
    target = headers.get(b"sec-fetch-dest", [b""])[0]
    is_link = (mode, target) == (b"navigate", b"document")
    return site not in (b"none", b"same-origin") and not is_link


def refusal_response(request: Request, refusal: Exception) -> Response:
    """The answer to a rejected request."""
    assert isinstance(refusal, Refusal)
    headers = {"Cache-Control": "no-store"}
    if refusal.closes:
        headers["Connection"] = "close"
    if refusal.status == 405:
        headers["Allow"] = ", ".join(refusal.allowed)
    if refusal.status == 503:
        headers["Retry-After"] = "5"
    if request.scope["path"].startswith(API):
        return JSONResponse({"error": refusal.reason}, refusal.status, headers)
    return PlainTextResponse(f"{refusal.reason}\n", refusal.status, headers)
