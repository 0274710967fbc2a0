"""What Dagster loads: the assets, checks, jobs, schedules and sensors."""

import os

import dagster as dg

from orchestration.assets.fetched import vendor_files
from orchestration.assets.landing import landing
from orchestration.assets.modelled import dbt, modelled
from orchestration.assets.published import dashboards, published_marts
from orchestration.automation import FRESHNESS, SCHEDULES
from orchestration.checks import due_soon_alerts, raw_gate
from orchestration.jobs import nightly_check, refresh, vacuum
from orchestration.resources import BuildResource
from orchestration.sensors import failure_sensor, landing_sensor


def definitions(build: BuildResource) -> dg.Definitions:
    """The project's definitions, for one build's folders."""
    published = dg.map_asset_specs(
        lambda spec: dg.apply_freshness_policy(spec, FRESHNESS), [published_marts, dashboards]
    )
    return dg.Definitions(
        assets=[vendor_files, landing, modelled, *published],
        asset_checks=[raw_gate, due_soon_alerts],
        jobs=[refresh, nightly_check, vacuum],
        schedules=SCHEDULES,
        sensors=[landing_sensor(build), failure_sensor(build)],
        resources={"build": build, "dbt": dbt},
    )


defs = definitions(
    BuildResource(
        landing=dg.EnvVar("HELPDESK_LANDING"),
        output=dg.EnvVar("HELPDESK_OUTPUT"),
        # Optional, as `--config` is: a variable that is not set would be an error above.
        config=os.environ.get("HELPDESK_CONFIG", ""),
        target=os.environ.get("HELPDESK_TARGET", "duckdb"),
    )
)
