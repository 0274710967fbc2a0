"""Surveys after a close and yearly surveys, most of them without an answer."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from helpdesk.simulator.clock import choose_one
from helpdesk.simulator.columns import (
    FIRST_RESPONSE,
    FIRST_TICKET,
    agent_ids,
    contact_ids,
    instants,
    numbered,
    numbered_or_null,
    pick,
)
from helpdesk.simulator.desk import AGENT, DAY, HOUR, NEVER, REOPENS, Floats, Ints
from helpdesk.simulator.lives import closed_last
from helpdesk.simulator.world import World


class Survey(NamedTuple):
    name: str
    kind: str
    lowest: int
    highest: int
    usual: float  # the mean score of a satisfied customer
    step: float  # the points of the scale per point of five


SURVEYS = (
    Survey("How did we do?", "csat", 1, 5, 4.7, 1.0),
    Survey("How easy was it?", "ces", 1, 7, 6.5, 1.4),
    Survey("Would you recommend us?", "nps", 0, 10, 9.2, 2.2),
)
CSAT, CES, NPS = range(3)

# The survey after a close, if any: shares and kinds.
ASKED = ((0.5, 0.25, 0.25), (CSAT, CES, -1))
# The share of contacts with a yearly survey; the share of answers, which grows with annoyance; and
# the share of answers with a comment.
ASKED_YEARLY = 0.3
ANSWERS, ANNOYED_ANSWERS, WRITES = 0.26, 0.06, 0.25
# The latest time of an answer.
LATEST = 14 * DAY

COMMENTS = (
    ("Nobody got back to us for days.", "This should not take that long.", "Still not solved."),
    ("It worked out in the end.", "Took a while, but fine.", "The answer could be clearer."),
    ("Quick and friendly, thank you!", "Solved at once.", "Great help, as always."),
)


@dataclass(frozen=True)
class Sent:
    """Sent surveys, arrays of one shape. `ticket` and `agent` are -1 for none.

    `annoyance` is in points of five.
    """

    survey: Ints
    ticket: Ints
    contact: Ints
    agent: Ints
    at: Ints
    annoyance: Floats


def surveys(_: World) -> pa.Table:
    """The surveys, which are the same on every desk."""
    return pa.table(
        {
            "survey_id": survey_ids(),
            "name": [survey.name for survey in SURVEYS],
            "kind": [survey.kind for survey in SURVEYS],
            "scale_min": [survey.lowest for survey in SURVEYS],
            "scale_max": [survey.highest for survey in SURVEYS],
            "higher_is_better": [True for _ in SURVEYS],
        }
    )


def survey_ids() -> list[str]:
    return [str(801 + number) for number in range(len(SURVEYS))]


def survey_responses(world: World) -> pa.Table:
    generator = world.clock.generator("surveys")
    annoyance = _annoyance(world, generator)
    parts = [_after_closes(world, generator, annoyance), _yearly(world, generator, annoyance)]
    sent = Sent(*(np.concatenate([getattr(p, f) for p in parts]) for f in Sent.__annotations__))
    order = np.argsort(sent.at, kind="stable")
    order = order[sent.at[order] <= world.clock.until]
    sent = Sent(*(getattr(sent, field)[order] for field in Sent.__annotations__))
    count = len(sent.at)

    answers = generator.random(count) < ANSWERS + ANNOYED_ANSWERS * sent.annoyance
    took = (5 * HOUR * np.exp(1.3 * generator.standard_normal(count))).astype(np.int64) + 20_000
    responded = np.where(answers & (took < LATEST), sent.at + took, NEVER)
    responded = np.where(responded <= world.clock.until, responded, NEVER)
    silent = responded == NEVER
    lowest, highest, usual, step = np.array([survey[2:] for survey in SURVEYS])[sent.survey].T
    felt = usual + step * (0.8 * generator.standard_normal(count) - sent.annoyance)
    score = np.clip(np.rint(felt), lowest, highest).astype(np.int64)
    mood = np.searchsorted([0.5, 0.8], (score - lowest) / (highest - lowest), side="right")
    line = len(COMMENTS[0]) * mood + generator.integers(0, len(COMMENTS[0]), count)
    writes = ~silent & (generator.random(count) < WRITES)
    return pa.table(
        {
            "response_id": numbered(FIRST_RESPONSE, np.arange(count)),
            "survey_id": pick(survey_ids(), sent.survey),
            "ticket_id": numbered_or_null(FIRST_TICKET, sent.ticket),
            "contact_id": pick(contact_ids(world), sent.contact),
            "agent_id": pick(agent_ids(world.desk), sent.agent),
            "sent_at": instants(sent.at),
            "responded_at": instants(responded),
            "score": pa.array(score, type=pa.int64(), mask=silent),
            "comment": pick(
                [comment for mood in COMMENTS for comment in mood], np.where(writes, line, -1)
            ),
        }
    )


def _annoyance(world: World, generator: np.random.Generator) -> Floats:
    """The points of five that each ticket subtracts from a score, shape (n,)."""
    tickets, steps = world.tickets, world.steps
    first = np.minimum(steps[:, 1:].min(axis=1), world.clock.until)
    closed = np.minimum(closed_last(steps), world.clock.until)
    hours, days = (first - tickets.created) / HOUR, (closed - tickets.created) / DAY
    reopens = (steps[:, REOPENS] < NEVER).sum(axis=1)
    incidents = tickets.by_incident(0.0, [what.annoyance for what in world.demand.incidents])
    annoyance: Floats = (
        0.25 * np.log2(1 + hours / 4) + 0.15 * np.log2(1 + days) + 0.8 * reopens + incidents
    )
    return annoyance * generator.uniform(0.6, 1.4, len(annoyance))


def _after_closes(world: World, generator: np.random.Generator, annoyance: Floats) -> Sent:
    """Surveys some hours after the last close, to the contact of the ticket."""
    tickets, closed = world.tickets, closed_last(world.steps)
    count = len(closed)
    shares, kinds = ASKED
    survey = np.array(kinds)[choose_one(generator, shares, count)]
    wrote = tickets.handled & ~tickets.outbound & ~tickets.deleted & (tickets.contact >= 0)
    ticket = np.flatnonzero(wrote & (survey >= 0) & (closed < NEVER))
    delay = (generator.gamma(3, 2, len(ticket)) * HOUR).astype(np.int64)
    return Sent(
        survey=survey[ticket],
        ticket=ticket,
        contact=tickets.contact[ticket],
        agent=world.history.latest(AGENT, count)[ticket],
        at=closed[ticket] + delay,
        annoyance=annoyance[ticket],
    )


def _yearly(world: World, generator: np.random.Generator, annoyance: Floats) -> Sent:
    """Yearly surveys to some contacts, without a ticket. Scores depend on the contact's tickets."""
    size = len(world.customers.company)
    # Without tickets there are no surveys.
    asked = np.flatnonzero((generator.random(size) < ASKED_YEARLY) & (len(annoyance) > 0))
    wrote = world.tickets.contact >= 0
    contact = world.tickets.contact[wrote]
    total = np.bincount(contact, weights=annoyance[wrote], minlength=size)
    mean = total / np.maximum(np.bincount(contact, minlength=size), 1)
    none = np.full(len(asked), -1)
    return Sent(
        survey=np.full(len(asked), NPS),
        ticket=none,
        contact=asked,
        agent=none,
        at=generator.integers(world.clock.start, world.clock.until, len(asked)),
        annoyance=mean[asked],
    )
