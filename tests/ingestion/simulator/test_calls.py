"""Calls: their tickets, and calls back after missed calls."""

import duckdb

from tests.ingestion.simulator.desk import PLANTED


def test_calls_come_with_tickets_by_phone(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) filter (source <> 'phone'),
            count(distinct ticket_id) = (select count(*) from tickets where source = 'phone'),
            count(*) filter (ticket_id is null) / count(*),
            count(*) filter (started_at < created_at),
            count(*) filter (direction = 'outbound' and calls.agent_id is null),
            count(*) filter (outcome in ('completed', 'in_progress') and calls.agent_id is null),
            count(*) filter (outcome = 'completed' and coalesce(duration_seconds, 0) = 0),
            count(distinct outcome) filter (direction = 'inbound')
        from calls left join tickets using (ticket_id)
    """
    elsewhere, all_called, loose, early, alone, untaken, short, ends = desk.execute(
        query
    ).fetchall()[0]
    assert (elsewhere, early, alone, untaken, short) == (0, 0, 0, 0, 0)
    assert all_called
    assert 0.05 < loose < 0.4
    assert ends >= 5


def test_more_calls_are_missed_when_the_desk_is_busy(desk: duckdb.DuckDBPyConnection) -> None:
    outage = PLANTED["outage_day"]
    query = f"""
        select avg(missed) filter (not during), avg(missed) filter (during) from (
            select (outcome in ('missed', 'no_answer', 'busy'))::integer as missed,
                started_at between '{outage.starts_at}' and '{outage.ends_at}' as during
            from calls
            where direction = 'inbound' and isodow(started_at) < 6
            and hour(started_at) between 7 and 15
        )
    """
    usual, busy = desk.execute(query).fetchone() or (1, 0)
    assert 0.05 < usual < 0.35
    assert busy > 1.5 * usual


def test_missed_callers_are_called_back(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select avg((called_back and missed)::integer) / avg(missed::integer),
            avg((called_back and not missed)::integer) / avg((not missed)::integer)
        from (
            select bool_or(direction = 'inbound' and outcome <> 'completed') as missed,
                bool_or(direction = 'outbound') as called_back
            from calls where ticket_id is not null group by ticket_id
        )
    """
    missed, taken = desk.execute(query).fetchone() or (0, 1)
    assert missed > 0.85
    assert taken < 0.4
