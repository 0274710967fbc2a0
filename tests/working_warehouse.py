"""Lands a folder and runs every model on it, without the checks and the publishing of a build."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from helpdesk.settings import Settings
from ingestion.landing import load_landing, write_build
from orchestration.at_rest import absent_nodes, leaving_out
from orchestration.dbt_project import dbt_vars, run_dbt

DEFAULTS = Settings()


def land_and_model(
    landing: Path, database: Path, as_of: str, settings: Settings = DEFAULTS, tested: str = ""
) -> None:
    """Every model, and the tests of those that `tested` selects; dbt's folder is `target` beside."""
    with duckdb.connect(database) as connection:
        load_landing(connection, landing)
        write_build(connection, "test", datetime.now(UTC), datetime.fromisoformat(as_of))
        absent = leaving_out(absent_nodes(connection))
    target = database.parent / "target"
    commands = [["run", *absent]] + ([["test", "--select", tested]] if tested else [])
    for command in commands:
        run_dbt(*command, *dbt_vars(settings), folder=target, warehouse=database)
