"""The rows of a desk once they are parsed: typed, visible at as_of, one version of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from .business_time import Calendar

CLOSED = "closed"
UNKNOWN = "unknown"
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Change:
    """A row of a field's history: the value from `at` on; None where it was emptied.

    `is_inferred`: no row says it, the ticket's own row does, which is newer than the history.
    """

    at: datetime
    value: str | None
    is_inferred: bool = False


@dataclass(frozen=True)
class Message:
    message_id: str
    sent_at: datetime
    direction: str
    author_type: str
    author_id: str | None
    is_public: bool
    is_automated: bool
    delivery_status: str
    kind: str
    channel_id: str | None
    is_of_known_conversation: bool = True


@dataclass(frozen=True)
class Applied:
    """A policy that the vendor applied to a ticket, for one metric or (None) for all.

    With `goal_seconds` the vendor recorded the target itself.
    """

    at: datetime
    policy_id: str
    schedule_id: str | None
    metric: str | None = None
    goal_seconds: int | None = None


@dataclass(frozen=True)
class Ticket:
    """A ticket's row, its history by field, its messages by (sent_at, message_id)."""

    ticket_id: str
    created_at: datetime
    row: Mapping[str, str | None]
    is_outbound: bool
    is_spam: bool
    is_deleted: bool
    history: Mapping[str, Sequence[Change]]
    messages: Sequence[Message]
    applied: Sequence[Applied]
    reported_closed_at: datetime | None = None
    is_conversation_unknown: bool = False


@dataclass(frozen=True)
class Status:
    state: str
    pauses_sla: bool


@dataclass(frozen=True)
class Version:
    """The time for which a policy or target holds: valid_from <= t < valid_to."""

    valid_from: datetime
    valid_to: datetime | None

    def holds_at(self, instant: datetime) -> bool:
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)


@dataclass(frozen=True)
class Condition:
    """The allowed values of a property: one of `any_of` and none of `none_of`, if given; empty or
    filled by `is_empty`, if given."""

    any_of: frozenset[str] | None = None
    none_of: frozenset[str] = frozenset()
    is_empty: bool | None = None

    def is_met(self, values: frozenset[str]) -> bool:
        return (
            (self.any_of is None or bool(values & self.any_of))
            and not values & self.none_of
            and (self.is_empty is None or self.is_empty == (not values))
        )


@dataclass(frozen=True)
class Policy:
    """One version of a policy. `conditions` by property."""

    policy_id: str
    version: Version
    rank: int
    conditions: Mapping[str, Condition]


@dataclass(frozen=True)
class Target:
    """One version of a target, in seconds. `priority` None: for any."""

    policy_id: str
    metric: str
    priority: str | None
    version: Version
    goal_seconds: int
    due_soon_seconds: int | None
    schedule_id: str | None
    holidays_apply: bool


@dataclass(frozen=True)
class Membership:
    """An agent in a team. `is_primary` None: the row has no value."""

    team_id: str
    version: Version
    is_primary: bool | None


@dataclass(frozen=True)
class Agent:
    agent_id: str
    is_active: bool
    capacity: int | None


@dataclass(frozen=True)
class Call:
    """A phone call; `direction` is incoming or outgoing, however it was spelt."""

    call_id: str
    ticket_id: str | None
    agent_id: str | None
    started_at: datetime
    direction: str
    outcome: str
    duration_seconds: int | None


@dataclass(frozen=True)
class Survey:
    """A survey on its scale, whose ends are both known and in order."""

    survey_id: str
    name: str
    kind: str
    scale_min: Fraction
    scale_max: Fraction
    is_higher_better: bool


@dataclass(frozen=True)
class Response:
    """A survey sent to a customer. `responded_at`, `score`, `comment`: None until answered."""

    response_id: str
    survey: Survey
    ticket_id: str | None
    contact_id: str | None
    agent_id: str | None
    sent_at: datetime | None
    responded_at: datetime | None
    score: Fraction | None
    comment: str | None


@dataclass(frozen=True)
class Presence:
    """An agent available or away over [started_at, ended_at); None while it is current."""

    agent_id: str
    number: int
    started_at: datetime
    ended_at: datetime | None
    status: str
    reason: str | None


@dataclass(frozen=True)
class OwnField:
    """A field of tickets that the settings declare. `native`: its id in the help desk."""

    name: str
    native: str
    type: str = "text"
    labels: Mapping[str, str] = field(default_factory=dict)
    is_tags: bool = False

    @property
    def is_many(self) -> bool:
        return self.is_tags or self.type == "options"


@dataclass(frozen=True)
class Settings:
    """What an installation decides."""

    report_timezone: str = "UTC"
    default_schedule_id: str | None = None
    include_personal_data: bool = False
    fields: tuple[OwnField, ...] = ()


@dataclass(frozen=True)
class World:
    """All records of a desk at one as_of. `known`: the ids of each dimension's table."""

    as_of: datetime
    settings: Settings
    calendar: Calendar
    tickets: Sequence[Ticket]
    statuses: Mapping[tuple[str, str | None], Status]
    pipeline_schedules: Mapping[str, str | None]
    policies: Sequence[Policy]
    targets: Sequence[Target]
    pause_statuses: frozenset[tuple[str, str | None, str]]
    memberships: Mapping[str, Sequence[Membership]]
    # The metrics that have a target, of a policy or applied; of the others the help desk keeps the clocks.
    targeted_metrics: frozenset[str] = frozenset()
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # The schedule of the tickets without one by their history and their pipeline.
    default_schedule_id: str | None = None
    agents: Sequence[Agent] = ()
    contact_companies: Mapping[str, str | None] = field(default_factory=dict)
    calls: Sequence[Call] = ()
    surveys: Sequence[Survey] = ()
    responses: Sequence[Response] = ()
    presences: Sequence[Presence] = ()
