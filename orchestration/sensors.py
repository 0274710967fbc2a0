"""The sensors: landing files that changed ask for a refresh, a run that failed is told."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from helpdesk.errors import LandingError
from helpdesk.settings import load_settings
from ingestion.files import find_files
from orchestration.alerts import failure_alert
from orchestration.channels import tell_all
from orchestration.failures import said
from orchestration.jobs import refresh
from orchestration.resources import BuildResource

# A file of which nothing changes for so long is taken to be written whole.
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
    """A build's folders outside a run, where its resource is not set up and holds no lock."""

    landing: str
    output: str
    config: str

    @classmethod
    def of(cls, build: BuildResource) -> "Folders":
        return cls(*(_text(getattr(build, name)) for name in ("landing", "output", "config")))


def _text(value: str) -> str:
    """A resource's field; an environment variable that is not set is empty."""
    return (value.get_value() or "") if isinstance(value, dg.EnvVar) else value


@dataclass(frozen=True)
class Watch:
    """The landing sensor's cursor: what it saw, since when (UTC), what it asked a refresh for."""

    seen: str = ""
    since: str = ""
    requested: str = ""

    @classmethod
    def of(cls, cursor: str | None) -> "Watch":
        """What a cursor says; one that cannot be read says nothing."""
        try:
            return cls(**json.loads(cursor or "{}"))
        except (ValueError, TypeError):
            return cls()

    @property
    def cursor(self) -> str:
        return json.dumps(asdict(self))


def landing_sensor(build: BuildResource, settle: timedelta = SETTLE) -> dg.SensorDefinition:
    """Asks for a refresh once the landing folder has changed and then been quiet for `settle`."""

    @dg.sensor(
        name="landing_changed",
        job=refresh,
        minimum_interval_seconds=60,
        description="Refresh when landing files change, once they are quiet for two minutes.",
    )
    def landing_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            fingerprint = fingerprint_of(Folders.of(build).landing)
        except LandingError as error:
            return dg.SkipReason(str(error))
        watch = Watch.of(context.cursor)
        now = datetime.now(UTC)
        # By this clock, not by the files' own: a copy may bring times of long ago with it.
        if fingerprint != watch.seen:
            watch = Watch(fingerprint, now.isoformat(), watch.requested)
        if reason := _reason_to_wait(watch, now, settle, context.instance):
            return dg.SensorResult(skip_reason=reason, cursor=watch.cursor)
        # With the time: files that go back to an earlier state are to be landed again, too.
        request = dg.RunRequest(run_key=f"{fingerprint} {watch.since}")
        cursor = Watch(watch.seen, watch.since, requested=fingerprint).cursor
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return landing_changed


def _reason_to_wait(
    watch: Watch, now: datetime, settle: timedelta, instance: dg.DagsterInstance
) -> str:
    if watch.seen == watch.requested:
        return "nothing has changed since the last refresh that was asked for"
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
            "one and reload."
        )
    try:
        files = find_files(Path(landing))
    except OSError as error:
        # A file that is renamed or deleted between two looks at it.
        raise LandingError(f"{landing}: {error.strerror}; looking again soon.") from error
    listed = sorted([file.name, file.size, file.modified_ns] for file in files)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def failure_sensor(build: BuildResource) -> dg.SensorDefinition:
    """Tells the alert channels of a failed run, once Dagster will not run it again by itself."""

    @dg.run_failure_sensor(
        name="run_failed",
        # Nobody should have to remember to switch the alarm on; without channels it does nothing.
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Alert when a run of any job has failed, with the gates that failed.",
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
        tell_all(alerts, alert, context.log.warning)
        return None

    return run_failed


def _failures(context: dg.RunFailureSensorContext) -> list[str]:
    """What failed, by step; or else what kept the run from its first step."""
    events = list(context.get_step_failure_events()) or [context.failure_event]
    return [said(event.step_key or "start", _error(event.event_specific_data)) for event in events]


def _error(data: Any) -> Any:
    return getattr(data, "error", None)


def _failed_checks(context: dg.RunFailureSensorContext) -> list[str]:
    """The checks that failed with severity ERROR, by asset, with what they found."""
    entries = context.instance.all_logs(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    )
    checks = [e.dagster_event.asset_check_evaluation_data for e in entries if e.dagster_event]
    return [
        f"{' '.join(check.asset_key.path)}: {check.description or check.check_name}"
        for check in checks
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
