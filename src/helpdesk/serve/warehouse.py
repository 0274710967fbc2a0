"""The published build, opened read-only; a new build is opened when it is published."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from helpdesk.audiences.cut import CUT, cut
from helpdesk.core.paths import OutputPaths
from helpdesk.core.sql import text
from helpdesk.reports.answers import read_calendar
from helpdesk.reports.errors import ReportError
from helpdesk.reports.live import Calendar
from helpdesk.serve.guard import Refusal
from helpdesk.serve.options import Options

FILE = "helpdesk.duckdb"
logger = logging.getLogger("helpdesk.serve")
# The name of the attached file; the SQL names only the schema.
SERVED = "served"
USE = f"use {SERVED}"
# No spilling to disk: a query that does not fit in memory is rejected.
LOCKED = (
    "temp_directory = ''",
    "enable_external_access = false",
    "lock_configuration = true",
)
CANCELLED = "The client has cancelled the query."
# Queries that run at the same time; others wait.
WORKERS = 4
# The time between two looks at whether a query may go on.
LOOK_SECONDS = 0.05
AGAIN_SECONDS = 0.0005
# Requests that may wait; more are rejected.
MOST_WAITING = 200
T = TypeVar("T")


@dataclass
class Build:
    """An open published build; it is closed after the last of its `readers`."""

    id: str
    folder: Path
    connection: duckdb.DuckDBPyConnection
    calendar: Calendar
    published_at: datetime
    readers: int = 0
    is_replaced: bool = False
    running: set[duckdb.DuckDBPyConnection] = field(default_factory=set)

    @property
    def as_of(self) -> datetime:
        return self.calendar.as_of_time.replace(tzinfo=UTC)

    def next_refresh(self, minutes: int) -> datetime | None:
        """When the next build is due, if the settings give the interval."""
        return self.published_at + timedelta(minutes=minutes) if minutes else None


class Warehouse:
    """Runs queries: a few at once, each within its limits."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.paths = OutputPaths(options.output) if options.output else None
        self.use = f"use {CUT}" if options.audience else USE
        self.workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="helpdesk-query")
        self.waiting = 0
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._build: Build | None = None

    @contextmanager
    def build(self) -> Iterator[Build]:
        """The build that is published now, kept open. Runs in a thread. Raises Refusal."""
        build = self._newest()
        try:
            yield build
        finally:
            with self._lock:
                build.readers -= 1
                if build.is_replaced and not build.readers:
                    build.connection.close()

    async def in_thread(self, work: Callable[[], T]) -> T:
        """The result of work in one of the threads. Raises Refusal, also for a wrong request."""
        if self.waiting >= MOST_WAITING:
            raise Refusal(503, "There are too many requests at once: try again in a moment.")
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.workers, work)
        except ReportError as error:
            raise Refusal(400, str(error)) from error
        finally:
            self.waiting -= 1

    def run(self, build: Build, *statements: str) -> list[list[tuple[Any, ...]]]:
        """The rows of each statement. Raises Refusal if a limit is reached."""
        with self.session(build) as cursor:
            return [cursor.execute(statement).fetchall() for statement in statements]

    @contextmanager
    def session(
        self, build: Build, gone: threading.Event | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with temporary tables of its own, for the time of a query.

        It ends when the time is over, or when the client is `gone`. Raises Refusal.
        """
        is_over, gone = threading.Event(), gone or threading.Event()
        if gone.is_set():
            # It waited for others, and its client left meanwhile.
            raise Refusal(499, CANCELLED)
        cursor = build.connection.cursor()
        until = time.monotonic() + self.options.query_seconds

        def watch() -> None:
            left = self.options.query_seconds
            while not is_over.wait(min(LOOK_SECONDS, max(left, AGAIN_SECONDS))):
                left = until - time.monotonic()
                if gone.is_set() or left <= 0:
                    # Again and again: between two statements there is nothing to interrupt.
                    cursor.interrupt()

        watching = threading.Thread(target=watch, daemon=True)
        with self._lock:
            build.running.add(cursor)
        watching.start()
        try:
            cursor.execute(self.use)
            yield cursor
        except duckdb.InterruptException as error:
            if gone.is_set():
                raise Refusal(499, CANCELLED) from error
            raise Refusal(
                503,
                f"The query took longer than {self.options.query_seconds:g} s: request a shorter "
                "period, fewer dimensions or fewer rows.",
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise Refusal(
                503,
                f"The query needs more than {self.options.memory_limit} of memory: request fewer "
                "dimensions or rows, or raise serve.memory_limit in the settings.",
            ) from error
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            logger.error("a query does not fit build %s: %s", build.id, str(error).split("\n")[0])
            raise Refusal(
                409,
                "The published build is of another version of the models, or older than a declared "
                "field: run `helpdesk build`.",
            ) from error
        finally:
            is_over.set()
            watching.join()
            with self._lock:
                build.running.discard(cursor)
            cursor.close()

    def close(self) -> None:
        """End what runs, and close the build."""
        self.workers.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            build, self._build = self._build, None
            for cursor in build.running if build else ():
                cursor.interrupt()
        until = time.monotonic() + 2
        while build and build.readers and time.monotonic() < until:
            time.sleep(0.01)
        if build:
            build.connection.close()

    def _newest(self) -> Build:
        """The build that is published, with one more reader."""
        for _ in range(3):
            folder = self._folder()
            current = self._in_use(folder)
            if current:
                return current
            with self._opening:
                current = self._in_use(folder)
                if current:
                    return current
                opened = self._opened(folder)
                if opened is None:
                    # Deleted meanwhile, because newer builds were published: try again.
                    continue
                with self._lock:
                    old, self._build = self._build, opened
                    opened.readers += 1
                    if old:
                        old.is_replaced = True
                        if not old.readers:
                            old.connection.close()
                return opened
        raise Refusal(503, "The published build cannot be read; the server's log says why.")

    def _folder(self) -> Path:
        if self.paths and self.paths.current.exists():
            return self.paths.current.resolve()
        raise Refusal(503, "Nothing is published yet: run `helpdesk build`.")

    def _in_use(self, folder: Path) -> Build | None:
        with self._lock:
            if self._build and self._build.folder == folder:
                self._build.readers += 1
                return self._build
        return None

    def _opened(self, folder: Path) -> Build | None:
        file = folder / FILE
        try:
            published = datetime.fromtimestamp(folder.stat().st_ctime, UTC)
            connection = duckdb.connect(
                config={
                    "memory_limit": self.options.memory_limit,
                    "threads": str(self.options.threads),
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                },
            )
        except (OSError, duckdb.Error) as error:
            logger.error("%s cannot be opened: %s", file, str(error).split("\n")[0])
            return None
        try:
            connection.execute(f"attach {text(file)} as {SERVED} (read_only)")
            connection.execute(USE)
            if self.options.audience:
                cut(connection, SERVED, self.options.audience)
            for setting in LOCKED:
                connection.execute(f"set {setting}")
            return Build(folder.name, folder, connection, read_calendar(connection), published)
        except duckdb.Error as error:
            logger.error("%s cannot be read: %s", file, str(error).split("\n")[0])
            with suppress(duckdb.Error):
                connection.close()
            return None
