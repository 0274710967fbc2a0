"""Insights: on the summary board what needs attention, in a file of their own those of each report.

Each sentence goes with the row that it is worded from, for a reader to open. Where a language
model has reworded a sentence, its wording is shown in place of the mart's.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dashboards.boards.desk import Desk, Row
from dashboards.boards.kinds import Part
from dashboards.boards.tickets import TicketLists, write_json

FILE = "insights.json"
# Other sentences, by the keys of the rows that it is given.
Reword = Callable[[list[Row]], Mapping[str, str]]
# The report of what stands on no report's page, only on the summary.
SUMMARY = "S6"


def insights_part(desk: Desk, part: Part, lists: TicketLists) -> Row:
    """What needs attention now, the most urgent first."""
    return {"insights": [_insight(desk, row) for row in _rows(desk, part, "summary_position")]}


def write_insights(desk: Desk, part: Part, out: Path) -> Path:
    """The insights of every report, by its id."""
    by_report: dict[str, list[Row]] = {}
    for row in _rows(desk, part, "position"):
        if row["report_id"] != SUMMARY:
            by_report.setdefault(row["report_id"], []).append(_insight(desk, row))
    path = out / FILE
    write_json(path, by_report)
    return path


def insight_rows(desk: Desk, part: Part) -> list[Row]:
    """All of the mart's rows, in one order."""
    return _rows(desk, part, "position")


def _rows(desk: Desk, part: Part, place: str) -> list[Row]:
    """The rows that have a place, in the order of it."""
    return desk.rows(
        f"select * from {part.relation.sql} where {place} is not null order by {place}, report_id"
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
