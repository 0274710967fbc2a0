"""Who wrote and who waited: customer messages, agent responses, response cycles.

Rulings, where the rules leave a choice:

* **Empty switches**: without a value a message is public, not automated, and delivered. Delivery
  failed where delivery_status says `failed`, in any case of letters.
* **Kinds**: `welcome_message`, `welcome`, `comment` and `internal_comment`, in any case of letters,
  are no agent response, whoever wrote them. A customer's incoming message counts whatever its kind.
* **All of a ticket's messages count**, those before created_at too, in cycles and counts; only the
  first response has to be at or after created_at.
* **Order of events**: by instant; within one, customer messages, then agent responses, then closes;
  then by message_id, compared by code point. So a response at the instant of a question answers it.
* **A ticket that begins closed** enters a closed status at created_at: a cycle open at that instant
  ends there, with no wait. A customer message to a closed ticket opens a cycle as any other does.
* **First cycle** (`is_first`) is cycle_number 1.
* **Time since last response** is given for agent responses (the sent messages) and customer
  messages (the received ones) and null for all others. The oldest unanswered customer message is
  the first one after the previous agent response; a close answers nothing. Example: question 10:00,
  closed 11:00, response 12:00 gives 7,200 s on the response. Null without such a message or such a
  response.
* **The agent of a message** is its author where an agent wrote it, else unknown; its channel is its
  own, else unknown. The agent of a cycle is the one whose response ended it, else unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .life import Spell, closes
from .records import Message, Ticket

NO_RESPONSE_KINDS = {"welcome_message", "welcome", "comment", "internal_comment"}


def is_customer_message(message: Message) -> bool:
    return message.direction == "incoming" and message.author_type == "customer"


def is_agent_response(message: Message) -> bool:
    return (
        message.direction == "outgoing"
        and message.author_type == "agent"
        and message.is_public
        and not message.is_automated
        and message.delivery_status.lower() != "failed"
        and message.kind.lower() not in NO_RESPONSE_KINDS
    )


def is_bot_message(message: Message) -> bool:
    return message.author_type == "bot"


def rank(message: Message) -> int:
    """The place among messages of the same instant: questions before answers."""
    return 0 if is_customer_message(message) else 1


def in_order(messages: Sequence[Message]) -> list[Message]:
    return sorted(messages, key=lambda m: (m.sent_at, rank(m), m.message_id))


def first_response(ticket: Ticket) -> Message | None:
    """The earliest agent response from created_at on; None for outbound tickets."""
    if ticket.is_outbound:
        return None
    for message in in_order(ticket.messages):
        if is_agent_response(message) and message.sent_at >= ticket.created_at:
            return message
    return None


@dataclass
class Cycle:
    """A customer waiting since `waiting_since`, until `ended_at` (None: still waiting)."""

    number: int
    waiting_since: datetime
    customer_messages: int = 1
    ended_at: datetime | None = None
    outcome: str = "waiting"
    response: Message | None = None


def response_cycles(ticket: Ticket, spells: Sequence[Spell]) -> list[Cycle]:
    """The response cycles of a ticket in order."""
    events: list[tuple[datetime, int, str, Message | None]] = [
        (message.sent_at, rank(message), message.message_id, message)
        for message in ticket.messages
        if is_customer_message(message) or is_agent_response(message)
    ]
    events += [(at, 2, "", None) for at in closes(spells)]
    cycles: list[Cycle] = []
    waiting: Cycle | None = None
    for at, _, _, message in sorted(events, key=lambda event: event[:3]):
        if message is not None and is_customer_message(message):
            if waiting is None:
                waiting = Cycle(len(cycles) + 1, at)
                cycles.append(waiting)
            else:
                waiting.customer_messages += 1
        elif waiting is not None:
            waiting.ended_at = at
            waiting.outcome = "closed" if message is None else "responded"
            waiting.response = message
            waiting = None
    return cycles


def last_response_instants(ticket: Ticket) -> dict[str, datetime | None]:
    """By message_id, the instant since which its time since last response counts."""
    since: dict[str, datetime | None] = {}
    answered_at: datetime | None = None
    asked_at: datetime | None = None
    for message in in_order(ticket.messages):
        since[message.message_id] = None
        if is_customer_message(message):
            since[message.message_id] = answered_at
            asked_at = asked_at or message.sent_at
        elif is_agent_response(message):
            since[message.message_id] = asked_at
            answered_at, asked_at = message.sent_at, None
    return since
