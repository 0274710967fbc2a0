"""Messages and waits: customer messages, agent responses, response cycles.

Rulings, where the rules leave a choice:

* **Empty switches**: without a value a message is public, not automated, and delivered. Delivery
  failed where delivery_status says `failed`, in any case of letters.
* **Kinds**: `welcome_message`, `welcome`, `comment` and `internal_comment`, in any case of letters,
  are not agent responses, by any author. A customer's incoming message counts whatever its kind.
* **All of a ticket's messages count**, those before created_at too, in cycles and counts. The first
  response must be at or after the start: created_at, or the first customer message where that is
  older, because a ticket can be made from a conversation. Example: asked 09:40, answered 09:50, made a
  ticket 10:00: first response 09:50, 600 s. Before any question and before creation there is no response.
* **An automated customer message** (an out-of-office answer) does not count: it opens no cycle. An author who is `unknown` is neither customer nor agent.
* **Unknown conversations**: where `is_conversation_unknown`, the data has the conversation in part at best. No message of
  the ticket is a customer message or an agent response: no cycle waits, there is no first response, and no
  response clock runs. Example: a chat whose transcript landed and whose messages did not.
* **Order of events**: by time; at the same time customer messages, then agent responses, then closes;
  then by message_id, compared by code point. So a response at the time of a question answers it.
* **A ticket that begins closed** enters a closed status at created_at: a cycle open at that instant
  ends there, with no wait. A customer message to a closed ticket opens a cycle as any other does.
* **A cycle that still waits on a ticket closed at as_of** has ended: outcome `closed`, at the later of
  waiting_since and closed_at. The close event ends every cycle that is open then, so only a message
  that came after the close opens such a cycle; it ends as it opens, with a wait of 0. A ticket has
  at most one. Where the close has no known time, neither has the end of the cycle. In a build where the ticket is open again the cycle waits since its message, and its
  wait includes the closed time: a wait is the customer's, and only clocks are paused.
* **First cycle** (`is_first`) is cycle_number 1.
* **Time since last response** is given for agent responses (the sent messages) and customer
  messages (the received ones) and null for all others. The oldest unanswered customer message is
  the first one after the previous agent response; a close answers nothing. Example: question 10:00,
  closed 11:00, response 12:00 gives 7,200 s on the response. Null without such a message or such a
  response.
* **First contact resolution** is null while the ticket is not closed, and without a first response: its messages say
  nothing. Else it is false where the ticket was ever reopened, or where an agent response answers a customer message
  that came after the first response, and true otherwise. Several answers in a row are one contact; thanks that get no
  answer are none.
* **The agent of a message** is its author where an agent wrote it, else unknown; its channel is its
  own, else unknown. The agent of a cycle is the one whose response ended it, else unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .life import StatusInterval, closed_at, closes, reopens
from .records import Message, Ticket

NO_RESPONSE_KINDS = {"welcome_message", "welcome", "comment", "internal_comment"}


def is_customer_message(message: Message) -> bool:
    return (
        message.direction == "incoming"
        and message.author_type == "customer"
        and not message.is_automated
        and message.is_of_known_conversation
    )


def is_agent_response(message: Message) -> bool:
    return (
        message.direction == "outgoing"
        and message.author_type == "agent"
        and message.is_public
        and not message.is_automated
        and message.delivery_status.lower() != "failed"
        and message.kind.lower() not in NO_RESPONSE_KINDS
        and message.is_of_known_conversation
    )


def is_bot_message(message: Message) -> bool:
    return message.author_type == "bot"


def rank(message: Message) -> int:
    """The place among messages of the same instant: questions before answers."""
    return 0 if is_customer_message(message) else 1


def in_order(messages: Sequence[Message]) -> list[Message]:
    return sorted(messages, key=lambda m: (m.sent_at, rank(m), m.message_id))


def response_start(ticket: Ticket) -> datetime | None:
    """When the wait for the first response begins; None for outbound tickets."""
    asked = [message.sent_at for message in ticket.messages if is_customer_message(message)]
    return None if ticket.is_outbound else min([ticket.created_at, *asked])


def first_response(ticket: Ticket) -> Message | None:
    """The earliest agent response from the start on; None for outbound tickets."""
    start = response_start(ticket)
    if start is None:
        return None
    for message in in_order(ticket.messages):
        if is_agent_response(message) and message.sent_at >= start:
            return message
    return None


def is_first_contact_resolution(ticket: Ticket, intervals: Sequence[StatusInterval]) -> bool | None:
    """Whether the first contact resolved the ticket; None where the messages do not say so."""
    first = first_response(ticket)
    if first is None or not intervals[-1].is_closed:
        return None
    messages = in_order(ticket.messages)
    has_asked_again = False
    for message in messages[messages.index(first) + 1 :]:
        if is_agent_response(message) and has_asked_again:
            return False
        has_asked_again = has_asked_again or is_customer_message(message)
    return not reopens(intervals)


@dataclass
class Cycle:
    """A customer waiting since `waiting_since`, until `ended_at` (None: still waiting)."""

    number: int
    waiting_since: datetime
    customer_messages: int = 1
    ended_at: datetime | None = None
    outcome: str = "waiting"
    response: Message | None = None


def response_cycles(ticket: Ticket, intervals: Sequence[StatusInterval]) -> list[Cycle]:
    """The response cycles of a ticket in order."""
    events: list[tuple[datetime, int, str, Message | None]] = [
        (message.sent_at, rank(message), message.message_id, message)
        for message in ticket.messages
        if is_customer_message(message) or is_agent_response(message)
    ]
    events += [(at, 2, "", None) for at in closes(intervals)]
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
    if waiting is not None and intervals[-1].is_closed:
        closed = closed_at(intervals)
        waiting.ended_at = closed and max(waiting.waiting_since, closed)
        waiting.outcome = "closed"
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
