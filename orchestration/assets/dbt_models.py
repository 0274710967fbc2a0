"""The dbt models as assets, with dbt tests as checks: a failed check stops what is downstream."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from helpdesk.pipeline.dbt_run import dbt_run
from helpdesk.transform.dbt_results import what_failed
from helpdesk.transform.nodes import manifest_of

from ..dbt_cli import Dbt, dbt
from ..dbt_manifest import manifest
from ..jobs import WRITERS
from ..labels import OWNERS, layer_group
from ..measured import rows_of_models, with_seconds
from ..resources import BuildResource

__all__ = ["MART_KEYS", "dbt", "dbt_models"]


class Layers(DagsterDbtTranslator):
    """Puts each model into the group of its layer, and gives it the project's owner by default."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return layer_group(dbt_resource_props["schema"], super().get_group_name(dbt_resource_props))

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        return super().get_owners(dbt_resource_props) or OWNERS


LAYERS = Layers()
UNCHANGED = {"unchanged": dg.MetadataValue.bool(True)}


@dbt_assets(
    manifest=manifest(),
    name="run_dbt",
    pool=WRITERS,
    dagster_dbt_translator=LAYERS,
)
def dbt_models(
    context: dg.AssetExecutionContext, build: BuildResource, dbt: Dbt
) -> Iterator[dg.Output | dg.MaterializeResult | dg.AssetCheckResult | dg.AssetObservation]:
    """Run and test the models, in the candidate and the working file or in a cluster."""
    with (
        dbt_run(build.request, context.log.log, context.is_subset) as run,
        contextlib.redirect_stdout(run.log),
    ):
        target = build.request.paths.dbt_target
        invocation = dbt.cli(
            run.arguments, context=context, target_path=target, variables=run.variables
        )
        events = with_seconds(invocation.stream())
        try:
            yield from events if context.is_subset else _with_unchanged(events, invocation.manifest)
        except DagsterDbtCliRuntimeError as error:
            raise what_failed(target, run.engine.connect) or error from error
    yield from rows_of_models(invocation.manifest, run.engine.rows())


MART_KEYS = sorted(key for key in dbt_models.keys if key.path[0] == "marts")


def _with_unchanged(events: Iterator[Any], of: Mapping[str, Any]) -> Iterator[Any]:
    """dbt's events, with one for each model and test that dbt skipped because nothing changed.

    Dagster expects the events of a model's parents first. When dbt reports a model, it has run all
    of its selected parents, so the other parents are unchanged.
    """
    read = manifest_of(of)
    models = read.models
    done: set[str] = set()
    checked: set[tuple[dg.AssetKey, str]] = set()

    def unchanged(name: str) -> Iterator[dg.MaterializeResult]:
        for parent in models[name].depends_on:
            if parent in models and parent not in done:
                yield from unchanged(parent)
                done.add(parent)
                yield from skipped(parent)

    def skipped(name: str) -> Iterator[dg.MaterializeResult]:
        # An ephemeral model is not an asset: its readers contain it.
        if models[name].materialized != "ephemeral":
            yield dg.MaterializeResult(LAYERS.get_asset_key(of["nodes"][name]), metadata=UNCHANGED)

    for event in events:
        if isinstance(event, dg.Output):
            name = str(event.metadata["unique_id"].value)
            yield from unchanged(name)
            done.add(name)
        if isinstance(event, dg.AssetCheckResult) and event.asset_key and event.check_name:
            checked.add((event.asset_key, event.check_name))
        yield event
    for name in models:
        if name not in done:
            yield from unchanged(name)
            done.add(name)
            yield from skipped(name)
    for test in read.tests:
        check = get_asset_check_key_for_test(of, LAYERS, test.unique_id, None)
        if check and (check.asset_key, check.name) not in checked:
            yield dg.AssetCheckResult(
                passed=True,
                asset_key=check.asset_key,
                check_name=check.name,
                metadata=UNCHANGED,
            )
