"""The steps of a refresh one after another in this process: what the command line runs.

The same steps under Dagster are `assets`. Dagster keeps a history of them, and to keep one takes as
long as a small desk's models, so nothing of it is loaded here.
"""

import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from logging import DEBUG, WARNING
from typing import Any

from helpdesk.errors import BusyError, ConfigError, GateError, HelpdeskError
from ingestion.contract import landed_tables
from orchestration.alerts import failure_alert
from orchestration.build import Build, Report, folder_lock
from orchestration.channels import tell_all
from orchestration.dbt_project import ensure_manifest
from orchestration.failures import disk_full
from orchestration.steps.fetching import fetch
from orchestration.steps.gating import failures, judge
from orchestration.steps.landing import land
from orchestration.steps.modelling import model
from orchestration.steps.publishing import draw, publish_marts, tell_clocks

Step = Callable[[Build, Report], Any]


def run_refresh(build: Build, report: Report, with_marts: bool, with_dashboards: bool) -> None:
    """Run the steps. `report` takes what they say: a logging level and a line.

    Raises HelpdeskError for what a person can mend, RuntimeError for the rest.
    """
    marts: list[Step] = [fetch, land, pass_gate, model, publish_marts, tell_clocks]
    steps = marts * with_marts + [draw] * with_dashboards
    report(DEBUG, "reading the dbt project")
    ensure_manifest()
    try:
        with folder_lock(build.paths):
            for step in steps:
                _run(step, build, report)
    except (HelpdeskError, RuntimeError) as failure:
        _tell_failure(build, failure, report)
        raise


def pass_gate(build: Build, report: Report) -> None:
    """Raise GateError where the raw layer is not what the suites expect."""
    results = judge(build, report)
    failed = {result.table for result in results if not result.success}
    lines = [
        f"{table.source_system} {table.name}: "
        + "; ".join(failures([result for result in results if result.table == raw_name]))
        for raw_name, table in landed_tables().items()
        if raw_name in failed
    ]
    if lines:
        listed = "\n  ".join(lines)
        raise GateError(f"a data-quality gate failed, nothing was published:\n  {listed}")


def _run(step: Step, build: Build, report: Report) -> None:
    """Run one step. What nobody foresaw is kept whole in the build's log, and told in a line."""
    try:
        step(build, report)
    except HelpdeskError:
        raise
    except Exception as error:
        with suppress(OSError), open(build.paths.log, "a") as log:
            traceback.print_exc(file=log)
        raise disk_full(str(error)) or RuntimeError(f"{step.__name__}: {error}") from error


def _tell_failure(build: Build, failure: Exception, report: Report) -> None:
    """Tell the alert channels, as the sensor does of a run under Dagster.

    Not of a build of another time than now, which a person tries out, and not of one that came
    while another was writing, or whose settings cannot be read: its exit code says so.
    """
    if build.as_of or isinstance(failure, BusyError | ConfigError):
        return
    words = str(failure) if isinstance(failure, HelpdeskError) else f"see {build.paths.log}"
    alert = failure_alert("helpdesk build", build.output, [words], [])
    tell_all(build.settings.alerts, alert, lambda line: report(WARNING, line))


def quiet_environment() -> None:
    """No telemetry and no engine's chatter, whatever the machine's defaults are."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
