"""The definitions as Dagster loads them, and the job under a real instance."""

import json
import re
from pathlib import Path

import dagster as dg
import duckdb

from ingestion.contract import landed_tables
from orchestration.assets.landing import BOOKS, raw_key
from orchestration.compare import compare_marts
from orchestration.dbt_project import ensure_manifest
from orchestration.definitions import definitions, defs
from orchestration.resources import BuildResource
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


def test_every_dbt_test_is_a_check_of_an_asset() -> None:
    nodes = json.loads(ensure_manifest().read_text())["nodes"].values()
    tests = {node["name"] for node in nodes if node["resource_type"] == "test"}
    checks = {key.name for key in defs.resolve_asset_graph().asset_check_keys}
    assert len(tests) > 50
    assert tests <= checks


def test_definitions_is_short() -> None:
    source = Path(__file__).parents[2] / "orchestration" / "definitions.py"
    assert len(source.read_text().splitlines()) < 60


def test_the_job_publishes_and_records_its_steps(
    landing: Path, output: Path, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """It publishes what the command does."""
    build = BuildResource(landing=str(landing), output=str(tmp_path), as_of=AS_OF)
    job = definitions(build).resolve_job_def("refresh")
    keys = job.asset_layer.executable_asset_keys - {dg.AssetKey("dashboards")}
    result = job.execute_in_process(asset_selection=sorted(keys), instance=instance)
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert len(checks) > 50
    assert all(check.passed for check in checks)
    assert_measured(result, tmp_path)
    with published(tmp_path) as connection:
        (build_id,) = connection.execute("select build_id from marts.build_log").fetchone()
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z", build_id)
    assert compare_marts(tmp_path / "marts.duckdb", output / "marts.duckdb") == []


def assert_measured(result: dg.ExecuteInProcessResult, output: Path) -> None:
    """Every asset says its seconds, and every table its rows, as they are in the warehouse.

    What the gate and the refresh note in `landing` for themselves is no asset.
    """
    books = [book.path[-1] for book in BOOKS]
    with duckdb.connect(output / ".work" / "warehouse.duckdb", read_only=True) as connection:
        tables = connection.execute(
            """select schema_name, table_name from duckdb_tables()
            where schema_name != 'landing' or list_contains(?, table_name)""",
            [books],
        ).fetchall()
        rows = {
            table: connection.execute(f"select count(*) from {schema}.{table}").fetchone()
            for schema, table in tables
        }
    told: dict[str, dict] = {}
    raw = {raw_key(table): table for table in landed_tables()}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            name = raw.get(event.asset_key, event.asset_key.path[-1])
            told[name] = dict(event.materialization.metadata)
        if event.event_type == dg.DagsterEventType.ASSET_OBSERVATION:
            told[event.asset_key.path[-1]] |= (
                event.asset_observation_data.asset_observation.metadata
            )
    assert rows.keys() < told.keys()
    ran = {name for name, metadata in told.items() if "at rest" not in metadata}
    # Of help desks that have not landed.
    assert {name.split("_")[0] for name in told.keys() - ran} == {"base", "stg"}
    assert all(told[name]["seconds"].value >= 0 for name in ran)
    assert {name: (told[name]["dagster/row_count"].value,) for name in rows} == rows
    published_rows = sum(rows[table][0] for schema, table in tables if schema == "marts")
    assert told["published_marts"]["dagster/row_count"].value == published_rows
