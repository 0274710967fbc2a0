"""A simulated desk, landed and modelled once by dbt, and both routes to its figures open on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from helpdesk.settings import Settings
from ingestion.simulator import simulate
from tests.second_route.routes import prepare
from tests.working_warehouse import land_and_model

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
    settings = Settings(report_timezone=REPORT_TIMEZONE)
    land_and_model(folder / "landing", file, AS_OF.isoformat(), settings)
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
