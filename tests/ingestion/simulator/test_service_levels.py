"""Business hours and SLA policies."""

import duckdb
import pytest

from helpdesk.simulator import DEFAULT_UNTIL
from helpdesk.simulator.desk import SCHEDULES
from tests.ingestion.simulator.desk import DESK, TICKETS, scalar


def test_schedules_differ_where_it_matters(desk: duckdb.DuckDBPyConnection) -> None:
    """Zones with clock changes, a second version, a lunch break, a shift past midnight, holidays."""
    assert scalar(desk, "select count(distinct timezone) from business_hours") == len(SCHEDULES)
    query = """
        select count(distinct valid_from), count(*) filter (where valid_from is null),
            max(end_minute) > 1440, bool_or(weekday > 5)
        from business_hours
    """
    assert desk.execute(query).fetchone() == (1, 22, True, True)
    broken = """
        select count(*) from (
            select weekday from business_hours group by schedule_id, valid_from, weekday
            having count(*) > 1 and max(start_minute) > min(end_minute)
        )
    """
    assert scalar(desk, broken) == 5
    assert scalar(desk, "select count(*) from holidays where end_date < start_date") == 0
    last_year = scalar(desk, "select max(year(start_date)) from holidays")
    assert last_year >= DEFAULT_UNTIL.year + 3


def test_every_policy_targets_every_metric(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select policy_id, count(distinct metric) from sla_targets where priority is null
        group by policy_id
    """
    targeted = dict(desk.execute(query).fetchall())
    assert targeted.keys() == {
        p for (p,) in desk.execute("select policy_id from sla_policies").fetchall()
    }
    fields = "select distinct unnest(json_keys(conditions)) from sla_policies"
    assert {field for (field,) in desk.execute(fields).fetchall()} <= {
        "pipeline",
        "priority",
        "source",
    }
    soon = "select count(*) from sla_targets where due_soon_seconds >= goal_seconds"
    assert scalar(desk, soon) == 0


def test_agents_apply_some_policies(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select count(*), count(schedule_id), count(distinct policy_id),
            count(*) filter (where applied_at < created_at)
        from ticket_sla_applied join tickets using (ticket_id)
    """
    applied, with_schedule, policies, early = desk.execute(query).fetchone() or (0, 0, 0, 1)
    assert applied / TICKETS == pytest.approx(DESK.policy_applied, rel=0.3)
    assert 0 < with_schedule < applied
    assert policies == 3
    assert early == 0
