"""The simulated desk: constants for its statuses, size and behaviour."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DEFAULT_UNTIL = datetime(2026, 6, 30, 18, tzinfo=UTC)
DAYS = 365

# Times and durations are int64 milliseconds (times since 1970-01-01 UTC) until they are written.
HOUR = 3_600_000
DAY = 24 * HOUR
NEVER: int = np.iinfo(np.int64).max

# Weights of the weekdays (Monday first) and of the hours, UTC: customers write in working hours,
# with a morning peak and a quiet weekend.
WEEKDAYS = np.array([1.15, 1.05, 1.0, 1.0, 0.9, 0.25, 0.2])
HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 8, 14, 17, 17, 15, 12, 14, 15, 14, 12, 8, 5, 4, 3, 3, 2, 2])
# The weight at the end of the period, divided by the weight at its start.
GROWTH = 1.8
# The spread of days around the weekly pattern, and the usual work divided by the agents' capacity.
BUSY_DAYS = 0.06
UTILISATION = 0.68

STATUSES = ("New", "Waiting on us", "Waiting on contact", "On hold", "Closed")
STATES = ("open", "open", "pending", "on_hold", "closed")
NEW, ON_US, ON_CONTACT, ON_HOLD, CLOSED = range(5)

PRIORITIES = ("low", "medium", "high", "urgent")
# Factors of the time that an agent takes, by priority.
PACE = np.array([1.6, 1.0, 0.6, 0.3])
# The part of its team's queue that is answered before a ticket, by priority. Tickets that an agent
# has started, and live customers, wait for a part of that.
AHEAD = np.array([1.3, 1.0, 0.4, 0.1])
BEGUN, LIVE = 0.35, 0.3
LIVE_KINDS = ("chat", "phone")

# Fields of the history, in the order in which one action changes them.
FIELDS = ("team", "agent", "priority", "status")
TEAM, AGENT, PRIORITY, STATUS = range(4)

# The possible steps of a ticket: the new status, and the median hours since the previous step. A
# ticket takes some of them. If its customer never answers, it is closed from "Waiting on contact".
STEPS = (
    (NEW, 0.0),
    (ON_US, 0.7),
    (ON_HOLD, 3.0),
    (ON_US, 40.0),
    (ON_CONTACT, 3.0),
    (ON_US, 9.0),
    (ON_CONTACT, 3.0),
    (ON_US, 9.0),
    (ON_CONTACT, 3.0),
    (ON_US, 9.0),
    (CLOSED, 4.0),
    (ON_US, 36.0),
    (CLOSED, 5.0),
    (ON_US, 60.0),
    (CLOSED, 5.0),
)
TRIAGE, HOLD, PENDING, FIRST_CLOSE, REOPENS = 1, 2, (4, 6, 8), 10, (11, 13)
# Steps of customers and suppliers, which happen at any hour and regardless of the priority.
NOT_OURS = frozenset({3, 5, 7, 9, *REOPENS})
# The spread of the log-normal waits. The 90th percentile is about five times the median.
SPREAD = 1.25

# Opening windows: (first weekday, last, start minute, end minute), Monday = 1.
Windows = tuple[tuple[int, int, int, int], ...]
# (time zone, windows, windows from the middle of the period on). The three zones have clock changes
# on different dates; one has a lunch break, one has shifts past midnight.
SCHEDULES: tuple[tuple[str, Windows, Windows | None], ...] = (
    ("Europe/Berlin", ((1, 5, 480, 1080),), ((1, 5, 420, 1140), (6, 6, 540, 780))),
    ("America/New_York", ((1, 5, 510, 750), (1, 5, 795, 1050)), None),
    ("Australia/Sydney", ((1, 7, 420, 1620),), None),
)
PIPELINE_SCHEDULES = (0, 1)
# Holidays of each schedule, every year: (month, day, days, name).
HOLIDAYS: tuple[tuple[tuple[int, int, int, str], ...], ...] = (
    ((1, 1, 1, "New Year"), (5, 1, 1, "Labour Day"), (10, 3, 1, "Unity"), (12, 24, 3, "Christmas")),
    ((1, 1, 1, "New Year"), (7, 4, 1, "Independence Day"), (12, 25, 1, "Christmas")),
    ((1, 1, 1, "New Year"), (1, 26, 1, "Australia Day"), (12, 25, 2, "Christmas")),
)


# The first id of companies.
FIRST_COMPANY = 70_001
# The tickets that one agent can handle in a year. Larger desks get more agents.
TICKETS_PER_AGENT = 4_000


@dataclass(frozen=True)
class Desk:
    """Size and behaviour. A rate is a share of all tickets unless noted."""

    pipelines: tuple[str, ...] = ("Support", "Billing")
    pipeline_shares: tuple[float, ...] = (0.75, 0.25)
    teams: tuple[str, ...] = ("Frontline", "Technical", "Escalations", "Accounts")
    team_sizes: tuple[int, ...] = (9, 6, 4, 5)
    # Per pipeline: the share of its tickets that each team handles.
    routing: tuple[tuple[float, ...], ...] = ((0.6, 0.3, 0.1, 0.0), (0.15, 0.0, 0.05, 0.8))
    left: tuple[int, ...] = (4, 13, 22)  # agents who leave halfway through the period
    moved: tuple[tuple[int, int], ...] = ((2, 1), (11, 2))  # (agent, new team), halfway
    companies: int = 120
    zipf_exponent: float = 1.0
    tickets_per_contact: int = 6
    channels: tuple[tuple[str, str], ...] = (
        ("Email", "email"),
        ("Chat", "chat"),
        ("Web form", "form"),
        ("Phone", "phone"),
    )
    channel_shares: tuple[float, ...] = (0.5, 0.25, 0.15, 0.1)
    accounts: tuple[tuple[str, int], ...] = (  # (name, channel)
        ("Support inbox", 0),
        ("Billing inbox", 0),
        ("Website chat", 1),
        ("Help centre form", 2),
        ("Invoice form", 2),
        ("Main number", 3),
    )
    # Per pipeline: the account of each channel.
    account_of: tuple[tuple[int, ...], ...] = ((0, 2, 3, 5), (1, 2, 4, 5))
    categories: tuple[str, ...] = ("how_to", "bug", "access", "outage", "invoice", "refund", "plan")
    # Per pipeline: share of each category.
    category_shares: tuple[tuple[float, ...], ...] = (
        (0.35, 0.3, 0.25, 0.1, 0.0, 0.0, 0.0),
        (0.1, 0.0, 0.0, 0.0, 0.5, 0.2, 0.2),
    )
    priority_shares: tuple[float, ...] = (0.3, 0.5, 0.15, 0.05)
    untriaged: float = 0.3  # without a priority until assigned
    reprioritised: float = 0.06
    routed_at_creation: float = 0.8  # the others have no team until assigned
    assigned_at_creation: float = 0.25
    never_assigned: float = 0.02
    handed_over: float = 0.08
    untouched: float = 0.15  # go from New straight to their next step
    on_hold: float = 0.1
    pending_shares: tuple[float, ...] = (
        0.45,
        0.35,
        0.15,
        0.05,
    )  # with 0, 1, 2, 3 pending intervals
    silent: float = 0.2  # of the pending: the customer never answers
    stuck: float = 0.01  # never closed
    reopened: float = 0.06  # of the closed
    reopened_again: float = 0.1  # of the reopened
    instant: float = 0.01  # of steps: an automation acts at the time of the previous step
    spam: float = 0.015
    merged: float = 0.01
    deleted: float = 0.006
    removed: float = 0.5  # of the deleted: reported in table deletions, not by the ticket
    outbound: float = 0.05
    no_history: float = 0.003
    no_contact: float = 0.01
    policy_applied: float = 0.02  # an agent chooses the SLA policy
    on_duty: float = 0.04  # of agents' steps: done at once, even at night or on weekends

    def staffed_for(self, tickets: int) -> "Desk":
        """The same desk with enough agents to handle the tickets."""
        times = max(1, round(tickets / TICKETS_PER_AGENT / sum(self.team_sizes)))
        copies = range(times)
        return replace(
            self,
            team_sizes=tuple(size * times for size in self.team_sizes),
            left=tuple(agent * times + copy for agent in self.left for copy in copies),
            moved=tuple(
                (agent * times + copy, team) for agent, team in self.moved for copy in copies
            ),
        )
