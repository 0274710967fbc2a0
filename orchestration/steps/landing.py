"""The raw layer made a mirror of the landing folder, and the build's clock set."""

from logging import DEBUG, INFO, WARNING
from pathlib import Path

from ingestion.landing import LoadSummary, load_landing, write_build
from orchestration.build import Build, Report, wait_for
from orchestration.engines import engine_of
from orchestration.refresh import Refresh, decide


def land(build: Build, report: Report) -> LoadSummary:
    """Land what changed, and note whether the build models every ticket or only those that changed.

    Raises LandingError where the folder is not what the contract says, BusyError where another
    program keeps the working warehouse open.
    """
    # Asked before anything lands: an engine that cannot be reached is known at once.
    engine = engine_of(build).state()
    wait_for(build.paths.warehouse, lambda line: report(WARNING, line))
    with build.warehouse() as connection:
        summary = load_landing(
            connection, Path(build.landing), build.full_refresh, lambda line: report(DEBUG, line)
        )
        refresh = decide(connection, build.clock, build.settings, build.full_refresh, engine)
        write_build(
            connection,
            build.build_id,
            build.started_at,
            build.clock,
            refresh.previous_as_of,
            refresh.rebuilt,
        )
    _tell(build, summary, refresh, report)
    return summary


def _tell(build: Build, summary: LoadSummary, refresh: Refresh, report: Report) -> None:
    for name in summary.removed:
        report(WARNING, f"{name}: gone from the landing folder, and its rows with it")
    for note in summary.notes:
        report(WARNING, note)
    report(
        INFO,
        f"landed {len(summary.loaded)} files, {len(summary.unchanged)} unchanged, "
        f"{sum(summary.rows.values()):,} rows; as of {build.clock.isoformat()}, "
        f"report time zone {build.settings.report_timezone}",
    )
    if refresh.previous_as_of:
        report(INFO, f"modelling what changed since {refresh.previous_as_of.isoformat()}")
    else:
        report(INFO, f"modelling every ticket: {'; '.join(refresh.reasons)}")
