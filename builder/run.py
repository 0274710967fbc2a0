"""The figures of a saved report, now, from a published warehouse."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from builder.catalogue import Catalogue
from builder.errors import ReportError
from builder.metrics import Metrics
from builder.report import SavedReport
from builder.saved import GRAINS
from builder.table import Table
from dashboards.checks import nearest
from orchestration.dbt_project import ensure_manifest

DATE = "date"


def table_of(
    report: SavedReport,
    catalogue: Catalogue,
    marts: Path,
    by: tuple[str, ...],
    grain: str,
    since: str,
    until: str,
) -> Table:
    """The table of a report, by what its chart shows unless `by` says otherwise."""
    if grain:
        if grain not in GRAINS:
            raise ReportError(f"--grain {grain!r} is not one of {', '.join(GRAINS)}")
        report = replace(report, grain=grain)
    known = (DATE, *(one.called for one in report.dimensions))
    for name in by:
        if name not in known:
            raise ReportError(
                f"--by {name}: the report has no such dimension{nearest(name, known)}"
            )
    metrics = Metrics(ensure_manifest(), catalogue)
    days = _day("--since", since), _day("--until", until)
    return metrics.query(report, by or _shown(report), *days).run(marts)


def _shown(report: SavedReport) -> tuple[str, ...]:
    """What the chart shows."""
    if report.axis:
        return (report.axis.called,)
    return (DATE, report.series.called) if report.series else (DATE,)


def _day(flag: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise ReportError(f"{flag} {text!r} is no date such as 2026-01-31") from error
