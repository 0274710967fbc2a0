"""The one resource of a build: what to read, where to write, which clock."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import Field, PrivateAttr

from helpdesk.errors import BusyError, ConfigError
from helpdesk.paths import OutputPaths
from helpdesk.settings import Settings, load_settings, parse_as_of


class Build(dg.ConfigurableResource):
    """One build of a warehouse. Holds the output folder's lock from its first step to its last."""

    landing: str = Field(description="Landing folder, as the file contract says.")
    output: str = Field(description="Output folder; holds marts.duckdb once a build has passed.")
    as_of: str = Field(default="", description="ISO 8601 time with an offset; empty means now.")
    config: str = Field(default="", description="YAML file of settings; empty means the defaults.")
    full_refresh: bool = Field(default=False, description="Read and model everything again.")
    target: str = Field(default="duckdb", description="What makes the models: duckdb or spark.")
    shared: str = Field(
        default="", description="Shared storage of a Spark cluster; empty means the settings'."
    )

    _started_at: datetime = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Build"]:
        self._started_at = datetime.now(UTC)
        with folder_lock(self.paths):
            yield self

    @property
    def paths(self) -> OutputPaths:
        return OutputPaths(Path(self.output).resolve())

    @property
    def settings(self) -> Settings:
        return load_settings(Path(self.config) if self.config else None)

    @property
    def started_at(self) -> datetime:
        return self._started_at

    @property
    def clock(self) -> datetime:
        """The build's as_of: the given time, else the start of the build."""
        return parse_as_of(self.as_of) if self.as_of else self._started_at

    @property
    def build_id(self) -> str:
        return self._started_at.strftime("%Y%m%dT%H%M%S.%fZ")

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
