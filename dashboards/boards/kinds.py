"""What a board is made of: its parts, what each kind of part asks for, and their figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.report import Dimension, Relation

PAGES = ("summary", "sla", "quality")
DIRECTIONS = ("up", "down")
FIRST = ("newest", "oldest")
COMPARED = ("unit", "value", "n", "comparison_value", "as_of", "comparison_as_of")


@dataclass(frozen=True)
class Kind:
    """What a kind of part asks of its model and of its declaration."""

    page: str
    columns: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


KINDS = {
    # Figures beside what they were a day before: as tiles, as tiles of one choice, as a table.
    "figures": Kind("summary", COMPARED, ("figures",)),
    "chooser": Kind("summary", COMPARED, ("figures", "by", "choices"), ("figure",)),
    "members": Kind("summary", COMPARED, ("figures", "by", "member")),
    "availability": Kind(
        "summary",
        ("agent_key", "team_key", "status", "reason", "since", "capacity", "is_at_capacity", "n"),
        (),
        ("status_needs", "tickets"),
    ),
    "insights": Kind(
        "summary", ("insight_key", "report_id", "position", "summary_position", "sentence")
    ),
    "targets": Kind(
        "sla",
        ("source_system", "policy_id", "policy_name", "metric", "priority", "valid_from",
         "valid_to", "goal_seconds"),
        ("clocks",), ("tickets",),
    ),
    "misses": Kind(
        "sla",
        ("source_system", "ticket_key", "policy_id", "metric", "status", "due_at", "ended_at",
         "is_excluded"),
    ),
    "checks": Kind(
        "quality",
        ("check_id", "kind", "table_name", "column_name", "rows_checked", "rows_failing",
         "share_failing", "severity", "description"),
    ),
    "reconciliation": Kind(
        "quality",
        ("source_system", "table_name", "is_configured", "rows_read", "rows_modelled",
         "rows_quarantined", "rows_duplicate", "rows_held_back"),
    ),
    "quarantine": Kind(
        "quality", ("table_name", "row_key", "reason", "raw_row", "landed_file", "landed_row")
    ),
    "builds": Kind("quality", ("build_id", "started_at", "as_of"), (), ("newest",)),
    # The lists of tickets that figures lead to.
    "tickets": Kind("tickets", ("ticket_key", "ticket_id"), ("columns",)),
}  # fmt: skip
CLOCK_ROWS = ("source_system", "policy_id", "metric", "status", "due_date", "is_excluded")


@dataclass(frozen=True)
class Drill:
    """Where the tickets behind a figure are found: rows of a fact, and the time they go by.

    There is a list for each of the values that the columns `by` take.
    """

    name: str
    relation: Relation
    by: tuple[str, ...]
    where: str
    at: str
    label: str
    newest_first: bool
    said: str


@dataclass(frozen=True)
class Figure:
    """A figure of a part; `good` is the direction that is good news, where one is."""

    name: str
    label: str
    good: str | None
    needs: tuple[str, ...]
    tickets: Drill | None


@dataclass(frozen=True)
class Newest:
    """A column whose latest time tells how fresh the data is."""

    label: str
    relation: Relation
    column: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A part of a board, as its model declares it; `names` says where each key column is named."""

    page: str
    kind: str
    title: str
    position: int
    definition: str
    relation: Relation
    names: Mapping[str, Dimension]
    needs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    figure_column: str = "figure"
    by: str | None = None
    choices: tuple[str, ...] = ()
    member: str = ""
    status_needs: tuple[str, ...] = ()
    tickets: Drill | None = None
    clocks: Relation | None = None
    newest: tuple[Newest, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Boards:
    """All that the boards are made from."""

    parts: tuple[Part, ...]
    clock: Relation

    def of(self, page: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.page == page)

    def only(self, kind: str) -> Part | None:
        """The part of a kind of which there is one at most."""
        return next((part for part in self.parts if part.kind == kind), None)
