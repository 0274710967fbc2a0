"""The work that a build skips, measured by its processes and loaded modules."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.transform.dbt_results import DbtResult, Outcome, read_results
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.project import dbt_project
from helpdesk.transform.runner import dbt_command, dbt_vars, start_parsed
from tests.conftest import published, run_helpdesk
from tests.small_desk import AS_OF

WATCHED = """
import json, sys
started = []
def note(event, args):
    if event == "subprocess.Popen":
        started.append([str(arg) for arg in args[1]])
sys.addaudithook(note)
from helpdesk.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    code = end.code
loaded = [name for name in ("great_expectations", "dagster", "pandas") if name in sys.modules]
print(json.dumps({"code": code, "started": started, "loaded": loaded}))
"""
LATE = {"ticket_id": "late", "created_at": "2024-01-02T00:00:00Z", "status_id": "new"}
REPARSED = "Unable to do partial parsing"
# A node costs dbt some 50 ms of processor, whatever it does.
NODES_OF_A_FULL_BUILD = 197
NODES_OF_NOTHING_NEW = 68


def watched_helpdesk(*args: object) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *map(str, args)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_build_of_what_has_passed_loads_nothing_heavy_and_starts_dbt_once(
    landing: Path, output: Path
) -> None:
    seen = watched_helpdesk("build", "--landing", landing, "--output", output, "--as-of", AS_OF)
    assert (seen["code"], seen["loaded"]) == (0, [])
    of_dbt = [command for command in seen["started"] if any("dbt" in part for part in command)]
    # Whichever interpreter it is.
    _, *expected = dbt_command("build")
    assert [command[1 : 1 + len(expected)] for command in of_dbt] == [expected]
    assert len(nodes_run(output)) <= NODES_OF_NOTHING_NEW


def test_a_full_build_runs_few_nodes(first_build: Path) -> None:
    nodes = nodes_run(first_build / "output")
    assert {"fct_tickets", "rpt_tickets_created", "keys_are_unique"} <= nodes.keys()
    # No node of help desks without landing files.
    assert not [name for name in nodes if name.startswith("base_")]
    assert len(nodes) <= NODES_OF_A_FULL_BUILD


def nodes_run(output: Path) -> dict[str, DbtResult]:
    """The results of the last build, by the name of the node."""
    results = read_results(OutputPaths(output).dbt_target)
    assert {result.outcome for result in results} == {Outcome.PASSED}
    return {result.name: result for result in results}


def test_help_loads_nothing_heavy() -> None:
    assert watched_helpdesk("build", "--help") == {"code": 0, "started": [], "loaded": []}


def test_a_new_output_starts_from_the_project_as_it_was_parsed(first_build: Path) -> None:
    work = first_build / "output" / ".work"
    log = (work / "build.log").read_text()
    # dbt names the adapter when it has read the project: once to parse, once to run.
    assert log.count("Registered adapter") == 2
    assert REPARSED not in log
    written = {path.name for path in (work / "dbt").rglob("*") if path.is_file()}
    # No log and no manifest, which nothing reads. dbt parse writes two small reports.
    assert {name for name in written if not name.endswith(".sql")} <= {
        "graph_summary.json",
        "partial_parse.msgpack",
        "perf_info.json",
        "results.json",
    }


def test_a_broken_file_fails_until_it_is_corrected_whatever_passed_before(
    copied_desk: tuple[Path, Path],
) -> None:
    landing, output = copied_desk
    arguments = ("build", "--landing", landing, "--output", output, "--as-of", AS_OF)
    before = (output / "current").readlink()
    more = landing / "tickets" / "2.jsonl"
    more.parent.mkdir()

    more.write_text(json.dumps(LATE | {"created_at": "02/01/2024"}) + "\n")
    for _ in range(2):
        done = run_helpdesk(*arguments, check=False)
        assert done.returncode == 4
        assert ": 1 of 1 rows unusable in tickets/2.jsonl" in done.stderr
        assert (output / "current").readlink() == before

    more.write_text(json.dumps(LATE) + "\n")
    run_helpdesk(*arguments)
    with published(output) as connection:
        assert connection.sql("select count(*) from marts.fct_tickets").fetchone() == (6,)


def run_dbt(target: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    places = ["--profiles-dir", ".", "--target-path", str(target)]
    return subprocess.run(
        [*dbt_command(*args), *places],
        cwd=dbt_project(),
        env={**os.environ, "DO_NOT_TRACK": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("settings", "is_parsed_again"),
    [(Settings(), False), (Settings(report_timezone="Europe/Berlin"), True)],
)
def test_dbt_parses_again_for_other_settings_and_not_for_another_path(
    tmp_path: Path, settings: Settings, is_parsed_again: bool
) -> None:
    ensure_manifest()
    start_parsed(tmp_path)
    warehouse = tmp_path / "elsewhere"
    done = run_dbt(
        tmp_path,
        *("parse", *dbt_vars(settings)),
        HELPDESK_WAREHOUSE=str(warehouse),
        HELPDESK_MEMORY_LIMIT="3GB",
        HELPDESK_THREADS="3",
        DBT_LOG_FORMAT="json",
    )
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert "debug" not in {event["info"]["level"] for event in events}
    assert any(REPARSED in event["info"]["msg"] for event in events) == is_parsed_again


def test_dbt_says_what_is_wrong_with_a_command(tmp_path: Path) -> None:
    done = run_dbt(tmp_path, "build", "--luck")
    assert (done.returncode, "No such option" in done.stdout, "--luck" in done.stdout) == (
        1,
        True,
        True,
    )
