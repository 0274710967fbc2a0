"""What goes wrong at the desk, as data: reports and insights are measured by finding it again."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from ingestion.simulator.desk import FIRST_COMPANY


@dataclass(frozen=True)
class Incident:
    """Extra tickets of one kind in one stretch of time; names are those of the default desk.

    The stretch is counted back from the end of the period, so that every desk has it in its year.
    """

    name: str
    description: str
    days_before_end: int  # the stretch starts on the last such weekday before, 0 = Monday
    weekday: int
    hour: int  # UTC
    hours: int
    extra: float  # tickets on top of the usual ones, as a share of all of those
    pipeline: str
    category: str
    effort: float = 1.0  # work on such a ticket, over the work on a usual one
    team: str | None = None  # all go to this team; None: routed as usual
    channel_shares: tuple[float, ...] | None = None
    company: int | None = None  # all come from this company
    reopened: float | None = None  # of the closed; None: as usual
    annoyance: float = 0.0  # points of five that customers take off a score

    def window(self, until: datetime) -> tuple[datetime, datetime]:
        """The first instant, and the first one after it."""
        day = (until.astimezone(UTC) - timedelta(self.days_before_end)).date()
        day -= timedelta((day.weekday() - self.weekday) % 7)
        start = datetime.combine(day, time(self.hour), UTC)
        return start, start + timedelta(hours=self.hours)


@dataclass(frozen=True)
class PlantedIncident:
    """An incident with its dates, and whom a report should name."""

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
    """What a desk simulated with its incidents, until that instant, has to show, oldest first."""
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
