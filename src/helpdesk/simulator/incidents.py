"""The incidents of the simulated period. Tests check that reports and insights find them."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from helpdesk.simulator.desk import FIRST_COMPANY


@dataclass(frozen=True)
class Incident:
    """Extra tickets of one kind during one interval. Names are those of the default desk.

    The interval is relative to the end of the period, so that every simulated year includes it.
    """

    name: str
    description: str
    days_before_end: int  # the interval starts on the last `weekday` before, 0 = Monday
    weekday: int
    hour: int  # UTC
    hours: int
    extra: float  # additional tickets, as a share of all usual ones
    pipeline: str
    category: str
    effort: float = 1.0  # the work on such a ticket, divided by that on a usual one
    team: str | None = None  # all go to this team; None: usual routing
    channel_shares: tuple[float, ...] | None = None
    company: int | None = None  # all come from this company
    reopened: float | None = None  # of the closed; None: the usual rate
    annoyance: float = 0.0  # points of five that customers subtract from a score

    def window(self, until: datetime) -> tuple[datetime, datetime]:
        """The start, and the end (exclusive)."""
        day = (until.astimezone(UTC) - timedelta(self.days_before_end)).date()
        day -= timedelta((day.weekday() - self.weekday) % 7)
        start = datetime.combine(day, time(self.hour), UTC)
        return start, start + timedelta(hours=self.hours)


@dataclass(frozen=True)
class PlantedIncident:
    """An incident with its dates, and the team, category and company that a report should name."""

    name: str
    description: str
    starts_at: datetime
    ends_at: datetime
    team: str | None
    category: str
    company_id: str | None


INCIDENTS = (
    Incident(
        name="overloaded_team",
        description="A release sends bugs to one team for four weeks: more than its agents can "
        "answer, so waits and the backlog grow, and drain in the weeks after.",
        days_before_end=140,
        weekday=0,
        hour=0,
        hours=28 * 24,
        extra=0.15,
        pipeline="Support",
        category="bug",
        team="Technical",
        annoyance=0.2,
    ),
    Incident(
        name="outage_day",
        description="The service is down for most of a working day: several times the usual "
        "tickets, long waits, many reopened later, poor scores.",
        days_before_end=40,
        weekday=2,
        hour=7,
        hours=11,
        extra=5.0,
        pipeline="Support",
        category="outage",
        # One notice answers most of them.
        effort=0.35,
        channel_shares=(0.4, 0.35, 0.05, 0.2),
        reopened=0.3,
        annoyance=1.2,
    ),
    Incident(
        name="company_burst",
        description="One company rolls the product out and writes many times as often for a while.",
        days_before_end=18,
        weekday=1,
        hour=6,
        hours=36,
        extra=0.15,
        pipeline="Support",
        category="access",
        company=8,
    ),
)


def planted_incidents(until: datetime) -> tuple[PlantedIncident, ...]:
    """The incidents of a desk that is simulated until `until`, oldest first."""
    planted = []
    for incident in INCIDENTS:
        starts_at, ends_at = incident.window(until)
        company = incident.company
        planted.append(
            PlantedIncident(
                name=incident.name,
                description=incident.description,
                starts_at=starts_at,
                ends_at=ends_at,
                team=incident.team,
                category=incident.category,
                company_id=None if company is None else str(FIRST_COMPANY + company),
            )
        )
    return tuple(planted)
