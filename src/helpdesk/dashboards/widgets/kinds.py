"""The kinds of widgets, with the columns and keys that each requires, and their figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helpdesk.reports.catalogue import OwnColumn
from helpdesk.reports.definition import Dimension, Relation

PAGES = ("summary", "sla", "quality")
DIRECTIONS = ("up", "down")
FIRST = ("newest", "oldest")
COMPARED = ("unit", "value", "n", "comparison_value", "as_of", "comparison_as_of")

SUMS = ("total", "n", "comparison_total", "comparison_n")
# Formats of the first column of a list.
FORMATS = ("duration", "hours", "decimal")
WORST = ("high", "low")
# The column of a row's team, in facts and in views.
TEAM = "team_key"


@dataclass(frozen=True)
class Kind:
    """The columns that a kind of widget requires, and the keys of its declaration."""

    page: str
    columns: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


KINDS = {
    # Figures with those of a day before: as tiles, as tiles for one choice, as a table.
    "figures": Kind("summary", COMPARED, ("figures",)),
    "chooser": Kind("summary", COMPARED, ("figures", "by", "choices"), ("figure",)),
    "members": Kind("summary", COMPARED, ("figures", "by", "member")),
    "availability": Kind(
        "summary",
        ("agent_key", "team_key", "status", "reason", "since", "capacity", "is_at_capacity", "n"),
        (),
        ("status_requires", "tickets"),
    ),
    # Counts as bars below each other.
    "bars": Kind("summary", COMPARED, ("figures",), ("figure",)),
    # The figures of tiles at each hour of a day.
    "hours": Kind(
        "tiles",
        ("figure", "unit", "clock_seconds", "is_as_of", "value", "comparison_value", "usual_value"),
    ),
    # `lists` has the tickets that the sentences of a template count.
    "insights": Kind(
        "summary",
        ("insight_key", "report_id", "position", "summary_position", "template", "sentence"),
        (),
        ("lists",),
    ),
    # `running` has the clocks that run, by their status.
    "targets": Kind(
        "sla",
        ("source_system", "policy_id", "policy_name", "metric", "priority", "valid_from",
         "valid_to", "goal_seconds"),
        ("clocks",), ("tickets", "running"),
    ),
    "misses": Kind(
        "sla",
        ("source_system", "ticket_key", "policy_id", "metric", "status", "due_at", "ended_at",
         "is_excluded", TEAM),
        (), ("tickets",),
    ),
    "checks": Kind(
        "quality",
        ("check_id", "kind", "table_name", "column_name", "rows_checked", "rows_failing",
         "share_failing", "severity", "description"),
    ),
    "reconciliation": Kind(
        "quality",
        ("source_system", "table_name", "is_configured", "rows_read", "rows_modelled",
         "rows_quarantined", "rows_duplicate", "rows_held_back", "empty_because"),
    ),
    "quarantine": Kind(
        "quality",
        ("table_name", "row_key", "reason", "remedy", "raw_row", "landed_file", "landed_row"),
    ),
    "builds": Kind("quality", ("build_id", "started_at", "as_of"), (), ("newest",)),
    # The figures of the summary page by team, as sums.
    "teams": Kind("teams", ("team_key", "view_name", "member", "figure", "is_mean", *SUMS),
                  ("views",)),
    # The tickets behind figures.
    "tickets": Kind("tickets", ("ticket_key", "ticket_id")),
}  # fmt: skip
CLOCK_ROWS = ("source_system", "policy_id", "metric", "status", "due_date", "is_excluded", TEAM)


@dataclass(frozen=True)
class Value:
    """The first column of a list, by which the worst come first."""

    sql: str
    label: str
    format: str
    is_low_worst: bool


@dataclass(frozen=True)
class Drill:
    """The tickets behind a figure: rows of a fact, ordered by a value, then by a time.

    There is a list for each value of the columns `by`, and if it `has_teams` its tickets by the
    team of their rows. `source` names the declaration in errors.
    """

    name: str
    relation: Relation
    by: tuple[str, ...]
    where: str
    at: str
    label: str
    newest_first: bool
    value: Value | None
    has_teams: bool
    source: str


@dataclass(frozen=True)
class Figure:
    """A figure of a widget; `good` is the direction of an improvement, if there is one."""

    name: str
    label: str
    good: str | None
    requires: tuple[str, ...]
    tickets: Drill | None


@dataclass(frozen=True)
class Newest:
    """A column whose latest time shows how fresh the data is."""

    label: str
    relation: Relation
    column: str
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Widget:
    """A widget as its model declares it; `names` has the dimension of each key column."""

    page: str
    kind: str
    title: str
    position: int
    definition: str
    relation: Relation
    names: Mapping[str, Dimension]
    requires: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    figure_column: str = "figure"
    by: str | None = None
    choices: tuple[str, ...] = ()
    member: str = ""
    status_requires: tuple[str, ...] = ()
    tickets: Drill | None = None
    clocks: Relation | None = None
    newest: tuple[Newest, ...] = ()
    views: tuple[str, ...] = ()

    def drills(self) -> Iterator[Drill]:
        """The lists of tickets behind its figures."""
        drills = [self.tickets, *(figure.tickets for figure in self.figures)]
        yield from (drill for drill in drills if drill)


@dataclass(frozen=True)
class Widgets:
    """All widgets, the relation with the build's `as_of`, and the own fields of tickets."""

    widgets: tuple[Widget, ...]
    clock: Relation
    own: tuple[OwnColumn, ...] = ()

    def of(self, page: str) -> tuple[Widget, ...]:
        return tuple(widget for widget in self.widgets if widget.page == page)

    def drills(self) -> Iterator[Drill]:
        """All lists of tickets."""
        for widget in self.widgets:
            yield from widget.drills()

    def only(self, kind: str) -> Widget | None:
        """The widget of a kind that occurs at most once."""
        return next((widget for widget in self.widgets if widget.kind == kind), None)
