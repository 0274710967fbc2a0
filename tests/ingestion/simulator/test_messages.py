"""Messages: authors, order, and waits for an answer."""

from datetime import UTC, datetime

import duckdb
import pytest

from helpdesk.simulator.messages import FORMS
from tests.ingestion.simulator.desk import ANSWERS, RESPONSES, STATUS_CHANGES, TICKETS, scalar


def test_message_ids_follow_time(desk: duckdb.DuckDBPyConnection) -> None:
    """Ids have one length, so that the tie-breaker by message_id is the order of messages."""
    query = """
        select count(*) filter (where sent_at < before_at), count(distinct length(message_id))
        from (
            select message_id, sent_at, lag(sent_at) over in_order as before_at
            from messages window in_order as (partition by ticket_id order by message_id)
        )
    """
    assert desk.execute(query).fetchone() == (0, 1)


def test_messages_per_ticket(desk: duckdb.DuckDBPyConnection) -> None:
    assert scalar(desk, "select count(*) from messages") / TICKETS == pytest.approx(8.5, abs=1)
    forms = """
        select count(distinct row(direction, author_type, is_public, is_automated,
            delivery_status, kind)) from messages
    """
    assert scalar(desk, forms) == len(FORMS)
    failed = "select avg((delivery_status = 'failed')::integer) from messages"
    assert 0 < scalar(desk, failed) < 0.01


def test_messages_belong_to_their_ticket(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) from messages join tickets using (ticket_id)
        where sent_at < created_at
        or author_type = 'customer' and author_id is distinct from contact_id
        or author_type = 'agent' and author_id not in (select agent_id from agents)
        or author_type not in ('agent', 'customer') and author_id is not null
        or author_type = 'agent' and author_id is null
    """
    assert scalar(desk, query) == 0
    absent = """
        select max(sent_at) from messages join agents on author_id = agent_id
        where author_type = 'agent' and not is_active
    """
    assert scalar(desk, absent) < datetime(2025, 12, 30, 6, tzinfo=UTC)


def test_the_initiator_writes_first(desk: duckdb.DuckDBPyConnection) -> None:
    """A call has no first message. Its ticket is answered in writing."""
    query = """
        select is_outbound, source = 'phone' as is_call,
            avg((opening.sent_at is not null)::integer)
        from tickets left join messages as opening
            on opening.ticket_id = tickets.ticket_id and sent_at = created_at
            and author_type = if(is_outbound, 'agent', 'customer')
            and is_public and not is_automated
        group by all order by all
    """
    shares = desk.execute(query).fetchall()
    assert shares[0] == (False, False, 1)
    assert shares[2:] == [(True, False, 1), (True, True, 1)]
    # Some automations change a ticket at the time of its creation.
    assert shares[1][2] < 0.01


@pytest.mark.parametrize(
    ("before", "after", "author", "share"),
    [
        ("open", "pending", "agent", 0.9),
        ("pending", "open", "customer", 0.85),
        ("open", "closed", "agent", 0.75),
    ],
)
def test_the_last_message_before_a_change_of_status(
    desk: duckdb.DuckDBPyConnection, before: str, after: str, author: str, share: float
) -> None:
    """Agents ask before they wait for a contact, and contacts write when they return."""
    query = f"""
        with words as (
            select * from messages
            where is_public and not is_automated and delivery_status is distinct from 'failed'
        )
        select avg((author_type = '{author}')::integer)
        from ({STATUS_CHANGES}) as changes
        asof join words
            on changes.ticket_id = words.ticket_id and changes.changed_at >= words.sent_at
        where state_before = '{before}' and state = '{after}'
    """
    assert scalar(desk, query) > share


def test_most_answers_are_written_on_shift(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        select avg((status = 'available')::integer)
        from ({RESPONSES}) as responses
        asof join agent_availability
            on author_id = agent_availability.agent_id and sent_at >= started_at
    """
    assert scalar(desk, query) > 0.85


def test_nearly_every_customer_is_answered(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        select avg((first_at is not null)::integer), median(epoch(first_at - created_at)) / 3600
        from tickets left join (
            select ticket_id, min(sent_at) as first_at from ({RESPONSES}) group by ticket_id
        ) using (ticket_id)
        where not is_outbound and not is_spam and merged_into_id is null
    """
    answered, hours = desk.execute(query).fetchone() or (0, 0)
    assert 0.9 < answered < 1
    assert 0.3 < hours < 8


def test_waits_are_longer_at_night_and_on_weekends(quiet: duckdb.DuckDBPyConnection) -> None:
    """Few agents work then, so a queue builds up until later."""
    query = f"""
        select median(hours) filter (isodow(created_at) = 6),
            median(hours) filter (isodow(created_at) = 3 and hour(created_at) between 21 and 23),
            median(hours) filter (isodow(created_at) = 3 and hour(created_at) between 9 and 13)
        from ({ANSWERS})
    """
    saturday, night, morning = quiet.execute(query).fetchone() or (0, 0, 0)
    assert saturday > 3 * morning
    assert night > 1.5 * morning


def test_urgent_tickets_go_first(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"select priority, median(hours) from ({ANSWERS}) where priority is not null group by 1"
    hours = dict(desk.execute(query).fetchall())
    assert hours["urgent"] < hours["high"] < hours["medium"] < hours["low"]
