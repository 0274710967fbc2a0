"""Every dbt model, with its dbt tests as checks: a failing one stops what is downstream."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation

from helpdesk.paths import DBT_PROJECT
from orchestration.dbt_project import DBT, ensure_manifest
from orchestration.jobs import WRITERS
from orchestration.measured import rows_of_models, with_seconds
from orchestration.resources import Build

dbt = DbtCliResource(
    project_dir=DbtProject(DBT_PROJECT, profiles_dir=DBT_PROJECT), dbt_executable=str(DBT)
)


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
    os.environ["DBT_LOG_PATH"] = str(build.paths.work)
    # Unit tests hold the code, not the data: they run where the code is tested.
    variables = json.dumps(build.settings.model_dump())
    args = ["build", "--exclude-resource-type", "unit_test", "--vars", variables]
    if build.full_refresh:
        args.append("--full-refresh")
    with open(build.paths.log, "w") as log, contextlib.redirect_stdout(log):
        invocation = dbt.cli(args, context=context, target_path=build.paths.dbt_target)
        yield from with_seconds(invocation.stream())
    yield from rows_of_models(invocation.manifest, build)
    context.log.info(_summary(invocation))


def _summary(invocation: DbtCliInvocation) -> str:
    results = invocation.get_artifact("run_results.json")["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return f"built {kinds.count('model')} models, {len(kinds) - kinds.count('model')} tests passed"
