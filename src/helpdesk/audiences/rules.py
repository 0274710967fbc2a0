"""Which rows of each mart an audience sees.

A reader sees the tickets of its audience, and what hangs on them. The rule follows from the columns
of a mart: rows with a ticket are those of visible tickets, members of a dimension are those that
visible rows have. A mart with neither has no rows; so a new mart leaks nothing.
"""

from collections.abc import Callable, Iterable, Mapping

from helpdesk.core.settings import Audience
from helpdesk.core.sql import name

# The attributes that limit an audience: its setting, the dimension and the key of a ticket.
LIMITS = {
    "teams": ("dim_teams", "team_key"),
    "pipelines": ("dim_pipelines", "pipeline_key"),
    "companies": ("dim_companies", "company_key"),
}
NAMES = {"teams": "team", "pipelines": "pipeline", "companies": "company"}
TICKETS, TICKET = "fct_tickets", "ticket_key"
# Some have no ticket: UNKNOWN.
CALLS = "fct_calls"
# Marts about no ticket: calendars, kinds of channels, and the build.
OPEN = ("build_log", "dim_channels", "dim_comparison_times", "dim_dates", "dim_moments",
        "dim_opening_hours")  # fmt: skip
# Marts that say what is configured, without their counts: those are of the whole desk.
UNCOUNTED = {
    "reconciliation": ("rows_", "empty_because"),
    "dim_fields": ("row_count", "filled_", "first_", "last_", "option_count"),
}
# Members of a team, of whom a team's audience sees the availability too.
AGENTS, AVAILABILITY = "dim_agents", "fct_agent_availability"
# Marts of the whole desk, which no audience sees a part of.
WHOLE = ("data_quality", "quarantine", "rpt_insights")
# The view with who can take a ticket: agents of other teams who wrote to a visible ticket are
# members of a dimension, and no part of it.
ON_SHIFT = "rpt_summary_availability"
UNKNOWN = "unknown"

Columns = Mapping[str, Iterable[str]]


def is_fact(mart: str, columns: Iterable[str]) -> bool:
    """Whether the rows of a mart are of tickets, or of members of a team."""
    return TICKET in columns or mart == AVAILABILITY


def members_of(mart: str, columns: Iterable[str], marts: Columns) -> list[tuple[str, str]] | None:
    """The facts and their columns with the visible members; None for a mart that is no dimension.

    A column such as first_response_agent_key has agents, too.
    """
    key = next(iter(columns))
    if not mart.startswith("dim_") or not key.endswith("_key"):
        return None
    found = [
        (fact, column)
        for fact, known in marts.items()
        if is_fact(fact, known)
        for column in known
        if column == key or column.endswith(f"_{key}")
    ]
    return found or None


def of_members(
    mart: str,
    columns: Iterable[str],
    marts: Columns,
    audience: Audience,
    place: str,
    named: Callable[[str], str],
) -> str:
    """The SQL condition for the members that an audience sees; empty if the mart is no dimension.

    `place`: the schema of the cut facts; `named`: the condition that a key is of a named member.
    """
    members = members_of(mart, columns, marts)
    if members is None:
        return ""
    key = next(iter(columns))
    conditions = [f"{key} = '{UNKNOWN}'"]
    conditions += [
        f"{key} in (select {name(column)} from {place}.{name(fact)})" for fact, column in members
    ]
    if key in key_columns(audience):
        conditions.append(named(key))
    if mart == AGENTS and audience.teams:
        conditions.append(named("team_key"))
    return " or ".join(conditions)


def withheld(audience: Audience) -> tuple[str, ...]:
    """Marts of which pages show nothing to an audience: their figures are of others, too."""
    return (*WHOLE, *UNCOUNTED, *(() if audience.teams else (ON_SHIFT, AVAILABILITY)))


def key_columns(audience: Audience) -> list[str]:
    """The keys of a ticket that limit an audience."""
    return [LIMITS[limit][1] for limit in audience.limits]
