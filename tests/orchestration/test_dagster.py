"""The definitions as Dagster loads them, and the job under a real instance."""

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest

from helpdesk.contract.tables import landed_tables, load_log_tables
from helpdesk.core import sql
from helpdesk.core.paths import OutputPaths
from helpdesk.publish.compare import compare_marts
from helpdesk.transform.manifest import ensure_manifest
from orchestration.assets.raw import LOAD_LOG_KEYS, raw_key
from orchestration.dbt_manifest import manifest
from orchestration.definitions import definitions, defs
from orchestration.measured import ROWS
from orchestration.resources import BuildResource
from tests.conftest import published
from tests.small_desk import AS_OF, DESK

GOLDEN = Path(__file__).parents[1] / "golden" / "asset_graph.txt"


def graph_lines() -> list[str]:
    """Every asset with what it reads, sorted: the shape of the graph as text."""
    graph = defs.resolve_asset_graph()
    lines = []
    for key in graph.get_all_asset_keys():
        parents = sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
        lines.append(f"{key.to_user_string()} <- {', '.join(parents)}".rstrip(" <-"))
    return sorted(lines)


def test_the_asset_graph_equals_the_golden_file() -> None:
    """If a change of the graph is intended, write tests/golden/asset_graph.txt again and review it."""
    assert "\n".join(graph_lines()) + "\n" == GOLDEN.read_text()


def test_every_raw_suite_blocks_what_is_downstream() -> None:
    graph = defs.resolve_asset_graph()
    gates = [key for key in graph.asset_check_keys if key.name == "great_expectations"]
    assert len(gates) > 5
    assert all(graph.get_check_spec(key).blocking for key in gates)


def test_every_dbt_test_is_a_check_of_an_asset() -> None:
    nodes = json.loads(ensure_manifest().read_text())["nodes"].values()
    tests = {node["alias"] for node in nodes if node["resource_type"] == "test"}
    checks = {key.name for key in defs.resolve_asset_graph().asset_check_keys}
    assert {"keys_are_unique", "keys_lead_to_rows"} <= tests
    assert tests <= checks


def test_each_asset_has_a_description_an_owner_a_kind_and_a_group() -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.kinds, key
        assert node.owners == ["team:support-analytics"], key
        assert node.group_name != "default", key


def test_each_check_has_a_short_name_and_a_description() -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.asset_check_keys:
        assert len(key.name) < 64, key
        assert graph.get_check_spec(key).description, key


def test_a_dbt_test_without_a_name_goes_by_its_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt names such a test after its arguments. The long name becomes the description."""
    long_name = "relationships_columns_" + "ticket_key__" * 30
    test = {"resource_type": "test", "name": long_name, "alias": "relationships_1f", "meta": {}}
    file = {"nodes": {"test.one": test}, "sources": {}}
    monkeypatch.setattr(
        "orchestration.dbt_manifest.ensure_manifest",
        lambda: SimpleNamespace(read_text=lambda: json.dumps(file)),
    )
    read = manifest.__wrapped__()["nodes"]["test.one"]
    assert read["name"] == "relationships_1f"
    assert read["meta"]["description"] == f"dbt test {long_name}"


def test_groups_are_layers_and_the_published_marts_depend_on_marts_alone() -> None:
    graph = defs.resolve_asset_graph()
    groups = {graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert {"raw", "staging", "intermediate", "marts_core", "published"} <= groups
    parents = graph.get(dg.AssetKey("published_marts")).parent_keys
    assert {key.path[0] for key in parents} == {"marts"}
    assert parents == {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}


def test_each_table_of_the_load_log_that_models_read_is_an_asset() -> None:
    """The load step writes all but `revisits`: a build writes that one for the next build."""
    graph = defs.resolve_asset_graph()
    keys = {key for key in graph.get_all_asset_keys() if key.path[0] == "landing"}
    assert {key.path[1] for key in keys} == {*load_log_tables()}
    assert {key for key in keys if not graph.get(key).is_materializable} == {
        dg.AssetKey(["landing", "revisits"])
    }


def test_definitions_is_short() -> None:
    source = Path(__file__).parents[2] / "orchestration" / "definitions.py"
    assert len(source.read_text().splitlines()) < 60


LATE = {"ticket_id": "late", "created_at": "2024-01-31T09:00:00Z", "status_id": "new"}
LATER = "2024-02-01T01:00:00Z"


@pytest.mark.slow
def test_the_job_publishes_the_same_as_the_command_and_then_the_changes(
    landing: Path, output: Path, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """First a full build, then a refresh that skips most models."""
    paths = OutputPaths(tmp_path / "output")
    files = shutil.copytree(landing, tmp_path / "landing")
    first = refreshed(
        BuildResource(landing=str(files), output=str(paths.root), as_of=AS_OF), instance
    )
    metadata = assert_measured(first, paths)
    # Models of help desks without landing files.
    assert {name.split("_")[0] for name in unchanged(metadata)} == {"base"}
    assert (metadata["changes"][ROWS].value, metadata["files"][ROWS].value) == (0, len(DESK))
    assert build_of(paths) == (AS_OF, 5)
    assert compare_marts(paths.published, output / "helpdesk.duckdb") == []

    (files / "tickets").mkdir()
    (files / "tickets" / "late.jsonl").write_text(json.dumps(LATE))
    again = refreshed(
        BuildResource(landing=str(files), output=str(paths.root), as_of=LATER), instance
    )
    metadata = assert_measured(again, paths)
    assert metadata["changes"][ROWS].value == 1
    assert {"fct_tickets", "int_changed_tickets"} <= metadata.keys() - unchanged(metadata)
    assert {"rpt_tickets_created", "base_zendesk__tickets", "int_tickets_valid"} <= unchanged(
        metadata
    )
    assert len(unchanged(metadata)) > len(metadata) / 2
    assert checks_of(again) == checks_of(first)
    assert build_of(paths) == (LATER, 6)


def refreshed(build: BuildResource, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Run the job without the pages; every model and check has its event."""
    job = definitions(build).resolve_job_def("refresh")
    keys = job.asset_layer.executable_asset_keys - {dg.AssetKey("dashboards")}
    result = job.execute_in_process(asset_selection=sorted(keys), instance=instance)
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert all(check.passed for check in checks)
    assert checks_of(result) >= {
        (key.asset_key, key.name)
        for key in job.asset_layer.asset_graph.asset_check_keys
        if key.name != "great_expectations"
    }
    materialized = [
        event.asset_key
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION
    ]
    assert len(materialized) == len(set(materialized))
    assert keys == set(materialized)
    return result


