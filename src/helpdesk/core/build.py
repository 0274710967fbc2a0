"""One build of a warehouse: its input, its output and its `as_of`."""

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

from helpdesk.core.errors import BusyError, ConfigError, UnreadableError
from helpdesk.core.limits import Limits, limits_of, machine_limits
from helpdesk.core.paths import OutputPaths, private_folder
from helpdesk.core.settings import Settings, load_settings, parse_as_of
from helpdesk.core.sql import is_damage, text

# Takes a level of the logging module and a line of text.
LogFn = Callable[[int, str], None]
# The former name.
Report = LogFn

# The number of retries, and the pause, while another program has the file open.
BUSY_RETRIES = 6
BUSY_WAIT_SECONDS = 10


@dataclass(frozen=True)
class Build:
    """The options of a build. `config` is a file; `landing`, `output` and `shared` are folders.

    An empty `as_of` means now, an empty `config` the default settings, and an empty `shared` the
    storage of the settings. `allow_shrinking`: publish even if tickets are missing.
    """

    landing: str
    output: str
    as_of: str = ""
    config: str = ""
    full_refresh: bool = False
    target: str = "duckdb"
    shared: str = ""
    allow_shrinking: bool = False
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def paths(self) -> OutputPaths:
        return OutputPaths(Path(self.output).resolve())

    @property
    def settings(self) -> Settings:
        return load_settings(Path(self.config) if self.config else None)

    @property
    def limits(self) -> Limits:
        """The memory and threads that DuckDB may use."""
        return limits_of(self.settings)

    @property
    def clock(self) -> datetime:
        """The `as_of` of the build: the given time, else the start of the build."""
        return parse_as_of(self.as_of) if self.as_of else self.started_at

    @property
    def build_id(self) -> str:
        return self.started_at.strftime("%Y%m%dT%H%M%S.%fZ")

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the working warehouse. It is closed at the end, as dbt opens it too."""
        with opened(self.paths.warehouse, limits=self.limits) as connection:
            yield connection


@contextmanager
def opened(
    warehouse: Path, read_only: bool = False, limits: Limits | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file, within `limits` or else those of the machine.

    Raises BusyError if another program has the file open, and UnreadableError if it is not a
    database or if a query finds a damaged part.
    """
    if not read_only and not warehouse.exists():
        _create(warehouse)
    config = (limits or machine_limits()).config(warehouse.with_name("spill"))
    try:
        connection = duckdb.connect(warehouse, read_only=read_only, config=config)
    except duckdb.Error as error:
        raise _explained(warehouse, error) from error
    with connection, damage_explained(warehouse):
        yield connection


def unreadable(file: Path) -> UnreadableError:
    """The error for a damaged working file, which can be rebuilt from the landing folder."""
    what = "a file in it is damaged" if file.is_dir() else "is not a DuckDB database, or is damaged"
    return UnreadableError(
        f"{file}: {what}; `helpdesk build --full-refresh` rebuilds it from the landing folder."
    )


@contextmanager
def damage_explained(file: Path, is_published: bool = False) -> Iterator[None]:
    """Turn DuckDB's error about a damaged file into one that names the remedy."""
    try:
        yield
    except duckdb.Error as error:
        if not is_damage(str(error)):
            raise
        if is_published:
            raise UnreadableError(
                f"{file}: is not a DuckDB database, or is damaged; `helpdesk build` publishes a "
                "new one, and `helpdesk rollback` publishes the previous one again."
            ) from error
        raise unreadable(file) from error


def _create(warehouse: Path) -> None:
    """Create a file in DuckDB's newest storage format.

    The default format can be read by old versions, which a working file does not need. In it, text
    takes a third more space and a sixth more time to write.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach {text(warehouse)} as created (storage_version 'latest')")


def wait_for(warehouse: Path, warn: Callable[[str], None]) -> None:
    """Wait a minute for another program to close a DuckDB file. Raises BusyError."""
    for left in reversed(range(BUSY_RETRIES + 1)):
        try:
            with opened(warehouse):
                return
        except BusyError as error:
            if not left:
                raise
            warn(f"{error} Trying again in {BUSY_WAIT_SECONDS} seconds.")
            sleep(BUSY_WAIT_SECONDS)


def _explained(warehouse: Path, error: duckdb.Error) -> Exception:
    """An error with a remedy for a locked or damaged file; any other error unchanged."""
    if holder := re.search(r"Conflicting lock is held in (.+?\(PID \d+\))", str(error)):
        return BusyError(f"{warehouse}: open in {holder[1]}; close it there.")
    return unreadable(warehouse) if is_damage(str(error)) else error


@contextmanager
def folder_lock(paths: OutputPaths) -> Iterator[None]:
    """The lock that allows one writer per output folder. Raises BusyError if it is taken."""
    try:
        private_folder(paths.work)
        handle = os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"{paths.root}: cannot write to this folder ({error.strerror}); name another one with "
            "--output."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise BusyError(
            f"{paths.root}: another build is writing to this folder; wait until it ends."
        ) from error
    try:
        yield
    finally:
        os.close(handle)
