"""Surveys: when they are sent, how many are answered, and which factors affect scores."""

import duckdb
import pytest

from tests.ingestion.simulator.desk import ANSWERS, STATUS_CHANGES


def test_some_surveys_are_answered(desk: duckdb.DuckDBPyConnection) -> None:
    query = """
        select kind, avg((responded_at is not null)::integer), avg((comment is not null)::integer),
            count(*) filter (score not between scale_min and scale_max),
            count(*) filter ((score is null) <> (responded_at is null)),
            count(*) filter (comment is not null and score is null),
            count(*) filter (responded_at <= sent_at), count(distinct score)
        from survey_responses join surveys using (survey_id) group by kind
    """
    surveys = desk.execute(query).fetchall()
    assert {kind for kind, *_ in surveys} == {"csat", "ces", "nps"}
    for _, answered, commented, *broken, scores in surveys:
        assert 0.1 < answered < 0.5
        assert 0 < commented < answered
        assert broken == [0, 0, 0, 0]
        assert scores >= 5


def test_a_survey_follows_a_close(desk: duckdb.DuckDBPyConnection) -> None:
    query = f"""
        select count(*) filter (closed_at is null or sent_at < closed_at),
            count(*) filter (survey_responses.contact_id is distinct from tickets.contact_id),
            count(*) - count(distinct ticket_id)
        from survey_responses join tickets using (ticket_id)
        left join (
            select ticket_id, min(changed_at) as closed_at from ({STATUS_CHANGES})
            where state = 'closed' group by ticket_id
        ) using (ticket_id)
        where ticket_id in (select ticket_id from ticket_field_history)
    """
    assert desk.execute(query).fetchone() == (0, 0, 0)


@pytest.mark.parametrize("kind", ["csat", "ces"])
def test_slow_and_reopened_tickets_score_low(desk: duckdb.DuckDBPyConnection, kind: str) -> None:
    query = f"""
        select avg(score) filter (hours < 1), avg(score) filter (hours > 24),
            avg(score) filter (was_reopened)
        from survey_responses join surveys using (survey_id) join ({ANSWERS}) using (ticket_id)
        join (
            select ticket_id, bool_or(state_before = 'closed' and state <> 'closed') as was_reopened
            from ({STATUS_CHANGES}) group by ticket_id
        ) using (ticket_id)
        where kind = '{kind}'
    """
    quick, slow, reopened = desk.execute(query).fetchone() or (0, 1, 1)
    assert slow < quick - 0.3
    assert reopened < quick - 0.5
