"""The generic data tests: on a warehouse that passes them all, spoilt on purpose, each finds what is wrong."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from helpdesk.project import DBT_PROJECT
from orchestration.dbt_project import DBT, start_parsed
from orchestration.engines import Connect
from orchestration.failed_tests import failing_rows, failing_rows_told

SPOILT = """
    -- An owner and a date nobody knows; a null leads nowhere, and `unknown` is left out by a `where`.
    update marts.fct_tickets set agent_key = 'generic:gone' where ticket_id in ('1', '2');
    update marts.fct_tickets set created_date = '1999-01-01', team_key = null where ticket_id = '3';
    insert into marts.fct_calls (ticket_key, outcome)
        values ('generic:lost', 'completed'), ('unknown', 'vanished'), (null, null);

    -- One of the sums of a report, and one figure of a summary.
    update marts.rpt_time_in_status set ended_duration_seconds = ended_duration_seconds + 7
        where status_key like '%:wait';
    update marts.rpt_summary_team set comparison_value = comparison_value + 1 where figure = 'tickets_open';

    -- A row that breaks both conditions, and one where a condition is null.
    update marts.fct_tickets set time_open_seconds = -1, status_state = 'open' where ticket_id = '1';
    update marts.fct_tickets set time_open_seconds = null where ticket_id = '2';

    insert into marts.rpt_tickets_created
        select * from marts.rpt_tickets_created where report_date = '2024-01-03';
"""
FOUND = {
    ("fct_tickets", "related"): {
        "column_name=agent_key, missing_value=generic:gone, missing_from=dim_agents.agent_key, row_count=2",
        "column_name=created_date, missing_value=1999-01-01, missing_from=dim_dates.date_day, row_count=1",
    },
    ("fct_calls", "related"): {
        "column_name=ticket_key, missing_value=generic:lost, missing_from=fct_tickets.ticket_key, row_count=1"
    },
    ("fct_calls", "accepted"): {
        "column_name=outcome, value_not_accepted=vanished, row_count=1",
    },
    ("rpt_time_in_status", "sums_equal"): {
        "measure=ended_duration_seconds, measured_where=, report_total=2678407, "
        "fact=fct_ticket_status_spells, fact_total=2678400",
    },
    ("rpt_summary_team", "sums_equal"): {
        "measure=comparison_value, measured_where=figure = 'tickets_open', report_total=2.0, "
        "fact=fct_ticket_status_spells, fact_total=1",
    },
    ("fct_tickets", "rows_satisfy"): {
        "conditions_broken=durations_are_not_negative, closed_means_closed_state, ticket_key=generic:1",
        "conditions_broken=durations_are_not_negative, ticket_key=generic:2",
    },
    ("fct_tickets", "filled"): {
        "column_name=team_key, rows_without=1",
        "column_name=time_open_seconds, rows_without=1",
    },
    ("rpt_tickets_created", "unique_together"): {"report_date=2024-01-03"},
    # Nothing is wrong here.
    ("fct_tickets", "accepted"): set(),
    ("rpt_time_to_close", "sums_equal"): set(),
    ("fct_response_cycles", "related"): set(),
}


@pytest.fixture(scope="module")
def spoilt(output: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spoilt warehouse and, in `target`, what dbt makes of it."""
    folder = tmp_path_factory.mktemp("spoilt")
    # A table's full name begins with that of its file.
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(output / ".work" / "warehouse.duckdb", warehouse)
    with duckdb.connect(warehouse) as connection:
        connection.execute(SPOILT)
    target = folder / "target"
    start_parsed(target)
    chosen = [f"{model},test_name:{kind}" for model, kind in FOUND]
    options = ["--indirect-selection", "eager", "--profiles-dir", ".", "--target-path", target]
    done = subprocess.run(
        [DBT, "--quiet", "test", "--select", *chosen, *options],
        cwd=DBT_PROJECT,
        env={**os.environ, "HELPDESK_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def tests(spoilt: Path) -> dict[tuple[str, str], str]:
    """How each line of a test that ran begins, by its model and kind."""
    nodes = json.loads((spoilt / "target" / "manifest.json").read_text())["nodes"]
    results = json.loads((spoilt / "target" / "run_results.json").read_text())["results"]
    return {
        (node["attached_node"].split(".")[-1], node["test_metadata"]["name"]):
            f"{node['name']} ({node['original_file_path']}): "
        for node in (nodes[result["unique_id"]] for result in results)
    }  # fmt: skip


@pytest.fixture(scope="module")
def lines(spoilt: Path) -> list[str]:
    return failing_rows(spoilt / "target", opening(spoilt / "warehouse.duckdb"))


def opening(warehouse: Path) -> Connect:
    return lambda: duckdb.connect(warehouse, read_only=True)


@pytest.mark.parametrize(("model", "kind"), FOUND)
def test_it_finds_what_is_wrong_and_nothing_else(
    tests: dict[tuple[str, str], str], lines: list[str], model: str, kind: str
) -> None:
    start = tests[model, kind]
    assert f"/{model}.yml" in start
    found = sorted(line.removeprefix(start) for line in lines if line.startswith(start))
    expected = sorted(FOUND[model, kind])
    assert len(found) == len(expected)
    # Of a row of the model itself, its beginning is enough.
    assert all(text.startswith(begun) for text, begun in zip(found, expected, strict=True))


def failing_dbt(writes: Path, results: bytes | None) -> None:
    """What dbt does where a test fails, or where it stops before it has results to write."""
    if results:
        writes.write_bytes(results)
    raise DagsterDbtCliRuntimeError(description="dbt failed")


@pytest.mark.parametrize("stops_early", [False, True])
def test_a_failure_goes_on_and_tells_what_its_own_run_found(
    spoilt: Path, lines: list[str], tmp_path: Path, stops_early: bool
) -> None:
    target = shutil.copytree(spoilt / "target", tmp_path / "target")
    path = target / "run_results.json"
    results = None if stops_early else path.read_bytes()
    told: list[str] = []
    with (
        pytest.raises(DagsterDbtCliRuntimeError),
        failing_rows_told(target, opening(spoilt / "warehouse.duckdb"), told.append),
    ):
        failing_dbt(path, results)
    assert lines
    assert told == ([] if stops_early else lines)
