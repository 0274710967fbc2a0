"""The full check: silent on a right warehouse, loud on one with a single wrong value."""

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from helpdesk.paths import OutputPaths
from orchestration.definitions import definitions
from orchestration.failures import said
from orchestration.resources import BuildResource
from tests.conftest import run_helpdesk


@pytest.fixture
def copied(output: Path, tmp_path: Path) -> OutputPaths:
    shutil.copytree(output, tmp_path / "output", symlinks=True)
    return OutputPaths(tmp_path / "output")


def test_a_right_warehouse_passes_and_what_is_served_stays(copied: OutputPaths) -> None:
    served = (copied.root / "marts.duckdb").read_bytes()
    done = run_helpdesk("check", "--output", copied.root)
    assert "every mart is what a full build gives" in done.stdout
    assert (copied.root / "marts.duckdb").read_bytes() == served
    assert not copied.check.exists()


def test_a_changed_value_and_a_deleted_row_fail_it(copied: OutputPaths) -> None:
    with duckdb.connect(copied.warehouse) as connection:
        connection.execute(
            "update marts.fct_tickets set reopen_count = reopen_count + 1 where ticket_id = '1'"
        )
    # As a build would have published it.
    with duckdb.connect(copied.current / "marts.duckdb") as connection:
        connection.execute("delete from marts.marts.dim_teams where team_id = 't2'")
    done = run_helpdesk("check", "--output", copied.root, check=False)
    assert done.returncode == 4
    told = " ".join(done.stderr.split())
    assert (
        "working warehouse: fct_tickets: 1 rows only left, 1 only right; differing in reopen_count;"
        " only left: ticket_key generic:1, ticket_id 1," in told
    )
    assert (
        "published: dim_teams: 0 rows only left, 1 only right; "
        "only right: team_key generic:t2, team_id t2" in told
    )
    assert told.count("rows only left") == 2
    assert not copied.check.exists()


def test_the_nightly_job_fails_with_the_differences(
    copied: OutputPaths, landing: Path, instance: dg.DagsterInstance
) -> None:
    with duckdb.connect(copied.warehouse) as connection:
        connection.execute("delete from marts.fct_tickets where ticket_id = '5'")
    build = BuildResource(landing=str(landing), output=str(copied.root))
    job = definitions(build).resolve_job_def("nightly_check")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    [failed] = [event for event in result.all_events if event.is_step_failure]
    told = said("nightly", failed.event_specific_data.error)
    assert told.startswith(f"nightly: {copied.root}: not what a full build gives:")
    assert "fct_tickets: 0 rows only left, 1 only right" in told


def test_a_build_that_did_not_pass_is_not_held_against_anything(copied: OutputPaths) -> None:
    with duckdb.connect(copied.warehouse) as connection:
        connection.execute("update landing.builds set build_id = 'another'")
    done = run_helpdesk("check", "--output", copied.root, check=False)
    assert done.returncode == 1
    assert "the last build, another, was not published" in " ".join(done.stderr.split())


def test_what_it_lacks_is_told(copied: OutputPaths) -> None:
    (copied.dbt_target / "run_results.json").unlink()
    done = run_helpdesk("check", "--output", copied.root, check=False)
    assert done.returncode == 1
    assert "run_results.json: is missing and had the settings" in " ".join(done.stderr.split())
    with duckdb.connect(copied.warehouse):
        busy = run_helpdesk("check", "--output", copied.root, check=False)
    assert busy.returncode == 75
    assert "warehouse.duckdb: open in" in " ".join(busy.stderr.split())
