"""The written widget files of the small desk, and readers of them."""

import json
from pathlib import Path
from typing import Any

from helpdesk.dashboards.widgets import write_widgets
from tests.dashboards.desk import AS_OF, open_marts

METRICS = {
    "First response": "first_response",
    "Next response": "next_response",
    "Time to close": "time_to_close",
}
TODAY = f"date '{AS_OF.date()}'"
NOW = f"timestamp '{AS_OF.replace(tzinfo=None)}'"
DAY_BEFORE = f"({NOW} - interval 1 day)"

# Every ticket of the desk twice, and open.
EIGHT_HUNDRED_OPEN = (
    """update fct_tickets set closed_at = null, closed_at_basis = null, status_state = 'open',
    is_excluded = false""",
    "insert into fct_tickets select * replace (ticket_key || 'x' as ticket_key) from fct_tickets",
    "delete from fct_ticket_open_intervals",
    """insert into fct_ticket_open_intervals by name
    select ticket_key, 1 as interval_number, created_at as started_at, true as is_current, agent_key,
    team_key, channel_account_key, pipeline_key, company_key, channel_key, created_at, is_excluded,
    source_system from fct_tickets""",
)


class Written:
    """The files of one run."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def file(self, name: str) -> dict[str, Any]:
        return json.loads((self.out / f"{name}.json").read_text(encoding="utf-8"))

    def widget(self, page: str, title: str) -> dict[str, Any]:
        (found,) = [part for part in self.file(page)["widgets"] if part["title"] == title]
        return found

    def figures(self, title: str, group: int = 0) -> dict[str, dict[str, Any]]:
        figures = self.widget("summary", title)["groups"][group]["figures"]
        return {figure["label"]: figure for figure in figures}

    def tickets(self, name: str) -> list[str]:
        return [row["ticket_id"] for row in self.listed(name)]

    def listed(self, name: str) -> list[dict[str, Any]]:
        """The rows of a list, by the names of its columns."""
        content = self.file(f"tickets_{name}")
        names = [column["name"] for column in content["columns"]]
        return [dict(zip(names, row, strict=True)) for row in content["rows"]]

    def cells(self, page: str, title: str) -> list[dict[str, Any]]:
        """The rows of a table, cells by their column's label."""
        table = self.widget(page, title)["table"]
        labels = [column["label"] for column in table["columns"]]
        return [dict(zip(labels, row, strict=True)) for row in table["rows"]]


def write(marts: Path, widgets, out: Path) -> Written:
    with open_marts(marts, read_only=True) as connection:
        write_widgets(connection, widgets, out)
    return Written(out)
