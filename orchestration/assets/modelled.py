"""Every dbt model, with its dbt tests as checks: a failing one stops what is downstream."""

import contextlib
import os
from collections.abc import Iterator

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation

from ingestion.changes import mark_started, mark_whole
from orchestration.dbt_cli import dbt
from orchestration.dbt_project import dbt_vars, ensure_manifest
from orchestration.failed_tests import failing_rows_told
from orchestration.refresh import build_state
from orchestration.resources import Build

__all__ = ["dbt", "modelled"]


@dbt_assets(manifest=ensure_manifest(), name="modelled", pool="duckdb_write")
def modelled(
    context: dg.AssetExecutionContext, build: Build, dbt: DbtCliResource
) -> Iterator[dg.Output | dg.AssetCheckResult]:
    """Build and test the models in the working warehouse."""
    os.environ["HELPDESK_WAREHOUSE"] = str(build.paths.warehouse)
    # Unit tests hold the code, not the data: they run where the code is tested.
    args = ["build", "--exclude-resource-type", "unit_test", *dbt_vars(build.settings)]
    with build.warehouse() as connection:
        mark_started(connection)
    with (
        failing_rows_told(build.paths.dbt_target, build.paths.warehouse, context.log.warning),
        open(build.paths.log, "w") as log,
        contextlib.redirect_stdout(log),
    ):
        invocation = dbt.cli(args, context=context, target_path=build.paths.dbt_target)
        yield from invocation.stream()
    # After some of the models alone, nobody knows what stands: the next build models everything.
    if not context.is_subset:
        with build.warehouse() as connection:
            mark_whole(connection, build_state(connection, build.settings))
    context.log.info(_summary(invocation))


def _summary(invocation: DbtCliInvocation) -> str:
    results = invocation.get_artifact("run_results.json")["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return f"built {kinds.count('model')} models, {len(kinds) - kinds.count('model')} tests passed"
