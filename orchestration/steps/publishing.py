"""What readers get of a build, and who is told: reached only if every gate has passed."""

from logging import DEBUG, INFO, WARNING
from typing import TYPE_CHECKING

from orchestration.alerts import Told, tell_due_soon
from orchestration.build import Build, Report
from orchestration.channels import channels
from orchestration.engines import engine_of
from orchestration.publish import Published, publish

if TYPE_CHECKING:
    from dashboards.site import SiteSummary


def publish_marts(build: Build, report: Report) -> Published:
    """Swap in marts.duckdb, Parquet and catalogue.json, by one rename."""
    models = engine_of(build).models
    published = publish(build.paths, build.paths.manifest, build.build_id, models)
    report(
        INFO,
        f"published {len(published.rows)} marts, {sum(published.rows.values()):,} rows, "
        f"{published.size_bytes / 1e6:.1f} MB, {published.parts_written} parts written and "
        f"{published.parts_reused} unchanged: {build.paths.published}",
    )
    return published


def tell_clocks(build: Build, report: Report) -> Told | None:
    """Tell the alert channels of the SLA clocks about to breach; None where nobody is to be told.

    A build of another time than now replays the past: nothing is about to happen there.
    """
    alerts = build.settings.alerts
    if build.as_of or not channels(alerts):
        return None
    return tell_due_soon(build.paths, alerts, lambda line: report(WARNING, line))


def draw(build: Build, report: Report) -> "SiteSummary":
    """Draw the Evidence pages, generated from the manifest and read from the published marts."""
    # Imported here: a build without pages needs none of it.
    from dashboards.site import build_site
    from orchestration.rewording import reword

    rewording = build.settings.rewording
    summary = build_site(
        build.paths.published,
        build.paths.manifest,
        build.paths.site,
        lambda line: report(DEBUG, line),
        lambda rows: reword(rows, rewording, lambda line: report(WARNING, line)),
    )
    did = "built" if summary.is_rebuilt else "new data for" if summary.is_new_data else "unchanged:"
    report(INFO, f"dashboards: {did} {summary.pages} pages: {build.paths.site}")
    return summary
