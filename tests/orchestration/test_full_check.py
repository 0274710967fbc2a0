"""The full check fails after a single wrong value. That it passes: `tests/refresh/test_hazards.py`."""

import re
import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from helpdesk.alerts.failures import failure_line
from helpdesk.core.paths import OutputPaths
from helpdesk.load.changes import mark_started
from orchestration.definitions import definitions
from orchestration.resources import BuildResource
from tests.conftest import run_helpdesk


@pytest.fixture
def copied(output: Path, tmp_path: Path) -> OutputPaths:
    shutil.copytree(output, tmp_path / "output", symlinks=True)
    return OutputPaths(tmp_path / "output")


def test_a_changed_value_and_a_deleted_row_fail_it(copied: OutputPaths) -> None:
    with duckdb.connect(copied.candidate) as connection:
        connection.execute(
            "update marts.fct_tickets set reopen_count = reopen_count + 1 where ticket_id = '1'"
        )
    # As if a build had published it.
    copied.published.resolve().chmod(0o644)
    with duckdb.connect(copied.published) as connection:
        connection.execute("delete from marts.dim_teams where team_id = 't2'")
    done = run_helpdesk("check", "--output", copied.root, check=False)
    assert done.returncode == 4
    output = " ".join(done.stderr.split())
    assert (
        "candidate: fct_tickets: 1 rows only left, 1 only right; differing in reopen_count;"
        " only left: ticket_key generic:1, ticket_id 1," in output
    )
    assert (
        "published: dim_teams: 0 rows only left, 1 only right; "
        "only right: team_key generic:t2, team_id t2" in output
    )
    # Nothing else except the report on the changed rows.
    assert re.findall(r"(candidate|published): (\w+): \d+ rows only left", output) == [
        ("candidate", "fct_tickets"),
        ("candidate", "rpt_reopens"),
        ("published", "dim_teams"),
    ]
    assert not copied.check.exists()


@pytest.mark.long
def test_the_nightly_job_fails_with_the_differences(
    copied: OutputPaths, landing: Path, instance: dg.DagsterInstance
) -> None:
    with duckdb.connect(copied.candidate) as connection:
        connection.execute("delete from marts.fct_tickets where ticket_id = '5'")
    build = BuildResource(landing=str(landing), output=str(copied.root))
    job = definitions(build).resolve_job_def("nightly_check")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    [failed] = [event for event in result.all_events if event.is_step_failure]
    output = failure_line("nightly", failed.event_specific_data.error)
    assert output.startswith(f"nightly: {copied.root}: differs from a full build:")
    assert "fct_tickets: 0 rows only left, 1 only right" in output


def test_a_build_that_did_not_pass_is_not_compared(copied: OutputPaths) -> None:
    with duckdb.connect(copied.warehouse) as connection:
        connection.execute("update landing.builds set build_id = 'another'")
    done = run_helpdesk("check", "--output", copied.root, check=False)
    assert done.returncode == 1
    assert "the last build, another, was not published" in " ".join(done.stderr.split())


def test_missing_files_are_reported(copied: OutputPaths) -> None:
    with duckdb.connect(copied.warehouse) as connection:
        mark_started(connection)
    done = run_helpdesk("check", "--output", copied.root, check=False)
    assert done.returncode == 1
    assert "the last build did not pass; run `helpdesk build`" in " ".join(done.stderr.split())
    copied.candidate.unlink()
    done = run_helpdesk("check", "--output", copied.root, check=False)
    assert done.returncode == 1
    assert "helpdesk.duckdb: is missing; run `helpdesk build`" in " ".join(done.stderr.split())
    with duckdb.connect(copied.warehouse):
        busy = run_helpdesk("check", "--output", copied.root, check=False)
    assert busy.returncode == 75
    assert "work.duckdb: open in" in " ".join(busy.stderr.split())
