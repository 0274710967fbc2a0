"""A simulated desk, landed and modelled once by dbt, and both routes to its figures open on it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from helpdesk.project import DBT_PROJECT
from ingestion.landing import load_landing, write_build
from ingestion.simulator import simulate
from orchestration.dbt_project import DBT
from tests.second_route.routes import prepare

TICKETS, SEED = 3000, 11
# Within a second of a working day; the desk goes on for some hours, of which nothing may show.
AS_OF = datetime(2026, 6, 30, 13, 20, 30, 500_000, tzinfo=UTC)
REPORT_TIMEZONE = "Europe/Berlin"


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working warehouse: the raw layer and the marts in one file."""
    folder = tmp_path_factory.mktemp("second_route")
    simulate(TICKETS, SEED, folder / "landing")
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        load_landing(connection, folder / "landing")
        write_build(connection, "second-route", AS_OF, AS_OF)
    done = subprocess.run(
        [DBT, "--quiet", "run", "--profiles-dir", ".", "--vars",
         json.dumps({"report_timezone": REPORT_TIMEZONE}),
         "--target-path", folder / "target", "--log-path", folder / "logs"],
        cwd=DBT_PROJECT,
        env={**os.environ, "HELPDESK_WAREHOUSE": str(file), "DO_NOT_TRACK": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return file


@pytest.fixture(scope="session")
def desk(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read only, with what the second routes share in temporary tables."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        # Another name than that of a schema in it, which DuckDB would take for either.
        connection.execute(f"attach '{warehouse}' as desk (read_only)")
        connection.execute("use desk")
        prepare(connection, AS_OF, REPORT_TIMEZONE)
        yield connection
