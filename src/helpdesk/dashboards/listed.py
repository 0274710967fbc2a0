"""Writes what pages without a server lack: the first tickets behind each report, and the catalogue.

A server has the whole list for any choice of the reader. Plain files have the first rows for the
default choices.
"""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.dashboards.inputs import readings
from helpdesk.reports.answers import json_bytes, listed_columns, read_calendar
from helpdesk.reports.catalogue import Catalogue, load_catalogue
from helpdesk.reports.errors import ReportError
from helpdesk.reports.fields import fields_of
from helpdesk.reports.lines import Lines
from helpdesk.reports.models import report_files
from helpdesk.reports.query import ReportQuery, Window
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import PREBUILT, REPORTS, path_of, read_report
from helpdesk.reports.tickets import TicketList, has_tickets

LISTED = 500


def write_lists(
    connection: duckdb.DuckDBPyConnection, manifest: Path, desk: dict[str, Any], folder: Path
) -> set[str]:
    """Write `<report>_tickets.json` into `folder` for each report that counts tickets.

    `desk` is the content of `desk.json`; `connection` uses the published marts. Returns the slugs
    of these reports.
    """
    folder.mkdir(exist_ok=True)
    written = set()
    catalogue, calendar = load_catalogue(manifest), read_calendar(connection)
    period = readings(desk, {})["period"]
    window = Window(date.fromisoformat(period["start"]), date.fromisoformat(period["end"]))
    for report in _reports(catalogue):
        slug, main = report.id.lower(), report.measures[0]
        if slug not in desk["reports"] or not has_tickets(report.source):
            continue
        asked = ReportQuery(report, (), window, "", LISTED, 0, "")
        listing = TicketList(asked, catalogue, calendar, with_people=False).listing()
        total, _, without = connection.execute(listing.totals).fetchone() or (0, 0, 0)
        content = {
            "measures": [{"name": main.name, "label": main.label, "format": main.format}],
            "of": report.source.model,
            "total": total,
            "without_ticket": without,
            "columns": listed_columns(listing.page),
            "rows": connection.execute(listing.page.sql).fetchall(),
        }
        (folder / f"{slug}_tickets.json").write_bytes(json_bytes(content))
        written.add(slug)
    return written


def write_fields(manifest: Path, data: Path) -> set[str]:
    """Write the catalogue, and the content of each report's file, for the report builder.

    Returns the slugs of these reports.
    """
    catalogue = load_catalogue(manifest)
    (data / "fields.json").write_bytes(json_bytes(fields_of(catalogue)))
    files = [(one, path_of(one)) for one in _reports(catalogue)]
    declared = {one.id.lower(): Lines(path, path.name).content for one, path in files}
    (data / "declarations.json").write_bytes(json_bytes(declared))
    return set(declared)


def _reports(catalogue: Catalogue) -> list[SavedReport]:
    """The prebuilt and saved reports; the build has reported those that are invalid."""
    found = []
    for path in (path for kind in (PREBUILT, REPORTS) for path in report_files(kind)):
        try:
            found.append(read_report(path, catalogue))
        except ReportError:
            continue
    return found
