"""The figures of a ticket, each with its events and the rulings on it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from helpdesk.explain.find import Row
from helpdesk.explain.model import Event, Figure, Ruling
from helpdesk.explain.timeline import reported_close
from helpdesk.explain.words import counted, span

CLOSED = "closed"
FROM_TO = "from the first event to the second"
Unit = Literal["seconds", "count", "flag"]


class Figures:
    """The figures of the row of fct_tickets, with events of its status intervals and messages."""

    def __init__(
        self,
        ticket: Row,
        beginning: Event,
        statuses: list[tuple[Row, Event]],
        owners: list[Event],
        messages: list[tuple[Row, Event]],
        descriptions: dict[str, str],
    ) -> None:
        self._ticket = ticket
        self._statuses = statuses
        self._created = beginning
        self._owners = owners
        self._questions = [event for row, event in messages if row["is_customer_message"]]
        self._responses = [event for row, event in messages if row["is_agent_response"]]
        self._answers = [
            event
            for row, event in messages
            if row["is_agent_response"] and row["seconds_since_last_response"] is not None
        ]
        self._bots = [event for row, event in messages if row["author_type"] == "bot"]
        self._descriptions = descriptions

    def all(self) -> list[Figure]:
        found = [*self._first_response(), *self._time_to_close(), *self._open(), *self._counts()]
        return [figure for figure in found if figure.name in self._ticket]

    def _first_response(self) -> Iterator[Figure]:
        ticket = self._ticket
        at, since = ticket["first_response_at"], ticket.get("first_response_started_at")
        events = [self._beginning(since), *(each for each in self._responses if each.at == at)][:2]
        because = FROM_TO
        if ticket["is_outbound"]:
            because, events = "an agent opened the conversation", [self._created]
        elif at is None:
            because = self._why_no_response()
        rulings = ("first_response_seconds", "first_response_started_at", "first_response_at")
        yield self._figure("first_response_seconds", "seconds", because, events, *rulings)
        if at is not None:
            yield self._business("first_response_business_seconds")

    def _beginning(self, since: object) -> Event:
        questions = [each for each in self._questions if each.at == since]
        is_older = since is not None and since != self._ticket["created_at"]
        return questions[0] if is_older and questions else self._created

    def _why_no_response(self) -> str:
        if not self._responses:
            return "no agent response so far"
        return "every agent response is older than the ticket and its first question"

    def _time_to_close(self) -> Iterator[Figure]:
        ticket = self._ticket
        closes = [event for before, (row, event) in self._steps() if self._closes(before, row)]
        last = [each for each in closes if each.at == ticket["closed_at"]]
        if ticket["closed_at"] is None:
            is_closed = ticket["status_state"] == CLOSED
            because = "closed at an unknown time" if is_closed else "it is not closed"
            last = []
        elif ticket.get("closed_at_basis") == "reported":
            because, last = FROM_TO, reported_close(ticket)
        else:
            because = FROM_TO
        events = [self._created, *last]
        name = "time_to_close_seconds"
        yield self._figure(name, "seconds", because, events, name, "closed_at")
        if ticket["closed_at"] is not None:
            yield self._business("time_to_close_business_seconds")
        first = [each for each in closes if each.at == ticket["first_closed_at"]]
        if ticket["first_closed_at"] != ticket["closed_at"]:
            name = "first_time_to_close_seconds"
            because = FROM_TO
            yield self._figure(
                name, "seconds", because, [self._created, *first], name, "first_closed_at"
            )

    def _open(self) -> Iterator[Figure]:
        intervals = [event for row, event in self._statuses if row["status_state"] != CLOSED]
        name = "time_open_seconds"
        is_known = self._ticket[name] is not None
        because = (
            "the sum of the statuses that are not closed"
            if is_known
            else "closed since an unknown time"
        )
        yield self._figure(name, "seconds", because, intervals, name)
        name, at = "time_to_assign_seconds", self._ticket.get("first_assigned_at")
        because = FROM_TO if at else "it never had an owner"
        owners = [event for event in self._owners if event.at == at][:1]
        events = [self._created, *owners] if at else []
        yield self._figure(name, "seconds", because, events, name, "first_assigned_at")

    def _counts(self) -> Iterator[Figure]:
        reopens = [
            replace(event, text=f"{event.text}, after {span(before['duration_seconds'])} closed")
            for before, (row, event) in self._steps()
            if before is not None
            and before["status_state"] == CLOSED
            and row["status_state"] != CLOSED
        ]
        for name in ("reopen_count", "meaningful_reopen_count"):
            value = self._ticket[name]
            because = f"{value} of {len(reopens)}" if name.startswith("meaningful") else ""
            yield self._figure(name, "count", because if reopens else "", reopens, name)
        for name, events in (
            ("agent_response_count", self._responses),
            ("customer_message_count", self._questions),
            ("bot_interaction_count", self._bots),
        ):
            yield self._figure(name, "count", "", events, name)
        state = "closed" if self._ticket["status_state"] == CLOSED else "not closed"
        because = f"{state}, with {counted(len(self._responses), 'agent response')}"
        yield self._figure("is_one_touch", "flag", because, [], "is_one_touch")
        because, events = self._first_contact(reopens)
        name = "is_first_contact_resolution"
        yield self._figure(name, "flag", because, events, name)

    def _first_contact(self, reopens: list[Event]) -> tuple[str, list[Event]]:
        """Why the first contact resolved the ticket or not, and the events that say so."""
        at = self._ticket["first_response_at"]
        if at is None:
            is_outbound = self._ticket["is_outbound"]
            return (
                "an agent opened the conversation" if is_outbound else self._why_no_response(),
                [],
            )
        first = [event for event in self._responses if event.at == at][:1]
        if self._ticket["status_state"] != CLOSED:
            return "it is not closed", first
        if reopens:
            return "it was reopened", reopens[:1]
        answers = [event for event in self._answers if event.at > at][:1]
        if answers:
            return "a customer message after the first response got an answer", [*first, *answers]
        return (
            "never reopened, and no customer message after the first response got an answer",
            first,
        )

    def _steps(self) -> Iterator[tuple[Row | None, tuple[Row, Event]]]:
        """Each status interval with the one before it."""
        for before, after in pairwise((None, *self._statuses)):
            if after is not None:
                yield (before[0] if before else None), after

    @staticmethod
    def _closes(before: Row | None, row: Row) -> bool:
        was_closed = before is not None and before["status_state"] == CLOSED
        return row["status_state"] == CLOSED and not was_closed

    def _business(self, name: str) -> Figure:
        schedule = self._ticket["schedule_id"]
        because = (
            f"the same in the opening hours of schedule {schedule}"
            if schedule
            else "the same: around the clock"
        )
        return self._figure(name, "seconds", because, [], name)

    def _figure(
        self, name: str, unit: Unit, because: str, events: list[Event], *rulings: str
    ) -> Figure:
        described = tuple(
            Ruling(column, self._descriptions[column])
            for column in rulings
            if self._descriptions.get(column)
        )
        return Figure(name, self._ticket.get(name), unit, because, tuple(events), described)
