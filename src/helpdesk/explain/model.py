"""The explanation of one ticket as plain values, for a command or a page."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

UNKNOWN = "unknown"

EventKind = Literal[
    "created", "status", "pipeline", "owner", "team", "priority", "channel account", "message",
    "survey", "call", "SLA policy", "merge",
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """An event of the ticket. `seconds`: its duration, if it has one.

    `row_id`: the id of its landed row, if the row has an id.
    """

    at: datetime
    kind: EventKind
    text: str
    seconds: int | None = None
    row_id: str | None = None
    landed_at: str | None = None


@dataclass(frozen=True)
class OpenTime:
    """Opening hours within an interval of a clock."""

    from_at: datetime
    to_at: datetime
    seconds: int


@dataclass(frozen=True)
class Interval:
    """A time in which a clock ran, or was paused and counted no working seconds.

    `total_seconds`: the clock's count at the end of it. `open_times`: empty for a clock that runs
    around the clock.
    """

    from_at: datetime
    to_at: datetime
    is_running: bool
    because: str
    working_seconds: int
    total_seconds: int
    open_times: tuple[OpenTime, ...] = ()


@dataclass(frozen=True)
class Clock:
    """A row of fct_sla_clocks, with intervals that add up to its elapsed seconds.

    `due_because`: the reason for the due time. `discrepancy`: a difference to the mart, else None.
    """

    metric: str
    occurrence: int
    basis: str
    status: str
    verdict: str
    policy_id: str | None
    policy_name: str | None
    policy_because: str | None
    target_priority: str | None
    goal_seconds: int | None
    due_soon_seconds: int | None
    schedule_id: str | None
    schedule_timezone: str | None
    holidays_apply: bool | None
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    due_because: str
    elapsed_seconds: int | None
    status_at_first_close: str | None
    is_paused: bool
    intervals: tuple[Interval, ...]
    discrepancy: str | None


@dataclass(frozen=True)
class Ruling:
    """The meaning of a mart's column: its description in the published file."""

    column: str
    description: str


@dataclass(frozen=True)
class Figure:
    """A figure of fct_tickets, with its events and the rulings on it."""

    name: str
    value: int | bool | None
    unit: Literal["seconds", "count", "flag"]
    because: str
    events: tuple[Event, ...]
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True)
class LandedRow:
    """A row that names the ticket. `disposition`: modelled, or the reason why not.

    Values that may be personal data are masked, unless the settings show them.
    """

    table: str
    file: str
    row: int
    disposition: str
    values: dict[str, str]


@dataclass(frozen=True)
class Rejection:
    """A rejected row of the ticket, from the mart `quarantine`."""

    table: str
    file: str
    row: int
    key: str | None
    reason: str
    remedy: str


@dataclass(frozen=True)
class Explanation:
    """`first`: warnings to read first. `notes`: facts that this build lacks, with the reason."""

    ticket_key: str
    build_id: str
    as_of: datetime
    report_timezone: str
    first: tuple[str, ...]
    properties: dict[str, str | None]
    timeline: tuple[Event, ...]
    clocks: tuple[Clock, ...]
    figures: tuple[Figure, ...]
    rejected: tuple[Rejection, ...]
    landed: tuple[LandedRow, ...]
    notes: tuple[str, ...]


def as_json(value: Any) -> Any:
    """The value in types of JSON; instants in ISO 8601, UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return [as_json(one) for one in value] if isinstance(value, (list, tuple)) else value


def whole(at: datetime) -> int:
    """The epoch second, rounded down, as for every duration."""
    return int((at - _EPOCH) // timedelta(seconds=1))


def instant(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
