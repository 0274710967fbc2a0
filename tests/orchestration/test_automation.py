"""Automation: schedules, sensors, retries, freshness."""

import fcntl
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

import helpdesk.core.build
from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import PROJECT_ROOT
from orchestration import jobs
from orchestration.automation import FRESHNESS
from orchestration.definitions import definitions, defs
from orchestration.resources import BuildResource
from orchestration.sensors import failure_sensor, landing_sensor
from tests.orchestration.receivers import web_server
from tests.small_desk import AS_OF, DESK, write_desk

SCHEDULES = {
    "hourly_refresh": "refresh",
    "nightly_full_check": "nightly_check",
    "weekly_vacuum": "vacuum",
    "hourly_digests": "digests",
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_stopped_until_started_and_asks_for_its_job(name: str) -> None:
    schedule = defs.resolve_schedule_def(name)
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2024, 1, 1, tzinfo=UTC))
    assert schedule.job_name == SCHEDULES[name]
    assert schedule.evaluate_tick(context).run_requests


def test_only_the_failure_sensor_is_on_by_default() -> None:
    repository = defs.get_repository_def()
    assert {schedule.name for schedule in repository.schedule_defs} == set(SCHEDULES)
    running = {
        sensor.name: sensor.default_status == dg.DefaultSensorStatus.RUNNING
        for sensor in repository.sensor_defs
    }
    assert running == {"landing_changed": False, "run_failed": True}


def test_published_assets_have_a_freshness_policy() -> None:
    for key in (dg.AssetKey("published_marts"), dg.AssetKey("dashboards")):
        assert defs.resolve_assets_def(key).specs_by_key[key].freshness_policy == FRESHNESS


def test_every_step_that_opens_the_warehouse_waits_for_the_one_writer() -> None:
    for name in SCHEDULES.values():
        for node in defs.resolve_job_def(name).all_node_defs:
            # Dashboards and alerts read only the published file; fetching writes only to the landing folder.
            alerts = ("published_marts_due_soon_alerts", "published_marts_measure_alerts")
            if node.name not in ("dashboards", "vendor_files", *alerts):
                assert node.pool == jobs.WRITERS, node.name


def test_the_definitions_load_from_another_folder_without_variables(
    tmp_path: Path,
) -> None:
    """Load the definitions like a code server, before anything is configured."""
    code = "from orchestration.definitions import defs; print(len(defs.get_repository_def().job_names))"
    run_code(code, tmp_path)


def run_code(code: str, folder: Path, **variables: object) -> str:
    """The output of code in a new process that has only these variables of the project."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HELPDESK_")}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")]
    )
    environment |= {name: str(value) for name, value in variables.items()}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_run_has_the_accounts_and_fields_of_the_code_server(tmp_path: Path) -> None:
    """Dagster gives the process of a run the environment of the code server."""
    read = (
        "from helpdesk.core.accounts import account_names; "
        "from helpdesk.load.own_fields import own_fields; "
        "own = [list(account_names()), [one['name'] for one in own_fields()]]; "
    )
    settings, landing = tmp_path / "helpdesk.yml", tmp_path / "landing"
    settings.write_text("fields: [{field: plan}]")
    (landing / "hubspot_emea").mkdir(parents=True)
    configured = {"HELPDESK_CONFIG": settings, "HELPDESK_LANDING": landing}
    loaded = run_code(
        "import json, os, orchestration.definitions; "
        f"{read} print(json.dumps([own, dict(os.environ)]))",
        tmp_path,
        **configured,
    )
    server, environment = json.loads(loaded)
    assert server == [["hubspot_emea"], ["plan"]]
    settings.write_text("fields: [{field: plan}, {field: area}]")
    (landing / "zendesk_us").mkdir()
    given = {name: of for name, of in environment.items() if name.startswith("HELPDESK_")}
    run = run_code(f"import json; {read} print(json.dumps(own))", tmp_path, **given)
    assert json.loads(run) == server
    fresh = run_code(f"import json; {read} print(json.dumps(own))", tmp_path, **configured)
    assert json.loads(fresh) == [["hubspot_emea", "zendesk_us"], ["plan", "area"]]


class Looks:
    """Evaluates the landing sensor repeatedly, like the daemon."""

    def __init__(self, landing: Path, instance: dg.DagsterInstance, settle: float = 0) -> None:
        build = BuildResource(landing=str(landing), output="unused")
        self.sensor = landing_sensor(build, timedelta(seconds=settle))
        self.instance = instance
        self.cursor: str | None = None

    def __call__(self) -> str:
        """A run key, or the reason why there is none."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = self.sensor(context)
        if isinstance(result, dg.SkipReason):
            return result.skip_message or ""
        self.cursor = result.cursor
        requests = result.run_requests or []
        assert len(requests) < 2
        return requests[0].run_key if requests else result.skip_reason.skip_message


