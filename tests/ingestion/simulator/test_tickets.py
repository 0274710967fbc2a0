"""Tickets and their histories: consistent, with the configured frequencies."""

import duckdb
import pytest

from tests.ingestion.simulator.desk import DESK, STATUS_CHANGES, TICKETS, scalar


def test_history_starts_at_creation_and_ends_at_the_ticket(desk: duckdb.DuckDBPyConnection) -> None:
    disagreeing = """
        with ends as (
            select ticket_id, field, min(changed_at) as first_at, max(changed_at) as last_at,
                arg_max_null(value, (changed_at, seq)) as last_value
            from ticket_field_history group by ticket_id, field
        )
        select count(*) filter (
            where first_at <> created_at or last_at > updated_at
            or last_value is distinct from case field
                when 'status' then status_id when 'agent' then agent_id
                when 'team' then team_id when 'priority' then priority end
        ), count(distinct ticket_id), count(*)
        from ends join tickets using (ticket_id)
    """
    wrong, tickets, properties = desk.execute(disagreeing).fetchone() or (None, None, None)
    assert wrong == 0
    assert properties == 4 * tickets
    assert 0 < TICKETS - tickets < 3 * DESK.no_history * TICKETS


def test_history_holds_changes_only(desk: duckdb.DuckDBPyConnection) -> None:
    repeats = """
        select count(*) from (
            select row_number() over in_order > 1
                and value is not distinct from lag(value) over in_order as is_repeat
            from ticket_field_history
            window in_order as (partition by ticket_id, field order by changed_at, seq)
        ) where is_repeat
    """
    assert scalar(desk, repeats) == 0


def test_status_changes_are_ordered(desk: duckdb.DuckDBPyConnection) -> None:
    """The order of `seq` is the order of time, and every ticket starts as New in its pipeline."""
    unordered = """
        select count(*) from (
            select changed_at < lag(changed_at) over in_order as is_back
            from ticket_field_history
            window in_order as (partition by ticket_id order by seq)
        ) where is_back
    """
    assert scalar(desk, unordered) == 0
    query = f"""
        select count(*) from ({STATUS_CHANGES}) join tickets using (ticket_id)
        where status_pipeline_id <> tickets.pipeline_id
        or (value_before is null and value not in ('101', '201'))
    """
    assert scalar(desk, query) == 0


def test_some_changes_have_the_same_time(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"select count(*) from ({STATUS_CHANGES}) where changed_at = changed_before"
    assert scalar(desk, query) > 0


@pytest.mark.parametrize(
    ("column", "rate"),
    [
        ("is_spam", DESK.spam),
        ("is_deleted or ticket_id in (select key from deletions)", DESK.deleted),
        ("is_outbound", DESK.outbound),
        ("merged_into_id is not null", DESK.merged),
    ],
)
def test_flags_are_as_frequent_as_configured(
    desk: duckdb.DuckDBPyConnection, column: str, rate: float
) -> None:
    assert scalar(desk, f"select avg(({column})::integer) from tickets") == pytest.approx(
        rate, rel=0.3
    )


def test_reopens_and_open_tickets(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        with lives as (
            select ticket_id, bool_or(state = 'closed') as was_closed,
                bool_or(state_before = 'closed' and state <> 'closed') as was_reopened,
                arg_max(state, (changed_at, seq)) as state
            from ({STATUS_CHANGES}) group by ticket_id
        )
        select avg(was_reopened::integer) filter (where was_closed),
            avg((state <> 'closed')::integer), count(distinct state)
        from lives
    """
    reopened, still_open, states = desk.execute(query).fetchone() or (None, None, None)
    assert reopened == pytest.approx(DESK.reopened, rel=0.2)
    assert DESK.stuck / 2 < still_open < 0.1
    assert states == 4


def test_a_merge_is_between_tickets_of_one_contact(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) filter (
            where target.created_at > tickets.created_at
            or target.merged_into_id is not null
            or target.contact_id is distinct from tickets.contact_id
        )
        from tickets join tickets as target on tickets.merged_into_id = target.ticket_id
    """
    assert scalar(desk, query) == 0


def test_some_tickets_wait_for_an_agent(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select avg((first_value is null)::integer) from (
            select arg_min_null(value, seq) as first_value
            from ticket_field_history where field = 'agent' group by ticket_id
        )
    """
    assert 0.5 < scalar(desk, query) < 1 - DESK.assigned_at_creation


def test_week_and_growth(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select
            avg((isodow(created_at) >= 6)::integer) as weekend,
            avg((hour(created_at) between 8 and 17)::integer) as working_hours,
            count(*) filter (where created_at >= timestamptz '2025-12-30 06:00:00+00') / count(*)
                as second_half,
        from tickets
    """
    weekend, working_hours, second_half = desk.execute(query).fetchone() or (1, 0, 0)
    assert weekend < 0.12
    assert working_hours > 0.65
    assert 0.53 < second_half < 0.65


def test_a_few_companies_write_the_most(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select sum(tickets) / any_value(total) from (
            select count(*) as tickets, sum(count(*)) over () as total
            from tickets where company_id is not null
            group by company_id order by tickets desc limit 12
        )
    """
    assert scalar(desk, query) > 0.4
