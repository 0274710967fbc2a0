"""The list of tickets behind a figure of the pages, by its name and the teams of a reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.dashboards.widgets.desk import Clock
from helpdesk.dashboards.widgets.kinds import TEAM, Widgets
from helpdesk.dashboards.widgets.tickets import FigureList, list_id
from helpdesk.reports.errors import ReportError
from helpdesk.reports.literals import literals
from helpdesk.reports.query import Limits, number_of, within_bounds
from helpdesk.reports.tickets import Listing, Part
from helpdesk.serve.guard import Refusal
from helpdesk.serve.warehouse import Build

SINGLE = ("list", "sort", "search", "limit", "offset")
TEAMS = ("team", "team.not")


@dataclass(frozen=True)
class FigureQuery:
    """A requested list: its name, the teams to keep and to leave out, and its part."""

    name: str
    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    part: Part

    @property
    def limit(self) -> int:
        return self.part.limit

    @property
    def offset(self) -> int:
        return self.part.offset


def read_figure_query(parameters: Sequence[tuple[str, str]], limits: Limits) -> FigureQuery:
    """The list that the parameters of an address request. Raises ReportError."""
    single: dict[str, str] = {}
    teams: dict[str, list[str]] = {name: [] for name in TEAMS}
    for name, value in within_bounds(parameters):
        if name in teams:
            teams[name].append(value)
        elif name in SINGLE and name not in single:
            single[name] = value
        else:
            raise ReportError(
                f"{name[:50]!r}: a list has the parameters {', '.join((*SINGLE, *TEAMS))}"
            )
    part = Part(
        single.get("sort", ""),
        single.get("search", ""),
        number_of("limit", single, limits),
        number_of("offset", single),
    )
    return FigureQuery(single["list"], tuple(teams["team"]), tuple(teams["team.not"]), part)


def figure_listing(
    query: FigureQuery,
    widgets: Widgets,
    build: Build,
    with_people: bool,
    rows: Callable[[str], Sequence[tuple[Any, ...]]],
) -> tuple[str, Listing]:
    """The fact that the list is of, and its SQL. `rows` answers a query of the build."""
    calendar = build.calendar
    clock = Clock(build.id, calendar.as_of_time, calendar.as_of, calendar.timezone)
    for drill in widgets.drills():
        if query.name != drill.name and not query.name.startswith(f"{drill.name}-"):
            continue
        figures = FigureList(drill, clock, calendar, widgets.own, with_people)
        found = (row[: len(drill.by)] for row in rows(figures.totals(drill.by)))
        key = next((one for one in found if list_id(drill, one) == query.name), None)
        if key is None:
            break
        conditions = figures.conditions(key)
        if drill.has_teams:
            conditions += [f"{TEAM} in ({literals(query.kept)})"] * bool(query.kept)
            conditions += [f"{TEAM} not in ({literals(query.left_out)})"] * bool(query.left_out)
        elif query.kept or query.left_out:
            raise ReportError("team: this list is of all teams")
        return drill.relation.name, figures.listing(conditions, query.part)
    raise Refusal(404, f"{query.name[:80]!r}: no figure of this build has such a list.")
