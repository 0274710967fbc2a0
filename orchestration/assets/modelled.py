"""Every dbt model, with its dbt tests as checks: a failing one stops what is downstream."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation

from helpdesk import sql
from ingestion.changes import mark_started, mark_whole
from orchestration.dbt_cli import dbt
from orchestration.dbt_project import dbt_vars, ensure_manifest
from orchestration.failed_tests import failing_rows_told
from orchestration.jobs import WRITERS
from orchestration.measured import rows_of_models, with_seconds
from orchestration.refresh import build_state
from orchestration.resources import Build

__all__ = ["dbt", "modelled"]


class Layers(DagsterDbtTranslator):
    """Models without a group of their own, as all below the marts, are shown by their layer."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        layer: str = dbt_resource_props["schema"]
        return super().get_group_name(dbt_resource_props) or layer


@dbt_assets(
    manifest=ensure_manifest(),
    name="modelled",
    pool=WRITERS,
    dagster_dbt_translator=Layers(),
)
def modelled(
    context: dg.AssetExecutionContext, build: Build, dbt: DbtCliResource
) -> Iterator[dg.Output | dg.AssetCheckResult | dg.AssetObservation]:
    """Build and test the models in the working warehouse."""
    os.environ["HELPDESK_WAREHOUSE"] = str(build.paths.warehouse)
    # Unit tests hold the code, not the data: they run where the code is tested.
    args = ["build", "--exclude-resource-type", "unit_test", *dbt_vars(build.settings)]
    with build.warehouse() as connection:
        mark_started(connection)
        is_refresh = sql.number(connection, "select count(previous_as_of) from landing.builds") > 0
    with (
        failing_rows_told(build.paths.dbt_target, build.paths.warehouse, context.log.warning),
        open(build.paths.log, "w") as log,
        contextlib.redirect_stdout(log),
    ):
        invocation = dbt.cli(args, context=context, target_path=build.paths.dbt_target)
        yield from with_seconds(invocation.stream())
    # After some of the models alone, nobody knows what stands: the next build models everything.
    if not context.is_subset:
        with build.warehouse() as connection:
            mark_whole(connection, build_state(connection, build.settings))
    yield from rows_of_models(invocation.manifest, build)
    context.log.info(f"{_summary(invocation)}; {_modelled(build, is_refresh)}")


def _modelled(build: Build, is_refresh: bool) -> str:
    """How many tickets were modelled, for a person."""
    table = "staging.stg_landing__changed_tickets" if is_refresh else "marts.fct_tickets"
    with build.warehouse() as connection:
        tickets = sql.number(connection, f"select count(*) from {table}")
    return f"{tickets:,} {'changed tickets' if is_refresh else 'tickets, all there are,'} modelled"


def _summary(invocation: DbtCliInvocation) -> str:
    results = invocation.get_artifact("run_results.json")["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return f"built {kinds.count('model')} models, {len(kinds) - kinds.count('model')} tests passed"
