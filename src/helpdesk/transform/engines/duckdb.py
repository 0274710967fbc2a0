"""The engine DuckDB, which runs the models in the working file and the candidate."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import opened
from helpdesk.core.errors import UnreadableError
from helpdesk.core.limits import limits_of
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.transform.engines.base import Log, remove_candidate
from helpdesk.transform.runner import connection_variables, dbt_vars

MARTS = "select count(*) from duckdb_tables() where schema_name = 'marts'"


class DuckDB:
    """Runs the marts in the candidate file, and all other models in the working file."""

    def __init__(self, paths: OutputPaths, settings: Settings) -> None:
        self._paths = paths
        self._settings = settings

    @property
    def work(self) -> Path:
        return self._paths.warehouse

    def state(self) -> str:
        return duckdb.__version__

    def lost(self) -> str:
        candidate = self._paths.candidate
        if not candidate.exists():
            return "the candidate is missing"
        try:
            with opened(candidate, read_only=True) as connection:
                marts = sql.number(connection, MARTS)
        except UnreadableError:
            return "the candidate cannot be read"
        return "" if marts else "the candidate has no marts"

    def start(self, connection: duckdb.DuckDBPyConnection, is_full: bool) -> None:
        if is_full:
            remove_candidate(self._paths)

    def dbt_arguments(self) -> list[str]:
        return dbt_vars(self._settings)

    def dbt_variables(self) -> dict[str, str]:
        return connection_variables(self._paths.root, limits_of(self._settings))

    @contextmanager
    def connect(self) -> Iterator[Any]:
        with duckdb.connect(self._paths.candidate, read_only=True) as connection:
            connection.execute(f"attach {sql.text(self.work)} as work (read_only)")
            yield connection

    def fill_candidate(self, makes_views: bool, log: Log) -> None:
        """Nothing to do: dbt writes the candidate."""

    def finish(self) -> None:
        """Nothing to do: the load log has the state."""

    @contextmanager
    def revisits(self, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
        yield "intermediate.int_tickets_to_revisit"

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing to do: the load log is in the working file."""

    def rows(self) -> dict[tuple[str, str], int]:
        rows: dict[tuple[str, str], int] = {}
        for file in (self.work, self._paths.candidate):
            with opened(file, read_only=True) as connection:
                rows |= sql.table_rows(connection)
        return rows
