"""A simulated desk, landed and modelled once by dbt, and both routes to its figures open on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest

from helpdesk.core.settings import Settings
from helpdesk.simulator import simulate
from tests.second_route.routes import prepare
from tests.working_warehouse import land_and_model, modelled

TICKETS, SEED = 3000, 11
# Within a second of a working day; the desk goes on for some hours, of which nothing may show.
AS_OF = datetime(2026, 6, 30, 13, 20, 30, 500_000, tzinfo=UTC)
REPORT_TIMEZONE = "Europe/Berlin"


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The raw layer and the marts, with what the second routes share in temporary tables."""
    folder = tmp_path_factory.mktemp("second_route")
    simulate(TICKETS, SEED, folder / "landing")
    settings = Settings(report_timezone=REPORT_TIMEZONE)
    land_and_model(folder / "landing", folder / "output", AS_OF.isoformat(), settings)
    with modelled(folder / "output") as connection:
        prepare(connection, AS_OF, REPORT_TIMEZONE)
        yield connection
