"""Writes the first tickets behind each report, for pages that no server answers for.

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
from helpdesk.reports.models import report_files
from helpdesk.reports.query import ReportQuery, Window
from helpdesk.reports.report import SavedReport
from helpdesk.reports.saved import PREBUILT, REPORTS, read_report
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
        totals = connection.execute(listing.totals).fetchone() or (0, 0)
        content = {
            "measures": [{"name": main.name, "label": main.label, "format": main.format}],
            "total": totals[0],
            "columns": listed_columns(listing.page),
            "rows": connection.execute(listing.page.sql).fetchall(),
        }
        (folder / f"{slug}_tickets.json").write_bytes(json_bytes(content))
        written.add(slug)
    return written


def _reports(catalogue: Catalogue) -> list[SavedReport]:
    """The prebuilt and saved reports; the build has reported those that are invalid."""
    found = []
    for path in (path for kind in (PREBUILT, REPORTS) for path in report_files(kind)):
        try:
            found.append(read_report(path, catalogue))
        except ReportError:
            continue
    return found
