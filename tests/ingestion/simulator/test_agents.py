"""Agents: their teams, shifts and capacity."""

from datetime import UTC, datetime

import duckdb

from helpdesk.simulator.desk import SCHEDULES
from tests.ingestion.simulator.desk import DESK, scalar


def test_agents_have_one_primary_team_at_a_time(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) from agent_teams as a join agent_teams as b using (agent_id)
        where a.valid_from is distinct from b.valid_from and a.is_primary and b.is_primary
        and coalesce(a.valid_from, '-infinity') < coalesce(b.valid_to, 'infinity')
        and coalesce(b.valid_from, '-infinity') < coalesce(a.valid_to, 'infinity')
    """
    assert scalar(desk, query) == 0
    assert scalar(desk, "select count(*) from agent_teams where valid_from is not null") == len(
        DESK.moved
    )


def test_agents_who_left_get_no_new_tickets(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select max(changed_at) from ticket_field_history join agents on value = agent_id
        where field = 'agent' and not is_active
    """
    assert scalar(desk, query) < datetime(2025, 12, 30, 6, tzinfo=UTC)


def test_intervals_of_an_agent_are_consecutive(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*) filter (ended_at is distinct from coalesce(next_at, ended_at)),
            count(*) filter (ended_at <= started_at),
            count(*) filter (status = 'available' and reason is not null),
            count(*) filter (status = 'away' and reason is null),
            count(*) filter (next_at is null and ended_at is null), count(distinct reason)
        from (
            select *, lead(started_at) over (partition by agent_id order by started_at) as next_at
            from agent_availability
        )
    """
    active = scalar(desk, "select count(*) from agents where is_active")
    assert desk.execute(query).fetchone() == (0, 0, 0, 0, active, 5)


def test_shifts_are_in_the_zone_of_the_agent(desk: duckdb.DuckDBPyConnection) -> None:
    """In one of the time zones, each agent works at daytime, all year, about five days a week."""
    zones = ", ".join(f"('{zone}')" for zone, *_ in SCHEDULES)
    query = f"""
        select agent_id, max(within), arg_max(days, within)
        from (
            select agent_id, zone, count(distinct timezone(zone, started_at)::date) as days,
                avg((hour(timezone(zone, started_at)) between 7 and 18)::integer) as within
            from agent_availability, (values {zones}) as zones (zone)
            where status = 'available'
            group by agent_id, zone
        ) group by agent_id
    """
    for agent, within, days in desk.execute(query).fetchall():
        assert within == 1, agent
        assert 100 < days < 270, agent
    weekend = """
        select count(distinct agent_id), (select count(*) from agents) from agent_availability
        where status = 'available' and isodow(started_at) = 6 and hour(started_at) between 8 and 16
    """
    at_weekends, everyone = desk.execute(weekend).fetchone() or (0, 0)
    assert 0 < at_weekends < everyone / 2


def test_some_agents_are_at_capacity(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select avg((open >= capacity)::integer) from (
            select capacity, count(ticket_id) as open
            from agents left join (
                tickets join statuses on tickets.status_id = statuses.status_id and state <> 'closed'
            ) using (agent_id)
            where is_active group by agent_id, capacity
        )
    """
    assert 0 < scalar(desk, query) < 0.5
