"""Loads a folder and runs every model, without the gate and the publishing of a build."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.load.landing import load_landing, write_build
from helpdesk.transform.plan import Plan, dbt_selection
from helpdesk.transform.runner import dbt_vars, run_dbt

DEFAULTS = Settings()


def land(landing: Path, root: Path, as_of: str) -> OutputPaths:
    """The raw layer of a folder, with which dbt can compile every model."""
    paths = OutputPaths(root)
    paths.work.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(paths.warehouse) as connection:
        load_landing(connection, landing)
        write_build(connection, "test", datetime.now(UTC), datetime.fromisoformat(as_of))
    return paths


def land_and_model(
    landing: Path, root: Path, as_of: str, settings: Settings = DEFAULTS, tested: str = ""
) -> OutputPaths:
    """Run every model into output folder `root`, and the tests that `tested` selects."""
    paths = land(landing, root, as_of)
    with duckdb.connect(paths.warehouse, read_only=True) as connection:
        selection = dbt_selection(connection, Plan(None))
    commands = [["run", *selection]] + ([["test", "--select", tested]] if tested else [])
    for command in commands:
        run_dbt(*command, *dbt_vars(settings), folder=paths.dbt_target, warehouse=root)
    return paths


@contextmanager
def modelled(root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """All layers of an output folder, read-only: `marts.x` of the candidate, `raw.x` and others."""
    paths = OutputPaths(root)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name, file in (("helpdesk", paths.candidate), ("work", paths.warehouse)):
            connection.execute(f"attach '{file}' as {name} (read_only)")
        relations = connection.execute(
            """select database_name, schema_name, table_name from duckdb_tables() where not internal
            union all
            select database_name, schema_name, view_name from duckdb_views() where not internal"""
        ).fetchall()
        for schema in {schema for _, schema, _ in relations} - {"main"}:
            connection.execute(f"create schema {schema}")
        for database, schema, relation in relations:
            if schema != "main":
                connection.execute(
                    f'create view {schema}."{relation}" as from {database}.{schema}."{relation}"'
                )
        yield connection
