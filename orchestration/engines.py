"""Where the models of a build are made: in its working warehouse by DuckDB, or by a Spark cluster.

Landing, the gate and the loader's books stay with DuckDB, whichever it is, and so does all that
comes after the models.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import duckdb

from helpdesk import sql
from helpdesk.errors import ConfigError
from helpdesk.paths import OutputPaths
from helpdesk.settings import Settings
from orchestration.build import Build, opened
from orchestration.dbt_project import dbt_vars

TARGETS = ("duckdb", "spark")
# How the state of a cluster begins.
SPARK = "Spark "
# Something that statements run on, as a connection of DuckDB or a cursor of Python's DB-API.
Connect = Callable[[], AbstractContextManager[Any]]


class Engine(Protocol):
    """What a build asks of the engine that makes its models."""

    @property
    def models(self) -> Path:
        """A DuckDB file in which the models can be read, once `finish` was called."""

    def state(self) -> str:
        """What the tables stand on, besides rows: where it differs, everything is modelled again.

        Raises ClusterError where the engine cannot be reached.
        """

    def start(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Have what dbt reads before it; `connection` is the working warehouse's."""

    def dbt_arguments(self) -> list[str]:
        """Target and variables of a dbt command."""

    def connect(self) -> AbstractContextManager[Any]:
        """Something that dbt's compiled SQL runs on."""

    def refresh_models(self) -> None:
        """Have `models` show the tables as they are now."""

    def finish(self) -> None:
        """Note that every model is whole, and has passed."""

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Have the loader's books where dbt by hand reads them, as they are after the build."""

    def rows(self) -> dict[tuple[str, str], int]:
        """The rows of every model that is a table, by schema and name."""


class DuckDB:
    """The models in the working warehouse itself."""

    def __init__(self, paths: OutputPaths, settings: Settings) -> None:
        self._warehouse = paths.warehouse
        self._settings = settings

    @property
    def models(self) -> Path:
        return self._warehouse

    def state(self) -> str:
        return duckdb.__version__

    def start(self, connection: duckdb.DuckDBPyConnection) -> None:
        os.environ["HELPDESK_WAREHOUSE"] = str(self._warehouse)

    def dbt_arguments(self) -> list[str]:
        return dbt_vars(self._settings)

    def connect(self) -> AbstractContextManager[Any]:
        return duckdb.connect(self._warehouse, read_only=True)

    def refresh_models(self) -> None:
        """They are there."""

    def finish(self) -> None:
        """The loader's books say so already."""

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        """They are there."""

    def rows(self) -> dict[tuple[str, str], int]:
        with opened(self._warehouse) as connection:
            return sql.table_rows(connection)


def is_spark(state: str) -> bool:
    """Whether the state of an engine is a cluster's."""
    return state.startswith(SPARK)


def engine_of(build: Build) -> Engine:
    """The engine of a build. Raises ConfigError where there is no such target."""
    if build.target == "duckdb":
        return DuckDB(build.paths, build.settings)
    if build.target == "spark":
        # Imported here: a build with DuckDB needs none of it.
        from orchestration.spark.engine import Spark

        return Spark(build)
    raise ConfigError(f"--target {build.target}: the targets are {', '.join(TARGETS)}.")
