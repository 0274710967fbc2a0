"""The server of `helpdesk serve`: the pages of an output folder, and the API.

The MCP server over HTTP is such a server, too, with another application.
"""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Self

import uvicorn

from helpdesk.reports.errors import DashboardError
from helpdesk.serve.app import make_app
from helpdesk.serve.guard import LARGEST_HEAD, App
from helpdesk.serve.options import Options, is_loopback, reject_missing_pages
from helpdesk.serve.protocol import BoundedProtocol

BACKLOG = 128
# The time for unfinished answers when the server ends.
GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Uvicorn(uvicorn.Server):
    """uvicorn that exits with code 0 after SIGINT and SIGTERM."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in SIGNALS}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


class WebServer:
    """A server that is bound to its address; `run` serves until `end` or a signal."""

    def __init__(self, options: Options, bound: socket.socket, app: App) -> None:
        self.options = options
        self.bound = bound
        # Rejected requests are not logged: clients could fill the log.
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                http=partial(BoundedProtocol, options),  # type: ignore[arg-type]
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
                h11_max_incomplete_event_size=LARGEST_HEAD,
            )
        )

    @property
    def server_address(self) -> tuple[str, int]:
        host, port = self.bound.getsockname()[:2]
        return str(host), int(port)

    @property
    def address(self) -> str:
        host, port = self.server_address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def run(self) -> None:
        self._server.run(sockets=[self.bound])

    def end(self) -> None:
        self._server.should_exit = True

    @property
    def is_started(self) -> bool:
        return self._server.started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bound.close()


def make_server(
    options: Options, host: str = "127.0.0.1", port: int = 3000, allow_remote: bool = False
) -> WebServer:
    """A server, bound and not yet running; port 0 takes a free port.

    Raises DashboardError.
    """
    if not (options.site / "index.html").is_file():
        raise DashboardError(
            f"{options.site}: there is no built site; run `helpdesk dashboards` first."
        )
    reject_missing_pages(options)
    return server_of(make_app, options, host, port, allow_remote)


def server_of(
    make: Callable[[Options], App], options: Options, host: str, port: int, allow_remote: bool
) -> WebServer:
    """A server of an application, bound and not yet running.

    Rejects an address that other machines can reach, unless `allow_remote`: there is no sign-in.
    Raises DashboardError.
    """
    if not allow_remote and not is_loopback(host):
        raise DashboardError(
            f"{host or 'an empty host'} can be reached from other machines, and there is no "
            "sign-in: put a proxy with a sign-in before 127.0.0.1 (serve.behind_proxy in the "
            "settings), or allow it with --allow-remote."
        )
    return WebServer(options, _bound(host, port), make(options))


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            # Without listening, two servers could bind to the same address.
            bound.listen(BACKLOG)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        remedy = "check the host and the port"
        if error.errno == errno.EADDRINUSE:
            remedy = (
                f"another program uses the port: end it, or choose another port (--port {port + 1})"
            )
        elif error.errno == errno.EACCES:
            remedy = "ports below 1024 need system rights: choose a higher one (--port 3000)"
        raise DashboardError(
            f"{host}:{port} cannot be served ({error.strerror}): {remedy}."
        ) from error
    bound.setblocking(False)
    return bound


@contextlib.contextmanager
def running(server: WebServer) -> Iterator[WebServer]:
    """Run a server in a thread within the context."""
    with server:
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = 30.0
        while not server.is_started and thread.is_alive() and until > 0:
            thread.join(0.01)
            until -= 0.01
        try:
            yield server
        finally:
            server.end()
            thread.join()


@contextlib.contextmanager
def serving(site: Path, output: Path | None = None, **given: object) -> Iterator[WebServer]:
    """Serve a site on a free port of this machine within the context."""
    options = Options(site=site, output=output, **given)  # type: ignore[arg-type]
    with running(make_server(options, port=0)) as server:
        yield server


def serve(server: WebServer, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `started` gets the address."""
    with server:
        started(server.address)
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            server.run()
