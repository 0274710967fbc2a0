"""What holds between marts on any desk: a second way to the same numbers, on random desks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from .business_time import epoch
from .desk import Desk, expected_marts
from .marts import GRAINS, SURVEY_REPORTS
from .random_desk import random_as_of, random_desk
from .records import Settings
from .sla import RUNNING
from .values import instant

Marts = dict[str, list[dict[str, Any]]]
DESKS = ((0, "UTC"), (1, "America/St_Johns"), (2, "Pacific/Apia"), (3, "Europe/Berlin"))
TICKETS = 400


@pytest.fixture(scope="module", params=DESKS, ids=[zone for _, zone in DESKS])
def drawn(request: pytest.FixtureRequest) -> tuple[Desk, datetime, Marts]:
    seed, zone = request.param
    desk, as_of = random_desk(seed, TICKETS), random_as_of(seed)
    return desk, as_of, expected_marts(desk, as_of, Settings(report_timezone=zone))


def total(rows: list[dict[str, Any]], measure: str) -> Any:
    return sum(row[measure] for row in rows)


def test_every_list_adds_up_to_its_sum(drawn: tuple[Desk, datetime, Marts]) -> None:
    _, _, marts = drawn
    for rows in marts.values():
        for row in rows:
            for column in row:
                if column.endswith("_values"):
                    assert sum(row[column]) == row[column.removesuffix("_values")]
                    assert row[column] == sorted(row[column])


def test_the_backlog_of_the_date_of_as_of_has_the_open_tickets(
    drawn: tuple[Desk, datetime, Marts],
) -> None:
    _, as_of, marts = drawn
    is_open = [
        row
        for row in marts["fct_tickets"]
        if row["status_state"] != "closed" and not row["is_excluded"]
    ]
    last = max(row["backlog_date"] for row in marts["fct_backlog_daily"])
    today = [row for row in marts["fct_backlog_daily"] if row["backlog_date"] == last]
    assert total(today, "open_ticket_count") == len(is_open)
    ages = [epoch(as_of) - epoch(row["created_at"]) for row in is_open]
    assert total(today, "age_seconds") == sum(ages)
    columns = ("agent_key", "team_key", "channel_account_key", "pipeline_key", "company_key")
    owned = Counter(tuple(row[column] for column in (*columns, "priority")) for row in is_open)
    assert owned == {
        tuple(row[column] for column in (*columns, "priority")): row["open_ticket_count"]
        for row in today
    }
    for model in ("fct_backlog_daily", "rpt_backlog"):
        for row in marts[model]:
            buckets = [row[name] for name in row if name.startswith("age_") and "count" in name]
            assert sum(buckets) == row["open_ticket_count"] > 0
            assert len(buckets) == 5


def test_hours_of_availability_add_up_to_the_intervals(drawn: tuple[Desk, datetime, Marts]) -> None:
    _, _, marts = drawn
    intervals, days = marts["fct_agent_availability"], marts["rpt_agent_availability"]
    assert total(days, "duration_seconds") == total(intervals, "duration_seconds")
    of_known = [row for row in days if row["agent_key"] != "unknown"]
    seconds: Counter[Any] = Counter()
    for row in of_known:
        seconds[row["report_date"], row["agent_key"]] += row["duration_seconds"]
    # An agent is in one status at a time; the longest local days here have 25 hours.
    assert max(seconds.values()) <= 25 * 3600


def test_survey_reports_count_every_response_once(drawn: tuple[Desk, datetime, Marts]) -> None:
    _, _, marts = drawn
    for model, kind in SURVEY_REPORTS.items():
        sent = [
            row
            for row in marts["fct_survey_responses"]
            if row["survey_kind"] == kind and not row["is_excluded"]
        ]
        scored = [row for row in sent if row["score"] is not None]
        rows = marts[model]
        assert total(rows, "sent_count") == len(sent)
        assert total(rows, "answered_count") == total(sent, "is_responded")
        assert total(rows, "response_count") == len(scored)
        assert total(rows, "positive_count") == total(scored, "is_positive")


def test_sla_progress_agrees_with_the_status_of_clocks(drawn: tuple[Desk, datetime, Marts]) -> None:
    _, _, marts = drawn
    counted = {row["ticket_key"] for row in marts["fct_tickets"] if not row["is_excluded"]}
    standing = Counter(
        (row["metric"], row["status"])
        for row in marts["fct_sla_clocks"]
        # A clock whose stored status has ended can lack the time of its end.
        if row["ticket_key"] in counted and row["status"] in RUNNING
    )
    now = {
        (row["metric"], row["state"]): row["n"]
        for row in marts["rpt_summary_sla"]
        if row["state"] != "completed"
    }
    assert Counter(now) == standing


def test_summaries_are_those_of_an_earlier_build(drawn: tuple[Desk, datetime, Marts]) -> None:
    """Where no later history is carried back, a figure compared is one of a build of that moment."""
    desk, _, marts = drawn
    zone = DESKS[[random_as_of(seed) for seed, _ in DESKS].index(drawn[1])][1]
    then = marts["rpt_summary_team"][0]["comparison_as_of"]
    earlier = expected_marts(desk, then, Settings(report_timezone=zone))
    for now, before in zip(marts["rpt_summary_calls"], earlier["rpt_summary_calls"], strict=True):
        assert (now["comparison_value"], now["comparison_n"]) == (before["value"], before["n"])


def test_random_desks_have_the_hard_cases_of_calls_surveys_and_availability() -> None:
    desk, as_of = random_desk(1, 2000), random_as_of(1)
    marts = expected_marts(desk, as_of, Settings(report_timezone="America/St_Johns"))
    assert {len(marts[model]) > 0 for model in GRAINS} == {True}
    calls, sent = marts["fct_calls"], marts["fct_survey_responses"]
    assert len(desk["calls"]) - len(calls) > 50
    assert sum(row["ticket_key"] == "unknown" for row in calls) > 50
    assert sum(row["is_missed"] for row in calls) > 100
    scored = [row for row in sent if row["score"] is not None]
    assert min(Counter(row["nps_group"] for row in scored).values()) > 20
    assert min(Counter(row["is_positive"] for row in scored).values()) > 100
    assert sum(row["is_responded"] and row["score"] is None for row in sent) > 20
    assert sum(row["sent_at"] is None for row in sent) > 20
    assert sum(row["is_excluded"] for row in sent) > 20
    later = [
        row
        for row in desk["survey_responses"]
        if row["sent_at"] and row["responded_at"] and instant(row["sent_at"]) <= as_of
        if instant(row["responded_at"]) > as_of
    ]
    assert len(later) > 20
    intervals = marts["fct_agent_availability"]
    assert sum(row["duration_seconds"] == 0 for row in intervals) > 5
    assert sum(row["is_current"] for row in intervals) > 1
    assert {row["comparison_value"] for row in marts["rpt_summary_team"]}.isdisjoint({0, None})
