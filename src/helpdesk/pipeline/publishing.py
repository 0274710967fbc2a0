"""The last steps of a build, after every gate has passed: publish, send alerts, build pages."""

from contextlib import suppress
from functools import partial
from logging import INFO, WARNING
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from helpdesk.alerts.breaches import SentAlerts, send_due_soon_alerts
from helpdesk.alerts.channels import channels
from helpdesk.audiences.readers import folder_of, goals_for
from helpdesk.core.build import Build, Report
from helpdesk.core.errors import BusyError
from helpdesk.core.settings import Audience
from helpdesk.pipeline.guarding import reject_shrinking
from helpdesk.publish.compaction import WORK_GROWTH, compact_if_grown
from helpdesk.publish.parquet import export_parquet
from helpdesk.publish.published import Published, publish
from helpdesk.transform.manifest import ensure_manifest

if TYPE_CHECKING:
    from helpdesk.dashboards.site import SiteSummary
    from helpdesk.notify.measures import Round


def publish_marts(build: Build, report: Report) -> Published:
    """Replace helpdesk.duckdb and catalogue.json by one rename; write Parquet if configured."""
    paths = build.paths
    reject_shrinking(build)
    published = publish(paths, ensure_manifest(), build.build_id, build.limits)
    compacted = ", compacted" if published.is_compacted else ""
    report(
        INFO,
        f"published {published.marts} marts, {sum(published.rows.values()):,} rows in tables, "
        f"{published.size_bytes / 1e6:.1f} MB{compacted}: {paths.published}",
    )
    if published.removed:
        removed = ", ".join(published.removed)
        report(WARNING, f"removed {removed} of version 0.1: the marts are now in {paths.published}")
    with suppress(BusyError):
        if compact_if_grown(paths.warehouse, WORK_GROWTH, build.limits):
            report(INFO, f"compacted {paths.warehouse}")
    if build.settings.parquet:
        report(
            INFO, f"exported {export_parquet(published.folder, paths.parquet, limits=build.limits)}"
        )
    return published


def alert_due_soon(build: Build, report: Report) -> SentAlerts | None:
    """Alert the channels of the SLA clocks about to breach; None where no alert is wanted.

    None without channels, and in a build with a given as_of: it replays the past, in which nothing
    is about to happen.
    """
    alerts = build.settings.alerts
    if build.as_of or not channels(alerts):
        return None
    return send_due_soon_alerts(build.paths, alerts, lambda line: report(WARNING, line))


def alert_measures(build: Build, report: Report) -> "Round | None":
    """Alert the channels of watched measures; None where no alert is wanted, as of clocks."""
    alerts = build.settings.alerts
    if build.as_of or not alerts.measures or not channels(alerts):
        return None
    # Imported here: most builds watch nothing.
    from helpdesk.notify.measures import send_measure_alerts

    config = Path(build.config) if build.config else None
    return send_measure_alerts(
        build.paths, build.settings, config, lambda line: report(WARNING, line)
    )


def build_pages(build: Build, report: Report) -> "SiteSummary":
    """Build the Evidence pages: generated from the manifest, with data of the published marts.

    Those of each audience follow, which are cut to it; the pages of former audiences are deleted.
    """
    summary = _build_pages(build, build.paths.site, report)
    limited = {
        folder_of(name, one): (name, one)
        for name, one in build.settings.audiences.items()
        if not one.everything
    }
    for folder, (name, audience) in limited.items():
        site = build.paths.audiences / folder / "site"
        _build_pages(build, site, partial(_of_audience, name, report), audience)
    for old in build.paths.audiences.glob("*"):
        if old.name not in limited:
            rmtree(old)
    return summary


def _of_audience(name: str, report: Report, level: int, line: str) -> None:
    report(level, f"audience {name}: {line}")


def _build_pages(
    build: Build, site: Path, report: Report, audience: Audience | None = None
) -> "SiteSummary":
    # Imported here: a build without pages does not need them.
    from helpdesk.alerts.rewording import reword
    from helpdesk.dashboards.site import build_site

    rewording = build.settings.rewording
    summary = build_site(
        build.paths.published,
        ensure_manifest(),
        site,
        lambda line: report(INFO, line),
        # There are no insights of an audience.
        None
        if audience
        else lambda rows: reword(rows, rewording, lambda line: report(WARNING, line)),
        goals_for(audience, build.settings.goals),
        build.settings.language,
        audience,
    )
    did = (
        "built"
        if summary.is_rebuilt
        else "wrote new data for"
        if summary.is_new_data
        else "nothing new for"
    )
    report(INFO, f"{did} {summary.pages} dashboard pages: {site}")
    return summary
