"""Which models and tests a refresh leaves as they are: those that nothing which changed can reach."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.landing import load_landing, write_build
from orchestration.at_rest import nodes_at_rest
from orchestration.refresh import decide
from tests.refresh.warehouse import Warehouse
from tests.small_desk import AS_OF, DESK, write_desk

NOW = datetime.fromisoformat(AS_OF)
CALL = {"call_id": "late", "agent_id": "a", "started_at": "2024-02-01T05:00:00Z"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> tuple[Warehouse, Path]:
    """A warehouse whose models are whole; a call waits for its time to come."""
    root = tmp_path_factory.mktemp("at_rest")
    calls = [*DESK.get("calls", []), CALL | {"direction": "inbound", "outcome": "missed"}]
    landing = write_desk(root / "landing", {**DESK, "calls": calls})
    warehouse = Warehouse(root / "warehouse.duckdb", root / "target")
    warehouse.refresh(landing, NOW)
    return warehouse, landing


@pytest.fixture
def resting(desk, tmp_path: Path):
    """What rests after some tables have landed anew; the warehouse itself stays as it is."""
    warehouse, landing = desk
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(warehouse.database.read_bytes())

    def asked(new: dict[str, list[dict]], is_full: bool = False) -> set[str]:
        for table, rows in new.items():
            (landing / table).mkdir(exist_ok=True)
            lines = [json.dumps(row) + "\n" for row in rows]
            (landing / table / "new.jsonl").write_text("".join(lines))
        with duckdb.connect(copy) as connection:
            load_landing(connection, landing)
            later = NOW + timedelta(hours=1)
            refresh = decide(connection, later, warehouse.settings, is_full)
            write_build(connection, "test", later, later, refresh.previous_as_of, refresh.rebuilt)
            nodes = nodes_at_rest(connection)
        for table in new:
            (landing / table / "new.jsonl").unlink()
        return {node["name"] for node in nodes}

    return asked


def test_what_nothing_landed_for_rests_and_what_moves_with_the_clock_does_not(resting) -> None:
    names = resting({})
    assert {"dim_teams", "dim_contacts", "int_agents_refused", "unique_dim_teams_team_key"} <= names
    assert {"stg_generic__tickets", "fct_tickets", "fct_messages", "build_log"}.isdisjoint(names)
    # Availability that has no end lasts until the build's clock.
    assert "fct_agent_availability" not in names
    # A test of two models rests only if both do.
    assert "fct_tickets_related" not in {name.split(".")[0] for name in names}


def test_views_always_rest(resting) -> None:
    assert {"stg_generic__teams", "int_teams_unioned", "int_builds_current"} <= resting({})


def test_all_that_reads_a_table_runs_when_a_row_of_it_lands(resting) -> None:
    names = resting({"companies": [{"company_id": "new", "name": "New"}]})
    assert {"int_companies_refused", "dim_companies"}.isdisjoint(names)
    assert {"dim_teams", "int_teams_refused", "unique_dim_teams_team_key"} <= names


def test_a_table_with_rows_that_wait_for_their_time_does_not_rest(resting) -> None:
    names = resting({})
    assert "int_calls_refused" not in names
    assert "int_surveys_refused" in names


def test_a_full_build_leaves_nothing(resting) -> None:
    assert not resting({}, is_full=True)