NOTHING_NEW = "nothing has changed since the last requested refresh"


def test_changed_files_request_one_refresh_each_time(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    landing = write_desk(tmp_path, DESK)
    look = Looks(landing, instance)
    first = look()
    assert look() == NOTHING_NEW
    before = (landing / "agents.jsonl").read_text()
    (landing / "agents.jsonl").write_text(before + '{"agent_id": "b"}\n')
    second = look()
    assert look() == NOTHING_NEW
    # A copy that keeps times: the same files as at first, which must be loaded again.
    (landing / "teams.jsonl").unlink()
    third = look()
    assert look() == NOTHING_NEW
    assert len({first, second, third, NOTHING_NEW}) == 4
    # Not a file of the contract: it requests no refresh.
    (landing / "notes.txt").write_text("hello")
    (landing / ".tickets.csv.part").write_text("ticket_id")
    assert look() == NOTHING_NEW


def test_files_that_are_still_written_are_waited_for(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    landing = write_desk(tmp_path, DESK)
    look = Looks(landing, instance, settle=1)
    assert look() == "changed; quiet for 0 of 1 seconds"
    time.sleep(0.7)
    with open(landing / "agents.jsonl", "a") as file:
        file.write('{"agent_id": "b"}\n')
    assert look() == "changed; quiet for 0 of 1 seconds"
    time.sleep(0.7)
    assert look() == "changed; quiet for 0 of 1 seconds"
    time.sleep(0.4)
    assert "changed" not in look()


def test_no_second_refresh_is_requested_while_one_runs(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    look = Looks(write_desk(tmp_path, DESK), instance)
    build = BuildResource(landing=str(tmp_path), output=str(tmp_path / "output"))
    job = definitions(build).resolve_job_def("refresh")
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert look() == "changed; a refresh is in progress"
    instance.report_run_canceled(run)
    assert "changed" not in look()


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"seen": 1, "other": 2}'])
def test_an_unreadable_cursor_counts_as_empty(
    cursor: str, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    look = Looks(write_desk(tmp_path, DESK), instance)
    look.cursor = cursor
    assert "changed" not in look()


def test_a_folder_that_is_not_there_is_reported_with_its_remedy(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "set HELPDESK_LANDING" in Looks(tmp_path / "none", instance)()
    assert "table tickets is missing" in Looks(tmp_path, instance)()
    monkeypatch.delenv("HELPDESK_LANDING", raising=False)
    sensor = defs.resolve_sensor_def("landing_changed")
    skipped = sensor(dg.build_sensor_context(instance=instance))
    assert "set HELPDESK_LANDING" in (skipped.skip_message or "")


def run_of(build: BuildResource, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = definitions(build).resolve_job_def("refresh")
    keys = job.asset_layer.executable_asset_keys - {dg.AssetKey("dashboards")}
    return job.execute_in_process(
        asset_selection=sorted(keys), instance=instance, raise_on_error=False
    )


def alarm(
    build: BuildResource, result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> dg.SkipReason | None:
    """The failure sensor as the daemon calls it for a run that has failed."""
    [event] = [event for event in result.all_events if event.is_job_failure]
    run = instance.get_run_by_id(result.run_id)
    assert run
    context = dg.build_run_status_sensor_context(
        "run_failed", event, instance, run
    ).for_run_failure()
    return failure_sensor(build)(context)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "helpdesk.yml"
    file.write_text("alerts: {webhook_env: HOOK}\n")
    return file


def test_a_run_that_finds_the_folder_busy_is_run_again_and_not_reported(
    landing: Path,
    tmp_path: Path,
    settings: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build = BuildResource(
        landing=str(landing), output=str(tmp_path / "output"), config=str(settings)
    )
    paths = OutputPaths(tmp_path / "output")
    paths.work.mkdir(parents=True)
    with open(paths.lock, "w") as lock, web_server() as web:
        monkeypatch.setenv("HOOK", web.url)
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run_of(build, instance)
        skipped = alarm(build, result, instance)
    run = instance.get_run_by_id(result.run_id)
    assert run
    assert run.tags["dagster/will_retry"] == "true"
    assert isinstance(skipped, dg.SkipReason)
    assert web.posted == []


def test_a_step_that_fails_is_not_run_again_and_reported_in_its_own_words(
    tmp_path: Path, settings: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "landing"
    empty.mkdir()
    build = BuildResource(landing=str(empty), output=str(tmp_path / "output"), config=str(settings))
    result = run_of(build, instance)
    run = instance.get_run_by_id(result.run_id)
    assert run
    assert run.tags["dagster/will_retry"] == "false"
    with web_server() as web:
        monkeypatch.setenv("HOOK", web.url)
        assert alarm(build, result, instance) is None
    [(_, body)] = web.posted
    alert = json.loads(body)
    assert alert["job"] == "refresh"
    assert alert["run_id"] == result.run_id
    [failure] = alert["failures"]
    assert failure.startswith(f"load: {empty}: 3 problems.")
    assert "table tickets is missing; add" in failure


def test_a_gate_that_fails_is_reported_with_what_it_found(
    tmp_path: Path, settings: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = DESK | {"tickets": [{"ticket_id": "1", "created_at": "a secret", "status_id": "new"}]}
    folder = write_desk(tmp_path / "landing", desk)
    output = tmp_path / "output"
    build = BuildResource(
        landing=str(folder), output=str(output), config=str(settings), as_of=AS_OF
    )
    result = run_of(build, instance)
    assert not result.success
    with web_server() as web:
        monkeypatch.setenv("HOOK", web.url)
        alarm(build, result, instance)
    [(_, body)] = web.posted
    [failed] = [line for line in json.loads(body)["failed_checks"] if "created_at" in line]
    assert failed.startswith("generic tickets: created_at is an ISO 8601 time")
    assert "1 of 1 rows unusable" in failed
    assert b"a secret" not in body
    # The gate blocks: dbt has not run, and the page has the reason.
    assert not any(key.path[-1] == "fct_tickets" for key in materialized(result))
    assert "1 of 1 rows unusable" in (output / "gate" / "index.html").read_text()


def materialized(result: dg.ExecuteInProcessResult) -> set[dg.AssetKey]:
    return {
        event.asset_key
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key
    }


HOLD = """
import duckdb, sys, time
with duckdb.connect(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.readline()
"""


def test_loading_waits_for_another_program_to_close_the_warehouse(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(helpdesk.core.build, "BUSY_WAIT_SECONDS", 1)
    monkeypatch.setattr(helpdesk.core.build, "BUSY_RETRIES", 2)
    build = BuildResource(
        landing=str(write_desk(tmp_path / "landing", DESK)), output=str(tmp_path / "out")
    )
    paths = OutputPaths(tmp_path / "out")
    paths.work.mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, paths.warehouse],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        result = run_of(build, instance)
        holder.communicate("\n")
    assert capfd.readouterr().err.count("Trying again in 1 seconds") == 2
    [error] = [e.event_specific_data.error for e in result.all_events if e.is_step_failure]
    assert f"PID {holder.pid}" in str(error)
