"""What is said on the tickets, drawn for one block of them at a time: messages are many.

Messages follow the steps of a ticket's life: an agent answers, then waits for the contact; the
contact's reply brings the ticket back; an agent's last word comes before the close.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ingestion.simulator.desk import (
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
from ingestion.simulator.world import World

MINUTE, SECOND = HOUR // 60, 1000


class Form(NamedTuple):
    """Columns of the contract that follow from what kind of message it is."""

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
    # An absence note or a macro: sent in an agent's name, by no one.
    Form("outgoing", "agent", True, True, "sent", "message"),
    Form("outgoing", "agent", False, False, None, "comment"),
    Form("outgoing", "bot", True, True, "sent", "message"),
    Form("outgoing", "system", True, True, "sent", "welcome_message"),
    Form("outgoing", "system", True, True, "sent", "message"),
    Form("incoming", "integration", False, True, None, "message"),
)
CUSTOMER, RESPONSE, FAILED, MACRO, COMMENT, BOT, WELCOME, SYSTEM, INTEGRATION = range(9)
BY_AGENT = np.array([form.author_type == "agent" for form in FORMS])

# Rounds of question and answer while the ticket is with us; each next one with this chance.
ROUNDS, AGAIN = 4, 0.68
REPLIES = (*(step + 1 for step in PENDING), *REOPENS)
# Part of the time to the next step in which questions and answers go back and forth.
TALKING = 0.7

# One message on some of the tickets: (form, the instants of n tickets or NEVER).
Said = tuple[int, Ints]


@dataclass(frozen=True)
class Messages:
    """Messages by ticket and time, arrays of one shape; `form` and `agent` (-1) are indices."""

    ticket: Ints
    at: Ints
    form: Ints
    agent: Ints
    channel: Ints


def draw_messages(world: World, generator: np.random.Generator, first: int, last: int) -> Messages:
    """The messages on the tickets `first` to `last` - 1 of the world."""
    talk = _Talk(world, generator, first, last)
    said = [*talk.openings(), *talk.welcomes(), *talk.exchanges(), *talk.around_steps()]
    ticket, at, form = talk.in_order(said)
    message = Messages(ticket + first, at, form, np.full(len(at), -1), talk.channel[ticket])
    return replace(message, agent=_authors(world, generator, message))


class _Talk:
    """Draws on one block of n tickets: arrays of shape (n,), or (n, steps) if of steps."""

    def __init__(self, world: World, generator: np.random.Generator, first: int, last: int) -> None:
        block, tickets = slice(first, last), world.tickets
        kinds = np.array([kind for _, kind in world.desk.channels])
        # Callers are answered in writing, on the first channel that is no telephone.
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
        # On chat both sides answer twenty times as fast.
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
        """Most answers wait for their turn in the team's queue: at night, until the morning."""
        at = np.minimum(at, self.until + 1)
        taken_up = self.queues.answers(self.team, at, self.ahead)
        return np.where(self.share(self.on_duty), at, taken_up)

    def shortly_before(self, step: int, rate: float, median: float = 6 * MINUTE) -> Ints:
        """Before a step, but well after the one before it."""
        at = self.when[:, step]
        lead = np.minimum(self.soon(median), (at - self.before[:, step - 1]) // 4)
        return np.where((at < NEVER) & self.share(rate), at - lead, NEVER)

    def after(self, step: int, rate: float, median: float) -> Ints:
        """After a step, if that is before the next one."""
        at = np.where(self.when[:, step] < NEVER, self.when[:, step], self.until)
        said_at = at + self.soon(median)
        return np.where((said_at < self.next[:, step]) & self.share(rate), said_at, NEVER)

    def openings(self) -> Iterator[Said]:
        """The first message, by whoever began; some customers write again before they are heard."""
        yield CUSTOMER, np.where(self.writes_first, self.created, NEVER)
        yield RESPONSE, np.where(self.outbound, self.created, NEVER)
        waited = self.next[:, 0] - self.created
        again = self.created + (self.generator.random(len(waited)) * waited).astype(np.int64)
        impatient = self.writes_first & self.handled & self.share(0.15)
        yield CUSTOMER, np.where(impatient, again, NEVER)

    def welcomes(self) -> Iterator[Said]:
        """A greeting and sometimes a bot on chat, an acknowledgement elsewhere."""
        greeted = self.writes_first & self.is_chat
        bot = greeted & self.share(0.4)
        at = self.created + self.generator.integers(1, 4, len(greeted)) * SECOND
        yield WELCOME, np.where(greeted, at, NEVER)
        for form in (BOT, CUSTOMER, BOT):
            at = at + self.soon(15 * SECOND)
            yield form, np.where(bot, at, NEVER)
        acknowledged = self.writes_first & ~self.is_chat & self.share(0.5)
        yield SYSTEM, np.where(acknowledged, self.created + self.soon(5 * SECOND), NEVER)

    def exchanges(self) -> Iterator[Said]:
        """Answers while the ticket is with us, and questions and answers back and forth."""
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

    def around_steps(self) -> Iterator[Said]:
        """Messages that come with a change of status."""
        closes = [step for step, (status, _) in enumerate(STEPS) if status == CLOSED]
        for step in (*PENDING, HOLD, *closes):
            answered = 0.95 if step in PENDING else 0.85
            for form, rate in ((COMMENT, 0.4), (RESPONSE, answered)):
                at = self.shortly_before(step, rate)
                yield form, np.where(self.handled, at, NEVER)
        for step in REPLIES:
            # The reply itself sets the status, at once or a moment later.
            wrote = self.shortly_before(step, 0.9, median=SECOND)
            yield CUSTOMER, wrote
            absent = (wrote < NEVER) & self.share(0.05)
            yield MACRO, np.where(absent, np.where(wrote < NEVER, wrote, 0) + SECOND, NEVER)
        yield INTEGRATION, self.shortly_before(HOLD + 1, 0.6, median=SECOND)
        yield COMMENT, self.after(TRIAGE, 0.4, 10 * MINUTE)
        yield CUSTOMER, self.after(FIRST_CLOSE, 0.03, 2 * HOUR)
        for step in closes:
            yield SYSTEM, self.after(step, 0.4, 2 * SECOND)

    def in_order(self, said: list[Said]) -> tuple[Ints, Ints, Ints]:
        """Tickets, instants and forms by ticket and instant; nothing after the period."""
        rows = [np.flatnonzero(at <= self.until) for _, at in said]
        ticket = np.concatenate(rows)
        at = np.concatenate([at[row] for (_, at), row in zip(said, rows, strict=True)])
        form = np.repeat([form for form, _ in said], [len(row) for row in rows])
        order = np.lexsort((at, ticket))
        return ticket[order], at[order], form[order]


def _authors(world: World, generator: np.random.Generator, said: Messages) -> Ints:
    """The agent of each message: the ticket's then, else its first; if absent, a colleague."""
    history, clock = world.history, world.clock
    block = [said.ticket.min(initial=0), said.ticket.max(initial=-1) + 1]
    first, last = np.searchsorted(history.ticket, block)
    owned = (history.field[first:last] == AGENT) & (history.value[first:last] >= 0)
    rows = first + np.flatnonzero(owned)
    # Ticket and instant in one number, in order: changes of one owner lie within one span.
    span = (DAYS + 1) * DAY
    changed = history.ticket[rows] * span + history.at[rows] - clock.start
    place = np.searchsorted(changed, said.ticket * span + said.at - clock.start, side="right")
    agent = np.full(len(said.at), -1)
    for candidate in (place, place - 1):  # the next owner, then, if there is one, the present one
        known = (candidate >= 0) & (candidate < len(rows))
        row = rows[candidate[known]]
        own = history.ticket[row] == said.ticket[known]
        agent[np.flatnonzero(known)[own]] = history.value[row][own]
    # Colleagues on shift answer for whoever is not there.
    by_agent = np.flatnonzero(BY_AGENT[said.form])
    owner, at = agent[by_agent], said.at[by_agent]
    staff = world.staff
    of_owner = np.where(at >= clock.midway, staff.team_later[owner], staff.team[owner])
    absent = (owner < 0) | ~world.roster.is_present(owner, at)
    team = np.where(owner < 0, world.tickets.team[said.ticket[by_agent]], of_owner)
    stand_in = world.roster.someone(generator, team[absent], at[absent])
    agent[by_agent[absent]] = stand_in
    return agent
