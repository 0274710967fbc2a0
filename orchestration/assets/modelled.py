"""Every dbt model, with its dbt tests as checks: a failing one stops what is downstream."""

import contextlib
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.dbt_cli import dbt
from orchestration.dbt_project import ensure_manifest
from orchestration.jobs import WRITERS
from orchestration.measured import rows_of_models, with_seconds
from orchestration.resources import BuildResource
from orchestration.steps.modelling import modelling

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
    context: dg.AssetExecutionContext, build: BuildResource, dbt: DbtCliResource
) -> Iterator[dg.Output | dg.MaterializeResult | dg.AssetCheckResult | dg.AssetObservation]:
    """Build and test the models in the working warehouse, or in a cluster."""
    with (
        modelling(build.request, context.log.log, context.is_subset) as run,
        contextlib.redirect_stdout(run.log),
    ):
        target = build.request.paths.dbt_target
        invocation = dbt.cli(run.arguments, context=context, target_path=target)
        yield from _with_resting(with_seconds(invocation.stream()), invocation.manifest, run.idle)
    yield from rows_of_models(invocation.manifest, run.engine.rows())


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
