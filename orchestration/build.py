"""One build of a warehouse: what it reads, where it writes, by which clock."""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import duckdb

from helpdesk.errors import BusyError, ConfigError
from helpdesk.paths import OutputPaths
from helpdesk.settings import Settings, load_settings, parse_as_of

# Takes what a step says: a level of the logging module, and a line.
Report = Callable[[int, str], None]

# How often, and after how long, a step looks again whether another program has let go.
BUSY_RETRIES = 6
BUSY_WAIT_SECONDS = 10


@dataclass(frozen=True)
class Build:
    """What was asked for. `landing`, `output`, `config` and `shared` are folders and a file.

    An empty `as_of` means now, an empty `config` the default settings, and an empty `shared` the
    settings' storage.
    """

    landing: str
    output: str
    as_of: str = ""
    config: str = ""
    full_refresh: bool = False
    target: str = "duckdb"
    shared: str = ""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def paths(self) -> OutputPaths:
        return OutputPaths(Path(self.output).resolve())

    @property
    def settings(self) -> Settings:
        return load_settings(Path(self.config) if self.config else None)

    @property
    def clock(self) -> datetime:
        """The build's as_of: the given time, else the start of the build."""
        return parse_as_of(self.as_of) if self.as_of else self.started_at

    @property
    def build_id(self) -> str:
        return self.started_at.strftime("%Y%m%dT%H%M%S.%fZ")

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the working warehouse; closed at the end, for dbt opens it too."""
        with opened(self.paths.warehouse) as connection:
            yield connection


@contextmanager
def opened(warehouse: Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse's file. Raises BusyError where another program has it open."""
    try:
        connection = duckdb.connect(warehouse, read_only=read_only)
    except duckdb.IOException as error:
        raise _busy(warehouse, error) from error
    with connection:
        yield connection


def wait_for(warehouse: Path, warn: Callable[[str], None]) -> None:
    """Wait a minute for another program to let go of a warehouse's file. Raises BusyError."""
    for left in reversed(range(BUSY_RETRIES + 1)):
        try:
            with opened(warehouse):
                return
        except BusyError as error:
            if not left:
                raise
            warn(f"{error} Trying again in {BUSY_WAIT_SECONDS} seconds.")
            sleep(BUSY_WAIT_SECONDS)


def _busy(warehouse: Path, error: duckdb.IOException) -> Exception:
    """DuckDB's complaint about a lock in our words; any other as it is."""
    holder = re.search(r"Conflicting lock is held in (.+?\(PID \d+\))", str(error))
    if not holder:
        return error
    return BusyError(f"{warehouse}: open in {holder[1]}; close it there.")


@contextmanager
def folder_lock(paths: OutputPaths) -> Iterator[None]:
    """The one writer of an output folder. Raises BusyError where there is another."""
    try:
        paths.work.mkdir(parents=True, exist_ok=True)
        handle = os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ConfigError(f"{paths.root}: cannot be written to ({error.strerror}).") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise BusyError(
            f"{paths.root}: another build is writing here; wait for it to end."
        ) from error
    try:
        yield
    finally:
        os.close(handle)
