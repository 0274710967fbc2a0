"""What Dagster loads: the assets, checks, the one job and its schedule."""

from collections.abc import Mapping

import dagster as dg

from orchestration.assets.landing import landing
from orchestration.assets.modelled import dbt, modelled
from orchestration.assets.published import dashboards, published_marts
from orchestration.checks import raw_gate
from orchestration.resources import Build

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Land, check, model, test, publish, draw: what `helpdesk build` runs.",
    # The steps share one working warehouse, which one process may write: no process each.
    executor_def=dg.in_process_executor,
)

hourly = dg.ScheduleDefinition(
    name="hourly_refresh",
    job=refresh,
    cron_schedule="5 * * * *",
    description="Five minutes past each hour, when the hour's landing files are there.",
)


def definitions(
    build: Build, loggers: Mapping[str, dg.LoggerDefinition] | None = None
) -> dg.Definitions:
    """The project's definitions, for one build's folders."""
    return dg.Definitions(
        assets=[landing, modelled, published_marts, dashboards],
        asset_checks=[raw_gate],
        jobs=[refresh],
        schedules=[hourly],
        resources={"build": build, "dbt": dbt},
        loggers=loggers,
    )


defs = definitions(
    Build(landing=dg.EnvVar("HELPDESK_LANDING"), output=dg.EnvVar("HELPDESK_OUTPUT"))
)
