"""The calls, surveys, survey responses and availability of a random desk.

Unlike the tickets' tables they hold bad input too: a small share, for a table of mostly bad rows is
taken for a broken feed. Scores and the ends of scales are multiples of a half, which decimals
and doubles agree on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from . import random_setup as setup
from .desk import Desk
from .random_instants import Instants, as_text

Row = dict[str, str | None]
Rows = list[Row]
BEST_OF_TEN = tuple(str(score) for score in range(11))
# id, kind, scale_min, scale_max, higher_is_better, scores that are answered.
SURVEYS = (
    ("csat", "csat", None, None, None, BEST_OF_TEN[1:6]),
    ("csat 0-4", "csat", "0", "4", "true", ("0", "1", "2.5", "3", "4")),
    ("csat to 3", "csat", None, "3", "1", ("1", "2", "2.5", "3")),
    ("csat from 3", "csat", "3.0", "", "0", ("3", "3.5", "4", "5")),
    ("ces", "ces", "", None, None, BEST_OF_TEN[1:8]),
    ("effort", "ces", "1", "5.5", "false", ("1", "2", "2.5", "3", "5", "5.5")),
    ("nps", "nps", None, None, None, BEST_OF_TEN),
    ("nps down", "nps", "-10", "0", "FALSE", ("-10", "-9", "-8", "-3", "-2.5", "-1", "0", "-7")),
    ("reversed", "csat", "5", "1", None, ("3",)),
    ("no scale", "nps", "10", None, None, ("10",)),
)
OFF_SCALE = ("-10.5", "10.5", "99")
DIRECTIONS = ("incoming", "inbound", "outgoing", "outbound")
OUTCOMES = (
    "completed",
    "completed",
    "missed",
    "no_answer",
    "busy",
    "canceled",
    "failed",
    "in_progress",
)
# Ids that no survey has, and those of surveys that are bad.
BAD_SURVEYS = ("no survey", "reversed", "no scale")
REASONS = (None, None, "lunch", 'über "noon"')
MOST_INTERVALS = 60


class Service(Instants):
    """Draws the tables that are not the tickets' own."""

    def __init__(self, instants: Instants, tickets: int) -> None:
        super().__init__(instants.draw, instants.as_of, instants.start, instants.hours)
        self.tickets = tickets

    def tables(self) -> Desk:
        return {
            "calls": self.landed_again([self.call(n) for n in range(self.tickets)]),
            "surveys": self.surveys(),
            "survey_responses": self.landed_again([self.response(n) for n in range(self.tickets)]),
            "agent_availability": self.landed_again(
                [row for agent in (*setup.AGENTS[:-1], "a99") for row in self.presences(agent)]
            ),
        }

    def landed_again(self, rows: Rows) -> Rows:
        """The rows, some of them twice."""
        return [row for row in rows for _ in range(2 if self.maybe(2) else 1)]

    def happened(self) -> datetime:
        """A time in the life of the desk, often in its last days; sometimes just after it."""
        kind = self.draw.randrange(20)
        if kind < 5:
            return self.fraction(self.as_of - timedelta(seconds=self.draw.randrange(2 * 86_400)))
        if kind == 5:
            offset = timedelta(microseconds=self.draw.randrange(-1, 2))
            # The same clock time of the day before is where today's figures are compared.
            return self.as_of + offset - timedelta(days=self.draw.randrange(2))
        return self.created()

    def written(self, at: datetime | None) -> str | None:
        return as_text(self.draw, at) if at else None

    def ticket_id(self) -> str | None:
        kind = self.draw.randrange(20)
        if kind < 3:
            return (None, "", "no ticket")[kind]
        return str(self.draw.randrange(1, self.tickets + 1))

    def call(self, number: int) -> Row:
        pick = self.draw.choice
        seconds = pick((None, "0", "59", str(self.draw.randrange(7200))))
        return {
            "call_id": f"call {number}",
            "ticket_id": self.ticket_id(),
            "agent_id": pick((*setup.AGENTS, None, "a99")),
            "started_at": self.written(self.happened()),
            "direction": pick(DIRECTIONS),
            "outcome": pick(OUTCOMES),
            "duration_seconds": "-1" if self.maybe(2) else seconds,
        }

    def surveys(self) -> Rows:
        return [
            {
                "survey_id": survey_id,
                "name": None if number % 2 else f"Survey {number}",
                "kind": kind,
                "scale_min": scale_min,
                "scale_max": scale_max,
                "higher_is_better": higher_is_better,
            }
            for number, (survey_id, kind, scale_min, scale_max, higher_is_better, _) in enumerate(
                SURVEYS
            )
        ]

    def response(self, number: int) -> Row:
        """A survey, most often answered later; each kind of bad input now and then."""
        pick = self.draw.choice
        survey_id, *_, scores = pick(SURVEYS[: -len(BAD_SURVEYS) + 1])
        sent_at = self.happened()
        responded_at, score = self.answer(sent_at), pick(scores)
        row: Row = {
            "response_id": f"response {number}",
            "survey_id": pick(BAD_SURVEYS) if self.maybe(2) else survey_id,
            "ticket_id": self.ticket_id(),
            "contact_id": pick((*setup.CONTACTS, None, "k99")),
            "agent_id": pick((*setup.AGENTS, *[None] * 9, "a99")),
            "sent_at": self.written(None if self.maybe(8) else sent_at),
            "responded_at": self.written(responded_at),
            "score": score if responded_at and self.maybe(90) else None,
            "comment": pick((None, "", 'Danke, "gut"')) if responded_at else None,
        }
        if self.maybe(2):
            row["score"] = pick(OFF_SCALE)
        if self.maybe(1):
            row["score"], row["responded_at"] = score, None
        return row

    def answer(self, sent_at: datetime) -> datetime | None:
        kind = self.draw.randrange(50)
        if kind < 17:
            return None
        if kind < 20:
            return sent_at
        if kind == 20:
            return sent_at - timedelta(microseconds=1)
        if kind < 23:
            return max(sent_at, self.as_of + timedelta(microseconds=kind - 21))
        return self.fraction(sent_at + timedelta(seconds=self.draw.randrange(1, 4 * 86_400)))

    def presences(self, agent: str) -> Rows:
        """Intervals of one agent: with gaps, overlaps, ends left open, and ends before the start."""
        pick = self.draw.choice
        starts = sorted({self.happened() for _ in range(self.draw.randrange(MOST_INTERVALS))})
        rows: Rows = []
        for number, started_at in enumerate(starts):
            following = starts[number + 1] if number + 1 < len(starts) else self.as_of
            ends = (
                None,
                None,
                following,
                following,
                following + timedelta(seconds=self.draw.randrange(2 * 86_400)),
                started_at + (following - started_at) / 2,
                started_at + timedelta(seconds=self.draw.randrange(600)),
                started_at,
                self.as_of + timedelta(microseconds=1),
            )
            ended_at = pick(ends)
            if self.maybe(4):
                ended_at = started_at - timedelta(seconds=1)
            rows.append(
                {
                    "agent_id": agent,
                    "started_at": self.written(started_at),
                    "ended_at": self.written(ended_at),
                    "status": pick(("available", "away")),
                    "reason": pick(REASONS),
                }
            )
        self.draw.shuffle(rows)
        return rows
