"""The events of a ticket, from the published marts."""

from collections.abc import Iterable, Iterator

from helpdesk.explain.find import Marts, Row
from helpdesk.explain.model import UNKNOWN, Event, EventKind
from helpdesk.explain.words import span

STATUSES = """
    select history.*, coalesce(statuses.name, history.status_id) as name
    from marts.fct_ticket_status_history as history
    left join marts.dim_statuses as statuses
        on history.status_key = statuses.status_key and history.status_key <> 'unknown'
    where history.ticket_key = $1
    order by history.interval_number
"""
OPEN_INTERVALS = """
    select intervals.*, agents.name as owner, teams.name as team, pipelines.name as pipeline,
        accounts.name as "channel account"
    from marts.fct_ticket_open_intervals as intervals
    left join marts.dim_agents as agents on intervals.agent_key = agents.agent_key
    left join marts.dim_teams as teams on intervals.team_key = teams.team_key
    left join marts.dim_pipelines as pipelines on intervals.pipeline_key = pipelines.pipeline_key
    left join marts.dim_channel_accounts as accounts
        on intervals.channel_account_key = accounts.channel_account_key
    where intervals.ticket_key = $1
    order by intervals.interval_number
"""
MESSAGES = """
    select messages.*, agents.name as agent, channels.name as channel
    from marts.fct_messages as messages
    left join marts.dim_agents as agents on messages.agent_key = agents.agent_key
    left join marts.dim_channels as channels on messages.channel_key = channels.channel_key
    where messages.ticket_key = $1
    order by messages.sent_at, not messages.is_customer_message, messages.message_id
"""
SURVEYS = """
    select responses.*, surveys.name
    from marts.fct_survey_responses as responses
    left join marts.dim_surveys as surveys on responses.survey_key = surveys.survey_key
    where responses.ticket_key = $1
"""
CALLS = """
    select calls.*, agents.name as agent
    from marts.fct_calls as calls
    left join marts.dim_agents as agents on calls.agent_key = agents.agent_key
    where calls.ticket_key = $1
"""
# Properties that change over time, with the column that shows a change.
PROPERTIES: dict[EventKind, str] = {
    "owner": "agent_key",
    "team": "team_key",
    "priority": "priority",
    "pipeline": "pipeline_key",
    "channel account": "channel_account_key",
}
# The order of events at the same instant.
RANK = ("created", "pipeline", "status", "priority", "channel account", "owner", "team",
        "SLA policy", "message", "call", "survey", "merge")  # fmt: skip


def status_rows(marts: Marts, key: str) -> list[Row]:
    return marts.rows(STATUSES, key)


def message_events(marts: Marts, ticket: Row) -> list[tuple[Row, Event]]:
    """Each message as a row of the mart and as an event."""
    return [(row, _message(row, ticket)) for row in marts.rows(MESSAGES, ticket["ticket_key"])]


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: (event.at, RANK.index(event.kind))))


def created(ticket: Row) -> Event:
    by = " by an agent (outbound)" if ticket["is_outbound"] else ""
    through = f", through {ticket['source']}" if ticket["source"] else ""
    return Event(ticket["created_at"], "created", f"ticket created{by}{through}")


def reported_close(ticket: Row) -> list[Event]:
    """The close of a ticket without a status history, as the help desk reports it."""
    if ticket.get("closed_at_basis") != "reported":
        return []
    return [Event(ticket["closed_at"], "status", "closed, as the help desk reports")]


def status_events(statuses: list[Row], ticket: Row) -> list[Event]:
    """An event for each status interval, in order."""
    return [
        Event(
            row["entered_at"],
            "status",
            f"{row['name']} ({row['status_state']})"
            + (", inferred from the ticket's row, which is newer" if row["is_inferred"] else "")
            + (_since(ticket) if row["is_current"] else ""),
            row["duration_seconds"],
        )
        for row in statuses
    ]


def _since(ticket: Row) -> str:
    is_close_unknown = ticket["status_state"] == "closed" and ticket["closed_at"] is None
    return ", the only one known" if is_close_unknown or reported_close(ticket) else ", since then"


def property_events(marts: Marts, key: str, ticket: Row) -> Iterator[Event]:
    """The properties at creation and their changes while the ticket was open."""
    before: Row | None = None
    # The first interval has the first known owner: the assignment itself may be later.
    rows = marts.rows(OPEN_INTERVALS, key)
    assigned_at = ticket.get("first_assigned_at")
    if assigned_at and assigned_at not in [row["started_at"] for row in rows]:
        yield Event(assigned_at, "owner", "assigned for the first time")
    for row in rows:
        is_reopened = before is not None and before["ended_at"] < row["started_at"]
        since = " (changed while the ticket was closed)" if is_reopened else ""
        for kind, column in PROPERTIES.items():
            value = "none" if row[column] in (None, UNKNOWN) else row[kind]
            if before is None:
                if value != "none":
                    yield Event(row["started_at"], kind, f"first known {kind}: {value}")
            elif row[column] != before[column]:
                old = "none" if before[column] in (None, UNKNOWN) else before[kind]
                yield Event(row["started_at"], kind, f"{kind} {old} -> {value}{since}")
        before = row
    if before is not None and before["ended_at"] is not None:
        for kind, column in PROPERTIES.items():
            if ticket[column] != before[column]:
                value = "none" if ticket[column] in (None, UNKNOWN) else ticket[kind]
                yield Event(before["ended_at"], kind, f"{kind} {value}, since some time after")


def survey_events(marts: Marts, key: str) -> Iterator[Event]:
    for row in marts.rows(SURVEYS, key):
        name = row["name"] or row["survey_kind"]
        if row["sent_at"]:
            yield Event(row["sent_at"], "survey", f"{name} sent", row_id=row["response_id"])
        if row["responded_at"]:
            score = "" if row["score"] is None else f": score {row['score']:g}"
            yield Event(
                row["responded_at"], "survey", f"{name} answered{score}", row_id=row["response_id"]
            )


def call_events(marts: Marts, key: str) -> Iterator[Event]:
    for row in marts.rows(CALLS, key):
        agent = "" if row["agent_key"] == UNKNOWN else f", {row['agent']}"
        text = f"{row['direction']} call{agent}: {row['outcome'].replace('_', ' ')}"
        yield Event(row["started_at"], "call", text, row["duration_seconds"], row["call_id"])


def _message(row: Row, ticket: Row) -> Event:
    author = row["author_type"]
    if author == "agent" and row["agent_key"] != UNKNOWN:
        author = f"agent {row['agent']}"
    channel = "" if row["channel_key"] == UNKNOWN else f" by {row['channel']}"
    text = f"{row['direction']} message{channel} from {author}"
    waited = row["seconds_since_last_response"]
    if row["is_agent_response"]:
        is_first = row["sent_at"] == ticket["first_response_at"]
        text += ": the first response" if is_first else ": an agent response"
        if waited is not None:
            text += f", {span(waited)} after the oldest unanswered question"
    elif not row["is_customer_message"]:
        text += f": neither a question nor a response, {_why_not_counted(row)}"
    return Event(row["sent_at"], "message", text, row_id=row["message_id"])


def _why_not_counted(row: Row) -> str:
    """The reason, as far as the direction and the kind of author give it."""
    match row["direction"], row["author_type"]:
        case "outgoing", "agent":
            return "because it is internal, automatic or was not delivered"
        case "incoming", "customer":
            return "because it is automatic"
        case _, "agent":
            return "because an agent wrote it and it is incoming"
        case _, "customer":
            return "because the customer wrote it and it is outgoing"
        case _, "bot":
            return "because a bot wrote it"
    return "because its author is unknown"
