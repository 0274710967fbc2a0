"""The entry point of Dagster: the assets, checks, jobs, schedules and sensors."""

import os

import dagster as dg

from helpdesk.core import redaction
from helpdesk.transform.project import variables_for_runs

from .assets.dbt_models import dbt, dbt_models
from .assets.fetched import vendor_files
from .assets.published import dashboards, published_marts
from .assets.raw import raw_tables, revisits
from .automation import FRESHNESS, SCHEDULES
from .checks import due_soon_alerts, measure_alerts, raw_gate
from .jobs import digests, nightly_check, refresh, vacuum
from .resources import BuildResource
from .sensors import failure_sensor, landing_sensor

redaction.install()
# Dagster starts the process of a run with the environment of this one; it has no other way.
os.environ.update(variables_for_runs())


def definitions(build: BuildResource) -> dg.Definitions:
    """The project's definitions, for one build's folders."""
    published = dg.map_asset_specs(
        lambda spec: dg.apply_freshness_policy(spec, FRESHNESS), [published_marts, dashboards]
    )
    return dg.Definitions(
        assets=[vendor_files, raw_tables, revisits, dbt_models, *published],
        asset_checks=[raw_gate, due_soon_alerts, measure_alerts],
        jobs=[refresh, nightly_check, vacuum, digests],
        schedules=SCHEDULES,
        sensors=[landing_sensor(build), failure_sensor(build)],
        resources={"build": build, "dbt": dbt},
    )


defs = definitions(
    BuildResource(
        landing=dg.EnvVar("HELPDESK_LANDING"),
        output=dg.EnvVar("HELPDESK_OUTPUT"),
        # Optional, like `--config`: with EnvVar, a variable that is not set would be an error.
        config=os.environ.get("HELPDESK_CONFIG", ""),
        target=os.environ.get("HELPDESK_TARGET", "duckdb"),
    )
)
