"""The published build, opened for messages: the figures of the live answers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.dashboards.inputs import chosen_period
from helpdesk.mcp import arguments
from helpdesk.mcp.figures import query
from helpdesk.mcp.opened import Answering, Opened, Row
from helpdesk.reports.conditions import COMPARISONS
from helpdesk.serve.options import options_of

MOST_ROWS = arguments.MOST_ROWS


@contextmanager
def opened(paths: OutputPaths, settings: Settings) -> Iterator[Opened]:
    """What is published in an output folder."""
    answering = Answering(options_of(settings, paths.site, paths.root, "localhost"))
    try:
        with answering.opened() as found:
            yield found
    finally:
        answering.warehouse.close()


def filters_of(declared: Mapping[str, Iterable[Any]], team: str = "") -> list[Row]:
    """Filters of the settings in the form of a query: a name without a comparison means `is`."""
    found: list[Row] = []
    for name, values in declared.items():
        field, _, comparison = name.rpartition(".")
        if not field or comparison not in COMPARISONS:
            field, comparison = name, "is"
        listed = list(values)
        several = comparison in ("is", "is_not", "all")
        found.append({"field": field, comparison: listed if several else listed[0]})
    return [*found, {"field": "team", "is": [team]}] if team else found


def rows_of(build: Opened, **asked: Any) -> Row:
    """The answer to a query, with its `rows`. Raises ReportError for a wrong name."""
    return query(build, arguments.read(arguments.Query, {"limit": MOST_ROWS, **asked}))


def period_of(build: Opened, name: str) -> dict[str, Any]:
    """First and last day of a period of the pages, and of the one before, as dates."""
    calendar = build.build.calendar
    clock = {"first": calendar.first.isoformat(), "last": calendar.as_of.isoformat()}
    found = chosen_period(clock, {"period": name})
    return {
        key: date.fromisoformat(value) if isinstance(value, str) else value
        for key, value in found.items()
    }


def teams_of(build: Opened) -> dict[str, list[str]]:
    """Keys and names of the teams, without the unknown one."""
    rows = build.rows(
        "select team_key, name from marts.dim_teams where team_key <> 'unknown' order by name"
    )
    return {"keys": [row["team_key"] for row in rows], "names": [row["name"] for row in rows]}
