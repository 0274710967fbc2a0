"""The steps of a build, one after another in this process, as the command line runs them.

Dagster runs the same steps as assets. This module does not import Dagster: its run history would
take as long as the models of a small help desk.
"""

import traceback
from collections.abc import Callable
from contextlib import suppress
from logging import DEBUG, WARNING
from typing import Any

from helpdesk.alerts.breaches import failure_alert
from helpdesk.alerts.channels import send_to_all
from helpdesk.alerts.failures import disk_full
from helpdesk.contract.tables import landed_tables
from helpdesk.core.build import Build, Report, folder_lock, unreadable
from helpdesk.core.errors import BusyError, ConfigError, GateError, HelpdeskError
from helpdesk.core.redaction import redacted
from helpdesk.core.sql import is_damage
from helpdesk.pipeline.dbt_run import run_models
from helpdesk.pipeline.fetching import fetch
from helpdesk.pipeline.gating import failures, validate_raw
from helpdesk.pipeline.loading import load
from helpdesk.pipeline.publishing import (
    alert_due_soon,
    alert_measures,
    build_pages,
    publish_marts,
)
from helpdesk.transform.manifest import ensure_manifest

Step = Callable[[Build, Report], Any]


def run_refresh(build: Build, report: Report, with_marts: bool, with_dashboards: bool) -> None:
    """Run the steps. `report` takes their messages: a logging level and a line.

    Raises HelpdeskError for a problem that the user can fix, RuntimeError for any other.
    """
    marts: list[Step] = [fetch, load, check, run_models, publish_marts]
    marts += [alert_due_soon, alert_measures]
    steps = marts * with_marts + [build_pages] * with_dashboards
    report(DEBUG, "reading the dbt project")
    ensure_manifest()
    try:
        with folder_lock(build.paths):
            for step in steps:
                _run(step, build, report)
    except (HelpdeskError, RuntimeError) as failure:
        _alert_failure(build, failure, report)
        raise


def check(build: Build, report: Report) -> None:
    """Raise GateError if an expectation on the raw layer fails."""
    results = validate_raw(build, report)
    failed = {result.table for result in results if not result.success}
    lines = [
        f"{table.source_system} {table.name}: "
        + "; ".join(failures([result for result in results if result.table == raw_name]))
        for raw_name, table in landed_tables().items()
        if raw_name in failed
    ]
    if lines:
        command = f"`helpdesk quarantine --output {build.output}` shows the rows and the remedies"
        listed = "\n  ".join([*lines, command])
        raise GateError(f"a data-quality gate failed, nothing was published:\n  {listed}")


def _run(step: Step, build: Build, report: Report) -> None:
    """Run one step. An unexpected error goes to the build's log with its traceback."""
    try:
        step(build, report)
    except HelpdeskError:
        raise
    except Exception as error:
        if is_damage(str(error)):
            raise unreadable(build.paths.work) from error
        with suppress(OSError), open(build.paths.log, "a") as log:
            log.write(redacted(traceback.format_exc()))
        raise disk_full(str(error)) or RuntimeError(f"{step.__name__}: {error}") from error


def _alert_failure(build: Build, failure: Exception, report: Report) -> None:
    """Send the failure to the alert channels, as the sensor does for a run under Dagster.

    Not for a build with a given as_of, which is an experiment; and not where another build was
    writing or the settings cannot be read: the exit code says so.
    """
    if build.as_of or isinstance(failure, BusyError | ConfigError):
        return
    words = str(failure) if isinstance(failure, HelpdeskError) else f"see {build.paths.log}"
    alert = failure_alert("helpdesk build", build.output, [words], [])
    send_to_all(build.settings.alerts, alert, lambda line: report(WARNING, line))
