"""The definitions as Dagster loads them, and the job under a real instance."""

import re
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import definitions, defs
from orchestration.resources import Build
from tests.conftest import published
from tests.small_desk import AS_OF

GOLDEN = Path(__file__).parents[1] / "golden" / "asset_graph.txt"


def graph_lines() -> list[str]:
    """Every asset with what it reads, sorted: the shape of the graph as text."""
    graph = defs.resolve_asset_graph()
    lines = []
    for key in graph.get_all_asset_keys():
        parents = sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
        lines.append(f"{key.to_user_string()} <- {', '.join(parents)}".rstrip(" <-"))
    return sorted(lines)


def test_the_asset_graph_is_the_one_on_record() -> None:
    """A change of the graph is meant: write tests/golden/asset_graph.txt anew and look at the diff."""
    assert "\n".join(graph_lines()) + "\n" == GOLDEN.read_text()


def test_every_raw_suite_blocks_what_is_downstream() -> None:
    graph = defs.resolve_asset_graph()
    gates = [key for key in graph.asset_check_keys if key.name == "great_expectations"]
    assert len(gates) > 5
    assert all(graph.get_check_spec(key).blocking for key in gates)


def test_the_schedule_asks_for_the_job() -> None:
    schedule = defs.resolve_schedule_def("hourly_refresh")
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2024, 1, 1, tzinfo=UTC))
    assert schedule.job_name == "refresh"
    assert schedule.evaluate_tick(context).run_requests


def test_definitions_is_short() -> None:
    source = Path(__file__).parents[2] / "orchestration" / "definitions.py"
    assert len(source.read_text().splitlines()) < 60


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("dagster_home")
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def test_the_job_publishes_and_records_its_steps(
    landing: Path, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    build = Build(landing=str(landing), output=str(tmp_path), as_of=AS_OF)
    job = definitions(build).resolve_job_def("refresh")
    keys = job.asset_layer.executable_asset_keys - {dg.AssetKey("dashboards")}
    result = job.execute_in_process(asset_selection=sorted(keys), instance=instance)
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert len(checks) > 50
    assert all(check.passed for check in checks)
    event = instance.get_latest_materialization_event(dg.AssetKey("published_marts"))
    assert event.asset_materialization.metadata["rows"].value > 0
    with published(tmp_path) as connection:
        (build_id,) = connection.execute("select build_id from marts.build_log").fetchone()
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z", build_id)
