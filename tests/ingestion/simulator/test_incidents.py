"""The effects of planted incidents, compared with the same year without them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest

from helpdesk.simulator import DEFAULT_UNTIL, planted_incidents
from tests.ingestion.simulator.desk import ANSWERS, PLANTED, STATUS_CHANGES, scalar


@pytest.mark.parametrize(
    "until",
    [DEFAULT_UNTIL, datetime(2024, 3, 1, 9, 37, tzinfo=UTC), datetime(2025, 1, 4, tzinfo=UTC)],
)
def test_incidents_lie_in_the_second_half_of_the_year(until: datetime) -> None:
    """They are after agents left and moved, with enough time before and after them."""
    planted = planted_incidents(until)
    assert [one.name for one in planted] == ["overloaded_team", "outage_day", "company_burst"]
    for one, following in pairwise(planted):
        assert one.ends_at + timedelta(14) < following.starts_at
    assert planted[0].starts_at > until - timedelta(160)
    assert planted[-1].ends_at < until - timedelta(7)


def test_an_outage_day(desk: duckdb.DuckDBPyConnection, quiet: duckdb.DuckDBPyConnection) -> None:
    outage = PLANTED["outage_day"]
    day = outage.starts_at.date()
    counts = """
        select coalesce(any_value(tickets) filter (day = date '{day}'), 0)
            / max(tickets) filter (abs(day - date '{day}') between 1 and 7)
        from (
            select created_at::date as day, count(*) as tickets from tickets
            where {condition} group by day
        )
    """
    category = f"category = '{outage.category}'"
    assert scalar(desk, counts.format(day=day, condition="true")) > 3
    assert scalar(desk, counts.format(day=day, condition=category)) > 10
    assert scalar(quiet, counts.format(day=day, condition="true")) < 1.3
    effects = f"""
        with marked as (
            select *, {category}
                and created_at between '{outage.starts_at}' and '{outage.ends_at}' as is_outage
            from ({ANSWERS})
        )
        select is_outage, median(hours), avg(was_reopened::integer), avg(score)
        from marked
        left join (
            select ticket_id, bool_or(state_before = 'closed' and state <> 'closed') as was_reopened
            from ({STATUS_CHANGES}) group by ticket_id
        ) using (ticket_id)
        left join (
            select ticket_id, score from survey_responses join surveys using (survey_id)
            where kind = 'csat'
        ) using (ticket_id)
        group by is_outage order by is_outage
    """
    (_, hours, reopened, score), (_, long, often, poor) = desk.execute(effects).fetchall()
    assert long > 2 * hours
    assert often > 2 * reopened
    assert poor < score - 1


def weeks_of_a_team(
    connection: duckdb.DuckDBPyConnection, weeks: int, after: int
) -> tuple[float, int]:
    """Median hours to the first response, and the waiting tickets at the end, of some weeks.

    The weeks are counted from the start of the team's overload.
    """
    overload = PLANTED["overloaded_team"]
    start = overload.starts_at + timedelta(weeks=after)
    end = start + timedelta(weeks=weeks)
    query = f"""
        select median(hours) filter (created_at between '{start}' and '{end}'),
            count(*) filter (
                created_at < '{end}' and coalesce(first_at, '{end}') > '{end}'
            )
        from ({ANSWERS}) where team = '{overload.team}'
    """
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def test_an_overloaded_team(
    desk: duckdb.DuckDBPyConnection, quiet: duckdb.DuckDBPyConnection
) -> None:
    """Waits grow from week to week, and the backlog shrinks afterwards."""
    hours, waiting = weeks_of_a_team(desk, weeks=6, after=-6)
    first, _ = weeks_of_a_team(desk, weeks=2, after=0)
    last, piled_up = weeks_of_a_team(desk, weeks=2, after=2)
    later, drained = weeks_of_a_team(desk, weeks=4, after=9)
    assert hours < first < last
    assert last > 4 * hours
    assert piled_up > 3 * waiting
    assert later < 2 * hours
    assert drained < piled_up / 3
    quiet_hours, _ = weeks_of_a_team(quiet, weeks=2, after=2)
    assert quiet_hours < last / 4


def test_a_burst_of_one_company(
    desk: duckdb.DuckDBPyConnection, quiet: duckdb.DuckDBPyConnection
) -> None:
    burst = PLANTED["company_burst"]
    query = f"""
        select count(*) filter (created_at between '{burst.starts_at}' and '{burst.ends_at}')
            / epoch(timestamptz '{burst.ends_at}' - timestamptz '{burst.starts_at}')
            / (count(*) / (365 * 86400))
        from tickets where company_id = '{burst.company_id}'
    """
    assert scalar(desk, query) > 4
    assert scalar(quiet, query) < 4
