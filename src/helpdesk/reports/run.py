"""The present figures of a saved report, from a published warehouse."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.reports.metrics import Metrics
from helpdesk.reports.query import Limits, read_query
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import GRAINS
from helpdesk.reports.table import Table
from helpdesk.transform.manifest import ensure_manifest

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
    """The table of a report by the dimensions `by`; by default those of its chart."""
    if grain:
        if grain not in GRAINS:
            raise ReportError(f"--grain {grain!r} is not one of {', '.join(GRAINS)}")
        report = replace(report, grain=grain)
    known = (DATE, *(one.called for one in report.dimensions))
    for name in by:
        if name not in known:
            raise ReportError(
                f"--by {name}: the report has no such dimension{nearest(name, known)}. For another "
                f"one, `helpdesk report copy {report.id} --as NAME` writes a "
                "report of your own, to add it there"
            )
    for one in report.dimensions:
        if one.field.bridge and one.called in by:
            raise ReportError(
                f"--by {one.called}: a ticket has several values; the report's page has a table by "
                f"them, and `/api/query?report={report.id.lower()}&by={one.called}` answers"
            )
    metrics = Metrics(ensure_manifest(), catalogue)
    days = _day("--since", since), _day("--until", until)
    return metrics.query(report, by or _shown(report), *days).run(marts)


def filtered(
    report: SavedReport, path: Path, catalogue: Catalogue, filters: list[tuple[str, str]]
) -> SavedReport:
    """The report of a file with further filters: fields and their values. Raises ReportError."""
    asked = [("report", report.name), *((f"{field}.is", value) for field, value in filters)]
    found = read_query(asked, catalogue, {report.name: path}, Limits(1, 1)).report
    return replace(report, filters=found.filters, joins=found.joins)


def _shown(report: SavedReport) -> tuple[str, ...]:
    """The dimensions of the chart."""
    if report.axis or report.rows:
        return tuple(one.called for one in (report.axis, report.rows) if one)
    return (DATE, report.series.called) if report.series else (DATE,)


def _day(flag: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise ReportError(f"{flag} {text!r} is not a date such as 2026-01-31") from error
