"""Every dbt model, with its dbt tests as checks: a failing one stops what is downstream."""

import contextlib
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation

from helpdesk import sql
from ingestion.changes import mark_started, mark_whole
from orchestration.at_rest import (
    absent_nodes,
    each_once,
    leaving_out,
    nodes_at_rest,
    rebuilt_models,
)
from orchestration.dbt_cli import dbt
from orchestration.dbt_project import ensure_manifest
from orchestration.engines import Engine, engine_of
from orchestration.failed_tests import failing_rows_told
from orchestration.jobs import WRITERS
from orchestration.measured import rows_of_models, with_seconds
from orchestration.refresh import build_state
from orchestration.resources import Build, opened

__all__ = ["dbt", "modelled"]


class Layers(DagsterDbtTranslator):
    """Models without a group of their own, as all below the marts, are shown by their layer."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        layer: str = dbt_resource_props["schema"]
        return super().get_group_name(dbt_resource_props) or layer


LAYERS = Layers()
AT_REST = {"at rest": dg.MetadataValue.bool(True)}


@dbt_assets(
    manifest=ensure_manifest(),
    name="modelled",
    pool=WRITERS,
    dagster_dbt_translator=LAYERS,
)
def modelled(
    context: dg.AssetExecutionContext, build: Build, dbt: DbtCliResource
) -> Iterator[dg.Output | dg.MaterializeResult | dg.AssetCheckResult | dg.AssetObservation]:
    """Build and test the models in the working warehouse, or in a cluster."""
    engine = engine_of(build)
    # Unit tests hold the code, not the data: they run where the code is tested.
    args = ["build", "--exclude-resource-type", "unit_test", *engine.dbt_arguments()]
    with build.warehouse() as connection:
        # Whoever asks for some of the models gets them, changed or not.
        resting = [] if context.is_subset else _at_rest(connection, engine)
        idle = resting if context.is_subset else each_once(resting, absent_nodes(connection))
        engine.start(connection)
        mark_started(connection)
        is_refresh = sql.number(connection, "select count(previous_as_of) from landing.builds") > 0
        args += leaving_out(idle)
    with (
        failing_rows_told(build.paths.dbt_target, engine.connect, context.log.warning),
        open(build.paths.log, "w") as log,
        contextlib.redirect_stdout(log),
    ):
        invocation = dbt.cli(args, context=context, target_path=build.paths.dbt_target)
        yield from _with_resting(with_seconds(invocation.stream()), invocation.manifest, idle)
    engine.refresh_models()
    # After some of the models alone, nobody knows what stands: the next build models everything.
    if not context.is_subset:
        engine.finish()
        with build.warehouse() as connection:
            mark_whole(connection, build_state(connection, build.settings, engine.state()))
            engine.close(connection)
    yield from rows_of_models(invocation.manifest, engine.rows())
    context.log.info(f"{_summary(invocation, resting)}; {_modelled(engine.models, is_refresh)}")


def _at_rest(connection: duckdb.DuckDBPyConnection, engine: Engine) -> list[dict[str, Any]]:
    """What a refresh may leave as it is."""
    if rebuilt_models(connection) is None:
        return []
    engine.refresh_models()
    with opened(engine.models) as models:
        return nodes_at_rest(connection, models)


def _modelled(models: Path, is_refresh: bool) -> str:
    """How many tickets were modelled, for a person."""
    table = "staging.stg_landing__changed_tickets" if is_refresh else "marts.fct_tickets"
    with opened(models) as connection:
        tickets = sql.number(connection, f"select count(*) from {table}")
    return f"{tickets:,} {'changed tickets' if is_refresh else 'tickets, all there are,'} modelled"


def _with_resting(
    events: Iterator[Any], manifest: Mapping[str, Any], resting: list[dict[str, Any]]
) -> Iterator[Any]:
    """dbt's events, with one for each model and test that stands: what is downstream waits for it.

    Dagster wants a model after all those that it reads, as dbt's own events come.
    """
    standing = {
        node["unique_id"]: LAYERS.get_asset_key(node)
        for node in resting
        if node["resource_type"] == "model"
    }
    order = TopologicalSorter(
        {
            name: [parent for parent in node["depends_on"]["nodes"] if parent in manifest["nodes"]]
            for name, node in manifest["nodes"].items()
            if node["resource_type"] == "model"
        }
    )
    order.prepare()

    def stand() -> Iterator[dg.MaterializeResult]:
        while ready := [name for name in order.get_ready() if name in standing]:
            for name in ready:
                yield dg.MaterializeResult(standing[name], metadata=AT_REST)
            order.done(*ready)

    yield from stand()
    for event in events:
        yield event
        if isinstance(event, dg.Output):
            order.done(event.metadata["unique_id"].value)
            yield from stand()
    for node in resting:
        if node["resource_type"] == "test":
            check = get_asset_check_key_for_test(manifest, LAYERS, node["unique_id"], None)
            if check:
                yield dg.AssetCheckResult(
                    passed=True, asset_key=check.asset_key, check_name=check.name, metadata=AT_REST
                )


def _summary(invocation: DbtCliInvocation, resting: list[dict[str, Any]]) -> str:
    """How many models and tests dbt ran, and how many it could leave as they are."""
    results = invocation.get_artifact("run_results.json")["results"]
    models, tests = _counted([result["unique_id"].split(".")[0] for result in results])
    said = f"built {models} models, {tests} tests passed"
    if resting:
        models, tests = _counted([node["resource_type"] for node in resting])
        said += f" ({models} models and {tests} tests stand as before)"
    return said


def _counted(kinds: list[str]) -> tuple[int, int]:
    return kinds.count("model"), kinds.count("test")
