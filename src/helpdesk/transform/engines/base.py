"""The interface of the engine that runs the models of a build: DuckDB or a Spark cluster.

With both engines, DuckDB does the loading, the gate, the load log, and everything after the models.
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import duckdb

from helpdesk.core.paths import OutputPaths

# The prefix of a cluster's state.
SPARK = "Spark "
# Opens a connection of DuckDB or a cursor of Python's DB-API.
Connect = Callable[[], AbstractContextManager[Any]]
# Takes each line of dbt's output.
Log = Callable[[str], None]


class Engine(Protocol):
    """The engine that runs the models of a build."""

    @property
    def work(self) -> Path:
        """A DuckDB file with the models below the marts, after dbt has passed."""

    def state(self) -> str:
        """A text that identifies the engine. If it changes, a build models everything again.

        Raises ClusterError if the engine cannot be reached.
        """

    def lost(self) -> str:
        """Why the marts of the last build cannot be refreshed; empty if they can."""

    def start(self, connection: duckdb.DuckDBPyConnection, is_full: bool) -> None:
        """Provide the raw layer for dbt. `connection` is to the working file.

        `is_full`: every model is built again.
        """

    def dbt_arguments(self) -> list[str]:
        """The target and variables of a dbt command."""

    def dbt_variables(self) -> Mapping[str, str]:
        """The environment variables of dbt's profile."""

    def connect(self) -> AbstractContextManager[Any]:
        """A connection or cursor that runs dbt's compiled SQL."""

    def fill_candidate(self, makes_views: bool, log: Log) -> None:
        """Copy the models to `work` and the candidate. `makes_views`: recreate the views too."""

    def finish(self) -> None:
        """Mark the models as complete and passed."""

    def revisits(self, connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
        """The model int_tickets_to_revisit, as a relation that the connection can read."""

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Provide the final load log for manual runs of dbt."""

    def rows(self) -> dict[tuple[str, str], int]:
        """The number of rows of every model that is a table, by schema and name."""


def remove_candidate(paths: OutputPaths) -> None:
    """Delete the candidate before a full build, which would hold each table twice for a while."""
    for file in paths.work.glob(f"{paths.candidate.name}*"):
        # A killed build may have left a folder of spilled data.
        shutil.rmtree(file) if file.is_dir() else file.unlink()
