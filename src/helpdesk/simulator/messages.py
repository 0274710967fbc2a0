"""Messages on tickets, drawn for one block of tickets at a time to limit memory.

Messages follow the steps of a ticket: an agent answers, then waits for the contact. The contact's
reply returns the ticket to the agent. The last message of an agent comes before the close.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from helpdesk.simulator.desk import (
    AGENT,
    AHEAD,
    BEGUN,
    CLOSED,
    DAY,
    DAYS,
    FIRST_CLOSE,
    HOLD,
    HOUR,
    LIVE,
    NEVER,
    ON_US,
    PACE,
    PENDING,
    REOPENS,
    SPREAD,
    STEPS,
    TRIAGE,
    Bools,
    Ints,
)
from helpdesk.simulator.world import World

MINUTE, SECOND = HOUR // 60, 1000


class Form(NamedTuple):
    """The contract columns that depend on the form of a message."""

    direction: str
    author_type: str
    is_public: bool
    is_automated: bool
    delivery_status: str | None
    kind: str


FORMS = (
    Form("incoming", "customer", True, False, None, "message"),
    Form("outgoing", "agent", True, False, "sent", "message"),
    Form("outgoing", "agent", True, False, "failed", "message"),
    # An absence note or a macro: sent automatically in the name of an agent.
    Form("outgoing", "agent", True, True, "sent", "message"),
    Form("outgoing", "agent", False, False, None, "comment"),
    Form("outgoing", "bot", True, True, "sent", "message"),
    Form("outgoing", "system", True, True, "sent", "welcome_message"),
    Form("outgoing", "system", True, True, "sent", "message"),
    Form("incoming", "integration", False, True, None, "message"),
)
CUSTOMER, RESPONSE, FAILED, MACRO, COMMENT, BOT, WELCOME, SYSTEM, INTEGRATION = range(9)
BY_AGENT = np.array([form.author_type == "agent" for form in FORMS])

# Rounds of question and answer while the ticket is open, and the probability of each next one.
ROUNDS, AGAIN = 4, 0.68
REPLIES = (*(step + 1 for step in PENDING), *REOPENS)
# The part of the time to the next step that has questions and answers.
TALKING = 0.7

# One message on some of the tickets: (form, the times of n tickets or NEVER).
Draw = tuple[int, Ints]


@dataclass(frozen=True)
class Messages:
    """Messages by ticket and time, arrays of one shape. `form` and `agent` (-1) are indices."""

    ticket: Ints
    at: Ints
    form: Ints
    agent: Ints
    channel: Ints


def draw_messages(world: World, generator: np.random.Generator, first: int, last: int) -> Messages:
    """The messages on the tickets `first` to `last` - 1."""
    talk = _Talk(world, generator, first, last)
    draws = [*talk.openings(), *talk.welcomes(), *talk.exchanges(), *talk.around_steps()]
    ticket, at, form = talk.in_order(draws)
    message = Messages(ticket + first, at, form, np.full(len(at), -1), talk.channel[ticket])
    return replace(message, agent=_authors(world, generator, message))


class _Talk:
    """Draws the messages of one block of n tickets: arrays of shape (n,), or (n, steps)."""

    def __init__(self, world: World, generator: np.random.Generator, first: int, last: int) -> None:
        block, tickets = slice(first, last), world.tickets
        kinds = np.array([kind for _, kind in world.desk.channels])
        # Callers are answered in writing, on the first channel that is not the phone.
        by_phone = kinds == "phone"
        written = np.where(by_phone, np.flatnonzero(~by_phone)[0], np.arange(len(kinds)))
        called_on = tickets.channel[block]
        self.generator, self.until, self.on_duty = generator, world.clock.until, world.desk.on_duty
        self.queues, self.team = world.queues, tickets.team[block]
        self.created = tickets.created[block]
        self.channel = written[called_on]
        self.handled, self.outbound = tickets.handled[block], tickets.outbound[block]
        self.writes_first = ~self.outbound & ~by_phone[called_on]
        self.is_chat = kinds[self.channel] == "chat"
        # On chat both sides answer 20 times as fast.
        self.pace = np.where(self.is_chat, 0.05, 1.0)
        priority = tickets.priority[block]
        self.our_pace = self.pace * PACE[priority]
        self.ahead = BEGUN * np.where(self.is_chat, LIVE, 1.0) * AHEAD[priority]
        self.when = world.steps[block]
        taken = np.where(self.when == NEVER, self.created[:, None], self.when)
        self.before = np.maximum.accumulate(taken, axis=1)
        following = np.minimum.accumulate(self.when[:, ::-1], axis=1)[:, ::-1]
        # The step after each one, or the end of the period.
        self.next = np.minimum(
            np.column_stack([following[:, 1:], np.full(len(taken), NEVER)]), self.until
        )

    def share(self, rate: float) -> Bools:
        return self.generator.random(len(self.created)) < rate

    def soon(self, median: float, pace: float | np.ndarray = 1.0) -> Ints:
        """Log-normal waits in milliseconds."""
        spread = np.exp(SPREAD * self.generator.standard_normal(len(self.created)))
        return (median * pace * spread).astype(np.int64) + SECOND

    def in_turn(self, at: Ints) -> Ints:
        """The time of an answer after its wait in the team's queue, unless an agent is on duty."""
        at = np.minimum(at, self.until + 1)
        taken_up = self.queues.answers(self.team, at, self.ahead)
        return np.where(self.share(self.on_duty), at, taken_up)

    def shortly_before(self, step: int, rate: float, median: float = 6 * MINUTE) -> Ints:
        """A time before a step, but well after the previous step."""
        at = self.when[:, step]
        lead = np.minimum(self.soon(median), (at - self.before[:, step - 1]) // 4)
        return np.where((at < NEVER) & self.share(rate), at - lead, NEVER)

    def after(self, step: int, rate: float, median: float) -> Ints:
        """A time after a step, if that is before the next step."""
        at = np.where(self.when[:, step] < NEVER, self.when[:, step], self.until)
        sent_at = at + self.soon(median)
        return np.where((sent_at < self.next[:, step]) & self.share(rate), sent_at, NEVER)

    def openings(self) -> Iterator[Draw]:
        """The first message. Some customers write again before they get an answer."""
        yield CUSTOMER, np.where(self.writes_first, self.created, NEVER)
        yield RESPONSE, np.where(self.outbound, self.created, NEVER)
        waited = self.next[:, 0] - self.created
        again = self.created + (self.generator.random(len(waited)) * waited).astype(np.int64)
        impatient = self.writes_first & self.handled & self.share(0.15)
        yield CUSTOMER, np.where(impatient, again, NEVER)

    def welcomes(self) -> Iterator[Draw]:
        """A greeting and sometimes a bot on chat, an acknowledgement on other channels."""
        greeted = self.writes_first & self.is_chat
        bot = greeted & self.share(0.4)
        at = self.created + self.generator.integers(1, 4, len(greeted)) * SECOND
        yield WELCOME, np.where(greeted, at, NEVER)
        for form in (BOT, CUSTOMER, BOT):
            at = at + self.soon(15 * SECOND)
            yield form, np.where(bot, at, NEVER)
        acknowledged = self.writes_first & ~self.is_chat & self.share(0.5)
        yield SYSTEM, np.where(acknowledged, self.created + self.soon(5 * SECOND), NEVER)

    def exchanges(self) -> Iterator[Draw]:
        """Answers while the ticket is open, and further questions and answers."""
        for step in [step for step, (status, _) in enumerate(STEPS) if status == ON_US]:
            start = np.where(self.when[:, step] < NEVER, self.when[:, step], self.until)
            bound = start + (TALKING * (self.next[:, step] - start)).astype(np.int64)
            last = self.in_turn(start + self.soon(8 * MINUTE, self.our_pace))
            going = self.handled & self.share(0.8) & (last < bound)
            if step == TRIAGE:
                lost = last - np.minimum((last - start) // 2, 30 * SECOND)
                yield FAILED, np.where(going & self.share(0.02), lost, NEVER)
            yield RESPONSE, np.where(going, last, NEVER)
            for _ in range(ROUNDS):
                asked = last + self.soon(30 * MINUTE, self.pace)
                last = self.in_turn(asked + self.soon(25 * MINUTE, self.our_pace))
                going = going & self.share(AGAIN) & (last < bound)
                yield CUSTOMER, np.where(going, asked, NEVER)
                yield RESPONSE, np.where(going, last, NEVER)

    def around_steps(self) -> Iterator[Draw]:
        """Messages that come with a change of status."""
        closes = [step for step, (status, _) in enumerate(STEPS) if status == CLOSED]
        for step in (*PENDING, HOLD, *closes):
            answered = 0.95 if step in PENDING else 0.85
            for form, rate in ((COMMENT, 0.4), (RESPONSE, answered)):
                at = self.shortly_before(step, rate)
                yield form, np.where(self.handled, at, NEVER)
        for step in REPLIES:
            # The reply changes the status, at once or a moment later.
            wrote = self.shortly_before(step, 0.9, median=SECOND)
            yield CUSTOMER, wrote
            absent = (wrote < NEVER) & self.share(0.05)
            yield MACRO, np.where(absent, np.where(wrote < NEVER, wrote, 0) + SECOND, NEVER)
        yield INTEGRATION, self.shortly_before(HOLD + 1, 0.6, median=SECOND)
        yield COMMENT, self.after(TRIAGE, 0.4, 10 * MINUTE)
        yield CUSTOMER, self.after(FIRST_CLOSE, 0.03, 2 * HOUR)
        for step in closes:
            yield SYSTEM, self.after(step, 0.4, 2 * SECOND)

    def in_order(self, draws: list[Draw]) -> tuple[Ints, Ints, Ints]:
        """Tickets, times and forms, sorted by ticket and time, without times after the period."""
        rows = [np.flatnonzero(at <= self.until) for _, at in draws]
        ticket = np.concatenate(rows)
        at = np.concatenate([at[row] for (_, at), row in zip(draws, rows, strict=True)])
        form = np.repeat([form for form, _ in draws], [len(row) for row in rows])
        order = np.lexsort((at, ticket))
        return ticket[order], at[order], form[order]


def _authors(world: World, generator: np.random.Generator, messages: Messages) -> Ints:
    """The agent of each message: the owner at that time, else the first one, or a colleague."""
    history, clock = world.history, world.clock
    block = [messages.ticket.min(initial=0), messages.ticket.max(initial=-1) + 1]
    first, last = np.searchsorted(history.ticket, block)
    owned = (history.field[first:last] == AGENT) & (history.value[first:last] >= 0)
    rows = first + np.flatnonzero(owned)
    # Ticket and time as one sortable number.
    span = (DAYS + 1) * DAY
    changed = history.ticket[rows] * span + history.at[rows] - clock.start
    place = np.searchsorted(
        changed, messages.ticket * span + messages.at - clock.start, side="right"
    )
    agent = np.full(len(messages.at), -1)
    for candidate in (place, place - 1):  # the next owner, replaced by the current one if any
        known = (candidate >= 0) & (candidate < len(rows))
        row = rows[candidate[known]]
        own = history.ticket[row] == messages.ticket[known]
        agent[np.flatnonzero(known)[own]] = history.value[row][own]
    # Colleagues on shift answer for absent agents.
    by_agent = np.flatnonzero(BY_AGENT[messages.form])
    owner, at = agent[by_agent], messages.at[by_agent]
    staff = world.staff
    of_owner = np.where(at >= clock.midway, staff.team_later[owner], staff.team[owner])
    absent = (owner < 0) | ~world.roster.is_present(owner, at)
    team = np.where(owner < 0, world.tickets.team[messages.ticket[by_agent]], of_owner)
    stand_in = world.roster.someone(generator, team[absent], at[absent])
    agent[by_agent[absent]] = stand_in
    return agent
