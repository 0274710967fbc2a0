"""The figures of pages by team: sums, of which a page adds up those of the chosen teams.

Counts, sums and n of the teams add up to those of the help desk, so that any choice is exact. A
page reads them when a reader first chooses a team.
"""

from helpdesk.dashboards.widgets.desk import Desk, Key, Row
from helpdesk.dashboards.widgets.kinds import SUMS, TEAM, Widget

# The part of a widget that is in the page's file of teams.
BY_TEAM = "by_team"
# Pages with a filter on teams.
TEAM_PAGES = ("summary", "sla")
ALL = "all"


def sums_id(desk: Desk, widget: Widget, key: Key, figure: str) -> str | None:
    """The name of a figure's sums: its view, its member, itself. None if it has none by team."""
    teams, view = desk.widgets.only("teams"), widget.relation.name
    has_sums = teams is not None and view in teams.views
    return _name(view, key[0] if key else ALL, figure) if has_sums else None


def _name(view: str, member: str, figure: str) -> str:
    return f"{view}/{member}/{figure}"


def page_teams(desk: Desk, page: str, widgets: list[Row]) -> Row:
    """The content of a page's file of teams, without that part of its widgets."""
    views = [widget.relation.name for widget in desk.widgets.of(page)]
    by_team = [widget.pop(BY_TEAM, None) for widget in widgets]
    return {"sums": _sums(desk, views), "widgets": by_team}


def _sums(desk: Desk, views: list[str]) -> dict[str, Row]:
    """Of each figure whether it is a mean, and its sums by team in the order of `SUMS`."""
    widget = desk.widgets.only("teams")
    if widget is None:
        return {}
    found: dict[str, Row] = {}
    rows = desk.rows(
        f"from {widget.relation.sql} where list_contains($1, view_name) order by all", [views]
    )
    for row in rows:
        name = _name(row["view_name"], row["member"], row["figure"])
        figure = found.setdefault(name, {"is_mean": row["is_mean"], "teams": {}})
        figure["teams"][row[TEAM]] = [_plain(row[name]) for name in SUMS]
    return found


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number
