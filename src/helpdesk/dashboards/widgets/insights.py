"""Insights: those on the summary page, and a file with those of each report.

Each sentence comes with its row, which a reader can open. A sentence that a language model has
reworded replaces that of the mart.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from helpdesk.dashboards.widgets.desk import Desk, Row
from helpdesk.dashboards.widgets.kinds import Widget
from helpdesk.dashboards.widgets.tickets import TicketLists, write_json

FILE = "insights.json"
# Takes rows of insights; returns other sentences by their keys.
Reword = Callable[[list[Row]], Mapping[str, str]]
# The report id of insights that are only on the summary page.
SUMMARY = "S6"


def insights_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """The insights that need attention now, the newest first, each with the tickets it counts."""
    rows = _rows(desk, widget, "summary_position")
    shown = {row["template"] for row in rows}
    ids = {
        figure.name: lists.write(figure.tickets, figure.label).get(())
        for figure in widget.figures
        if figure.name in shown
    }
    return {
        "insights": [_insight(desk, row) | {"tickets": ids.get(row["template"])} for row in rows]
    }


def write_insights(desk: Desk, widget: Widget, out: Path) -> Path:
    """The insights of every report, by its id."""
    by_report: dict[str, list[Row]] = {}
    for row in _rows(desk, widget, "position"):
        if row["report_id"] != SUMMARY:
            by_report.setdefault(row["report_id"], []).append(_insight(desk, row))
    path = out / FILE
    write_json(path, by_report)
    return path


def insight_rows(desk: Desk, widget: Widget) -> list[Row]:
    """All rows of the mart, in order."""
    return _rows(desk, widget, "position")


def _rows(desk: Desk, widget: Widget, place: str) -> list[Row]:
    """The rows that have a position, in its order."""
    return desk.rows(
        f"select * from {widget.relation.sql} where {place} is not null order by {place}, report_id"
    )


def _insight(desk: Desk, row: Mapping[str, Any]) -> Row:
    report = row["report_id"]
    return {
        "sentence": desk.reworded.get(row["insight_key"], row["sentence"]),
        "report": None if report == SUMMARY else report.lower(),
        "row": {name: _plain(value) for name, value in row.items() if value is not None},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
