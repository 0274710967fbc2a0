"""Runs the refresh job in this process, for the command line: the same steps as under Dagster."""

import logging
import os
from collections.abc import Callable

import dagster as dg

from helpdesk.errors import BusyError, ConfigError, GateError, HelpdeskError
from orchestration.alerts import failure_alert
from orchestration.channels import tell_all
from orchestration.failures import ErrorText, explained, failed_checks, origin
from orchestration.resources import Build

Report = Callable[[int, str], None]
DASHBOARDS = dg.AssetKey("dashboards")


def run_refresh(build: Build, report: Report, with_marts: bool, with_dashboards: bool) -> None:
    """Run the job's steps. `report` takes what they say: a logging level and a line.

    Raises HelpdeskError for what a person can mend, RuntimeError for the rest.
    """
    # Imported here: it has dbt parse the project where the manifest is stale, which takes seconds.
    from orchestration.definitions import definitions

    refresh = definitions(build, {"console": _logger(report)}).resolve_job_def("refresh")
    keys = refresh.asset_layer.executable_asset_keys
    selected = {key for key in keys if (with_dashboards if key == DASHBOARDS else with_marts)}
    with dg.DagsterInstance.ephemeral() as instance:
        result = refresh.execute_in_process(
            asset_selection=sorted(selected),
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {}}},
        )
    if not result.success:
        failure = _failure(result)
        _tell_failure(build, failure, report)
        raise failure


def _logger(report: Report) -> dg.LoggerDefinition:
    """Dagster's console logger replaced: only what the steps say, not the engine's own events."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            meta = getattr(record, "dagster_meta", {})
            # An error is the engine's account of a step it skips; our own steps raise instead.
            if meta.get("dagster_event") is None and record.levelno < logging.ERROR:
                report(record.levelno, meta.get("orig_message") or record.getMessage())

    def console(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("helpdesk", level=logging.DEBUG)
        logger.addHandler(Handler())
        return logger

    return dg.LoggerDefinition(console, description="Hands what a step logs to the command line.")


def _failure(result: dg.ExecuteInProcessResult) -> Exception:
    if checks := failed_checks(result.get_asset_check_evaluations()):
        listed = "\n  ".join(checks)
        return GateError(f"a data-quality gate failed, nothing was published:\n  {listed}")
    for event in result.all_events:
        error: ErrorText | None = getattr(event.event_specific_data, "error", None)
        if event.is_failure and error:
            first = f"{event.step_key or 'start'}: {origin(error).message.strip()}"
            return explained(error) or RuntimeError(first)
    return RuntimeError("the run failed without saying why")


def _tell_failure(build: Build, failure: Exception, report: Report) -> None:
    """Tell the alert channels, as the sensor does of a run under Dagster.

    Not of a build of another time than now, which a person tries out, and not of one that came
    while another was writing, or whose settings cannot be read: its exit code says so.
    """
    if build.as_of or isinstance(failure, BusyError | ConfigError):
        return
    words = str(failure) if isinstance(failure, HelpdeskError) else f"see {build.paths.log}"
    alert = failure_alert("helpdesk build", build.output, [words], [])
    tell_all(build.settings.alerts, alert, lambda line: report(logging.WARNING, line))


def quiet_environment() -> None:
    """No telemetry and no engine's chatter, whatever the machine's defaults are."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