def checks_of(result: dg.ExecuteInProcessResult) -> set[tuple[dg.AssetKey, str]]:
    """The checks that a run has evaluated, without the gate: it checks new rows only."""
    return {
        (check.asset_key, check.check_name)
        for check in result.get_asset_check_evaluations()
        if check.check_name != "great_expectations"
    }


def build_of(paths: OutputPaths) -> tuple[str, int]:
    """The as_of of the published build, and its number of tickets."""
    with published(paths.root) as connection:
        build_id, as_of = connection.execute(
            "select build_id, as_of from marts.build_log"
        ).fetchone()
        (tickets,) = connection.execute("select count(*) from marts.fct_tickets").fetchone()
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z", build_id)
    return as_of.isoformat() + "Z", tickets


def unchanged(assets: dict[str, dict]) -> set[str]:
    """The models that dbt skipped."""
    return {name for name, metadata in assets.items() if "unchanged" in metadata}


def assert_measured(result: dg.ExecuteInProcessResult, paths: OutputPaths) -> dict[str, dict]:
    """Every asset reports its seconds, and every table its rows, as they are in the files.

    Other tables of schema `landing` are not assets, and the list of changes is empty after dbt has
    run on them. Returns the metadata of every asset.
    """
    kept = {key.path[-1] for key in LOAD_LOG_KEYS} - {"changes", "reordered"}
    rows = {}
    for file in (paths.warehouse, paths.candidate):
        with duckdb.connect(file, read_only=True) as connection:
            for (schema, table), count in sql.table_rows(connection).items():
                if schema != "landing" or table in kept:
                    rows[schema, table] = count
    metadata: dict[str, dict] = {}
    raw = {raw_key(table): table for table in landed_tables()}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            name = raw.get(event.asset_key, event.asset_key.path[-1])
            metadata[name] = dict(event.materialization.metadata)
        if event.event_type == dg.DagsterEventType.ASSET_OBSERVATION:
            metadata[event.asset_key.path[-1]] |= (
                event.asset_observation_data.asset_observation.metadata
            )
    assert all(
        metadata[name]["seconds"].value >= 0 for name in metadata.keys() - unchanged(metadata)
    )
    assert {table: metadata[table][ROWS].value for _, table in rows} == {
        table: count for (_, table), count in rows.items()
    }
    published_rows = sum(count for (schema, _), count in rows.items() if schema == "marts")
    assert metadata["published_marts"][ROWS].value == published_rows
    return metadata
