"""The desk, simulated with and without incidents."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from helpdesk.simulator import DEFAULT_UNTIL, simulate
from tests.ingestion.simulator.desk import SEED, TICKETS


def simulated(out: Path, incidents: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one view per simulated file."""
    simulate(TICKETS, SEED, out, DEFAULT_UNTIL, incidents=incidents)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for file in out.glob("*.parquet"):
            connection.from_parquet(str(file)).create_view(file.stem)
        yield connection


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    yield from simulated(tmp_path_factory.mktemp("simulated"), incidents=True)


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same desk without incidents."""
    yield from simulated(tmp_path_factory.mktemp("quiet"), incidents=False)
