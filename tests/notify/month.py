"""A help desk of four months with planted days, and the figures of its days by plain Python."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
HISTORY_DAYS = 90
HOUR = timedelta(hours=1)
# The planted days of June: a burst of tickets, slow answers of a team, tickets that stay open.
BURST = date(2026, 6, 10)
SLOW = (date(2026, 6, 16), date(2026, 6, 17), date(2026, 6, 18))
STUCK = (date(2026, 6, 21), date(2026, 6, 22), date(2026, 6, 23))
TEAMS = {"t1": "North <!channel>", "t2": "South"}


@dataclass(frozen=True)
class Ticket:
    id: str
    team: str
    created: datetime
    answered: datetime
    closed: datetime


def tickets() -> list[Ticket]:
    found = []
    day = FIRST - timedelta(days=HISTORY_DAYS)
    while day <= LAST:
        count = 20 + (day.toordinal() * 7) % 5 - 2 + (50 if day == BURST else 0)
        for number in range(count):
            team = "t1" if number % 2 else "t2"
            created = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + number * HOUR / 12
            wait = 1.0 + 0.02 * (number % 10)
            if day in SLOW and team == "t2":
                wait = 9.0
            # Tickets of three days stay open until the 27th.
            closed = created + 12 * HOUR
            if day in STUCK:
                closed = datetime(2026, 6, 27, 9, tzinfo=UTC)
            answered = created + wait * HOUR
            found.append(Ticket(f"{day:%m%d}-{number}", team, created, answered, closed))
        day += timedelta(days=1)
    return found


def desk(rows: list[Ticket]) -> dict[str, list[dict]]:
    """The tables of the file contract."""
    text = datetime.isoformat
    return {
        "tickets": [
            {"ticket_id": one.id, "created_at": text(one.created), "status_id": "done",
             "team_id": one.team, "pipeline_id": "p"}
            for one in rows
        ],
        "ticket_field_history": [
            {"ticket_id": one.id, "field": "status", "changed_at": text(at), "seq": 1,
             "value": status}
            for one in rows
            for at, status in ((one.created, "new"), (one.closed, "done"))
        ],
        "messages": [
            {"message_id": f"{one.id}-{direction}", "ticket_id": one.id, "sent_at": text(at),
             "direction": direction, "author_type": author}
            for one in rows
            for at, direction, author in (
                (one.created, "incoming", "customer"), (one.answered, "outgoing", "agent"),
            )
        ],
        "statuses": [
            {"status_id": "new", "state": "open", "name": "New"},
            {"status_id": "done", "state": "closed", "name": "Done"},
        ],
        "pipelines": [{"pipeline_id": "p", "name": "Support"}],
        "teams": [{"team_id": key, "name": name} for key, name in TEAMS.items()],
    }  # fmt: skip


def as_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


def end_of(day: date) -> datetime:
    """The last instant of a day."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)


def days() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


def created_on(rows: list[Ticket], day: date) -> int:
    return sum(one.created.date() == day for one in rows)


def open_at(rows: list[Ticket], at: datetime) -> int:
    return sum(one.created <= at < one.closed for one in rows)


def mean_wait(rows: list[Ticket], day: date, at: datetime, team: str = "") -> float | None:
    """Mean seconds to the first answer, of those given on a day up to an instant."""
    waits = [
        (one.answered - one.created).total_seconds()
        for one in rows
        if one.answered.date() == day and one.answered <= at and team in ("", one.team)
    ]
    return sum(waits) / len(waits) if waits else None
