"""The sensors: changed landing files request a refresh, and a failed run sends an alert."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from helpdesk.alerts.breaches import failure_alert
from helpdesk.alerts.channels import send_to_all
from helpdesk.alerts.failures import failure_line
from helpdesk.core.errors import LandingError
from helpdesk.core.settings import load_settings
from helpdesk.load.files import find_files

from .jobs import refresh
from .resources import BuildResource

# A file that has not changed for this long is taken to be complete.
SETTLE = timedelta(minutes=2)
ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Folders:
    """The folders of the build, for sensors: outside a run its resource is not set up."""

    landing: str
    output: str
    config: str

    @classmethod
    def of(cls, build: BuildResource) -> "Folders":
        return cls(*(_text(getattr(build, name)) for name in ("landing", "output", "config")))


def _text(value: str) -> str:
    """The value of a resource's field; empty for an environment variable that is not set."""
    return (value.get_value() or "") if isinstance(value, dg.EnvVar) else value


@dataclass(frozen=True)
class Watch:
    """The landing sensor's cursor: fingerprint seen, since when (UTC), fingerprint requested."""

    seen: str = ""
    since: str = ""
    requested: str = ""

    @classmethod
    def of(cls, cursor: str | None) -> "Watch":
        """Read a cursor; one that cannot be read counts as empty."""
        try:
            return cls(**json.loads(cursor or "{}"))
        except (ValueError, TypeError):
            return cls()

    @property
    def cursor(self) -> str:
        return json.dumps(asdict(self))


def landing_sensor(build: BuildResource, settle: timedelta = SETTLE) -> dg.SensorDefinition:
    """Requests a refresh after the landing folder has changed and then been quiet for `settle`."""

    @dg.sensor(
        name="landing_changed",
        job=refresh,
        minimum_interval_seconds=60,
        description="Refresh when landing files have changed and then been quiet for two minutes.",
    )
    def landing_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            fingerprint = fingerprint_of(Folders.of(build).landing)
        except LandingError as error:
            return dg.SkipReason(str(error))
        watch = Watch.of(context.cursor)
        now = datetime.now(UTC)
        # By this clock, not by the files' times: a copy may keep old times.
        if fingerprint != watch.seen:
            watch = Watch(fingerprint, now.isoformat(), watch.requested)
        if reason := _reason_to_wait(watch, now, settle, context.instance):
            return dg.SensorResult(skip_reason=reason, cursor=watch.cursor)
        # With the time: files that return to an earlier state need a refresh too.
        request = dg.RunRequest(run_key=f"{fingerprint} {watch.since}")
        cursor = Watch(watch.seen, watch.since, requested=fingerprint).cursor
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return landing_changed


def _reason_to_wait(
    watch: Watch, now: datetime, settle: timedelta, instance: dg.DagsterInstance
) -> str:
    if watch.seen == watch.requested:
        return "nothing has changed since the last requested refresh"
    quiet = now - datetime.fromisoformat(watch.since)
    if quiet < settle:
        return f"changed; quiet for {quiet.seconds} of {int(settle.total_seconds())} seconds"
    if instance.get_runs_count(dg.RunsFilter(job_name=refresh.name, statuses=ACTIVE)):
        return "changed; a refresh is in progress"
    return ""


def fingerprint_of(landing: str) -> str:
    """Names, sizes and times of the landing files as one digest. Raises LandingError."""
    if not landing:
        raise LandingError("no landing folder; set HELPDESK_LANDING to it and reload.")
    if not Path(landing).is_dir():
        raise LandingError(
            f"{landing}: there is no such folder; create it, or set HELPDESK_LANDING to the right "
            "folder and reload."
        )
    try:
        files = find_files(Path(landing))
    except OSError as error:
        # A file was renamed or deleted while the folder was read.
        raise LandingError(
            f"{landing}: {error.strerror}; the sensor tries again at its next run."
        ) from error
    listed = sorted([file.name, file.size, file.modified_ns] for file in files)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def failure_sensor(build: BuildResource) -> dg.SensorDefinition:
    """Alerts the channels of a failed run, unless Dagster will retry it."""

    @dg.run_failure_sensor(
        name="run_failed",
        # On by default, so that nobody has to remember it; without channels it does nothing.
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Alert when a run of any job has failed, with the checks that failed.",
    )
    def run_failed(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        run = context.dagster_run
        if run.tags.get("dagster/will_retry") == "true":
            return dg.SkipReason("the run will be retried")
        folders = Folders.of(build)
        alerts = load_settings(Path(folders.config) if folders.config else None).alerts
        alert = failure_alert(
            run.job_name, folders.output, _failures(context), _failed_checks(context), run.run_id
        )
        send_to_all(alerts, alert, context.log.warning)
        return None

    return run_failed


def _failures(context: dg.RunFailureSensorContext) -> list[str]:
    """The failures by step, or the one that kept the run from starting."""
    events = list(context.get_step_failure_events()) or [context.failure_event]
    return [
        failure_line(event.step_key or "start", _error(event.event_specific_data))
        for event in events
    ]


def _error(data: Any) -> Any:
    return getattr(data, "error", None)


def _failed_checks(context: dg.RunFailureSensorContext) -> list[str]:
    """The checks that failed with severity ERROR: asset and finding of each."""
    entries = context.instance.all_logs(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    )
    checks = [e.dagster_event.asset_check_evaluation_data for e in entries if e.dagster_event]
    return [
        f"{' '.join(check.asset_key.path)}: {check.description or check.check_name}"
        for check in checks
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
