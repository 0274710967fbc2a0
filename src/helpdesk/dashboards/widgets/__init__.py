"""Writes the pages of present figures (summary, SLA, data quality) as JSON of their widgets.

These pages are small and have no SQL filters, so their figures are computed here and not in the
browser. A refresh replaces only these files. Models declare the widgets.
"""

from collections.abc import Callable, Collection
from pathlib import Path

import duckdb

from helpdesk.dashboards.widgets.definitions import load_widgets, read_widgets
from helpdesk.dashboards.widgets.desk import Desk, Row
from helpdesk.dashboards.widgets.insights import (
    Reword,
    insight_rows,
    insights_widget,
    write_insights,
)
from helpdesk.dashboards.widgets.kinds import PAGES, Widget, Widgets
from helpdesk.dashboards.widgets.quality import (
    builds_widget,
    checks_widget,
    quarantine_widget,
    reconciliation_widget,
)
from helpdesk.dashboards.widgets.sla import misses_widget, targets_widget
from helpdesk.dashboards.widgets.summary import (
    availability_widget,
    bars_widget,
    chooser_widget,
    figures_widget,
    members_widget,
)
from helpdesk.dashboards.widgets.teams import TEAM_PAGES, page_teams
from helpdesk.dashboards.widgets.tickets import TicketLists, write_json
from helpdesk.reports.errors import lacking

__all__ = ["load_widgets", "read_widgets", "write_widgets"]

WRITERS: dict[str, Callable[[Desk, Widget, TicketLists], Row]] = {
    "figures": figures_widget,
    "chooser": chooser_widget,
    "members": members_widget,
    "bars": bars_widget,
    "availability": availability_widget,
    "insights": insights_widget,
    "targets": targets_widget,
    "misses": misses_widget,
    "checks": checks_widget,
    "reconciliation": reconciliation_widget,
    "quarantine": quarantine_widget,
    "builds": builds_widget,
}


def write_widgets(
    connection: duckdb.DuckDBPyConnection,
    widgets: Widgets,
    out: Path,
    reword: Reword | None = None,
    withheld: Collection[str] = (),
) -> tuple[Path, ...]:
    """Write every page, and the tickets behind its figures, into `out`; returns the files.

    `reword` gets the rows of insights and returns other sentences for some of them. The widgets of
    `withheld` marts say that their figures are of the whole desk, and show none.

    The connection has the published marts attached and in use. Raises DashboardError if they
    lack a mart or column of the manifest.
    """
    out.mkdir(parents=True, exist_ok=True)
    desk = Desk(connection, widgets, withheld)
    insights = widgets.only("insights")
    if insights and reword:
        desk.reworded = reword(insight_rows(desk, insights))
    lists = TicketLists(desk, out)
    written = []
    for page in PAGES:
        content = _page(desk, page, lists)
        if page in TEAM_PAGES:
            written.append(out / f"teams-{page}.json")
            write_json(written[-1], page_teams(desk, page, content["widgets"]))
        written.append(out / f"{page}.json")
        write_json(written[-1], content)
    if insights:
        written.append(_insights(desk, insights, out))
    for stale in set(out.glob("*tickets_*.json")) - lists.written:
        stale.unlink()
    return (*written, *sorted(lists.written))


def _page(desk: Desk, page: str, lists: TicketLists) -> Row:
    clock = desk.clock
    return {
        "page": page,
        "as_of": clock.text(clock.as_of),
        "zone": clock.zone,
        "build_id": clock.build_id,
        "widgets": [_widget(desk, widget, lists) for widget in desk.widgets.of(page)],
    }


def _insights(desk: Desk, widget: Widget, out: Path) -> Path:
    try:
        return write_insights(desk, widget, out)
    except duckdb.Error as error:
        raise lacking(widget.relation.name, error) from error


def _widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    missing = desk.missing(widget.requires)
    described = {"kind": widget.kind, "title": widget.title, "definition": widget.definition}
    if widget.relation.name in desk.withheld:
        return {**described, "empty": [], "is_withheld": True}
    try:
        content = {"missing": missing} if missing else WRITERS[widget.kind](desk, widget, lists)
    except duckdb.Error as error:
        raise lacking(widget.relation.name, error) from error
    return {**described, "empty": desk.empty(widget.requires), **content}
