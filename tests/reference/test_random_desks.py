"""The warehouse, built from random landing files, against the reference, mart by mart."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.dashboards.widgets import load_widgets, write_widgets
from helpdesk.explain import explain
from helpdesk.transform.manifest import ensure_manifest
from tests.conftest import published

from .against_warehouse import built, expected
from .compare import Expected, compare
from .marts import GRAINS, SUMMARIES
from .records import Settings

pytestmark = pytest.mark.slow

TICKETS = 2000
# Tickets with each origin of a close time, whose clocks are explained.
EXPLAINED = 40
# Report time zone and seed. `make test` has the first, whose hours are no whole ones, `make test-long` both.
DESKS = {"America/St_Johns": 1, "UTC": 0}
TRIED = list(DESKS)[: int(os.environ.get("HELPDESK_RANDOM_DESKS", "1"))]
FEW = {
    "dim_surveys": 9,
    "dim_comparison_times": 2,
    "rpt_next_response_sla": 60,
    **dict.fromkeys(SUMMARIES, 3),
}


@pytest.fixture(scope="module", params=TRIED)
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Expected]:
    """A warehouse and what has to be in it, in one report time zone."""
    settings = Settings(report_timezone=request.param)
    seed, folder = DESKS[request.param], tmp_path_factory.mktemp("desk")
    return built(folder, seed, TICKETS, settings), expected(seed, TICKETS, settings)


@pytest.mark.parametrize("model", list(GRAINS))
def test_the_warehouse_agrees_with_the_reference(desk: tuple[Path, Expected], model: str) -> None:
    marts, rows = desk
    found = compare(marts, rows, [model])
    assert not found.differences, "\n".join(found.differences)
    assert found.compared[model] >= FEW.get(model, TICKETS / 20)


def test_every_mart_is_compared(desk: tuple[Path, Expected]) -> None:
    assert set(desk[1]) == set(GRAINS)


# Both times of the sums by team, and of the figures of the help desk as sums.
BY_TEAM = """select view_name, member, figure, sum(total), sum(n), sum(comparison_total),
    sum(comparison_n) from marts.rpt_summary_by_team group by all"""
WHOLE = " union all ".join(
    f"""select 'rpt_summary_{view}', {member}, {figure},
    value * if({is_averaged}, n, 1), n,
    comparison_value * if({is_averaged}, comparison_n, 1), comparison_n
    from marts.rpt_summary_{view} where n > 0 or comparison_n > 0"""
    for view, member, figure, is_averaged in (
        ("team", "'all'", "figure", "unit <> 'count'"),
        ("sla", "metric", "state", "false"),
        ("channels", "channel_key", "figure", "false"),
        ("calls", "'all'", "figure", "false"),
        ("ages", "'all'", "age", "false"),
    )
)
# The figures of a report by team, on the date of as_of: those of the Summary are the same.
OF_REPORTS = {
    "tickets_opened": ("rpt_tickets_created", "ticket_count", "ticket_count"),
    "tickets_open": ("rpt_backlog", "open_ticket_count", "open_ticket_count"),
    "tickets_closed": ("rpt_tickets_closed", "ticket_count", "ticket_count"),
    "first_response_time": ("rpt_first_response_time", "first_response_seconds", "ticket_count"),
    "time_to_close": ("rpt_time_to_close", "time_to_close_seconds", "ticket_count"),
    "csat": ("rpt_customer_satisfaction", "100 * positive_count", "response_count"),
    "completed_calls": ("rpt_calls", "completed_count", "completed_count"),
    "missed_calls": ("rpt_calls", "missed_count", "missed_count"),
    "total_call_duration": (
        "rpt_calls", "completed_duration_seconds", "completed_with_duration_count",
    ),
}  # fmt: skip


def test_the_sums_of_the_teams_are_the_figures_of_the_help_desk(
    desk: tuple[Path, Expected],
) -> None:
    with published(desk[0].parent) as connection:
        teams, whole = (
            {
                row[:3]: [value or 0 for value in row[3:]]
                for row in connection.execute(sql).fetchall()
            }
            for sql in (BY_TEAM, WHOLE)
        )
        moved = connection.execute(
            """select count(distinct team_key) > 2 and bool_or(n = 0) and bool_or(comparison_n = 0)
            from marts.rpt_summary_by_team"""
        ).fetchone()
    assert moved == (True,)
    assert set(teams) == set(whole)
    for figure, values in whole.items():
        assert teams[figure] == pytest.approx(values), figure


def test_a_sentence_counts_the_tickets_of_its_list_and_of_the_reference(
    desk: tuple[Path, Expected], tmp_path: Path
) -> None:
    marts, rows = desk
    with published(marts.parent) as connection:
        write_widgets(connection, load_widgets(ensure_manifest()), tmp_path)
    today = rows["dim_comparison_times"][0]["compared_date"]
    excluded = {row["ticket_key"] for row in rows["fct_tickets"] if row["is_excluded"]}
    clocks = [row for row in rows["fct_sla_clocks"] if row["ticket_key"] not in excluded]
    overdue = [row for row in clocks if row["status"] == "overdue"]
    counted = {
        "tickets_overdue_today": [row for row in overdue if row["due_date"] == today],
        "tickets_due_soon": [row for row in clocks if row["status"] == "due_soon"],
        "tickets_unanswered": [
            row for row in overdue if row["metric"] in ("first_response", "next_response")
        ],
        "tickets_past_close": [row for row in overdue if row["metric"] == "time_to_close"],
    }
    expected = {
        template: len({row["ticket_key"] for row in found}) for template, found in counted.items()
    }
    summary = json.loads((tmp_path / "summary.json").read_text())
    insights = {one["row"]["template"]: one for one in summary["widgets"][0]["insights"]}
    shown = {name: one for name, one in insights.items() if name in expected}
    assert {name: one["row"]["value"] for name, one in shown.items()} == {
        name: count for name, count in expected.items() if count
    }
    assert len(shown) >= 3
    for one in shown.values():
        listed = json.loads((tmp_path / f"tickets_{one['tickets']}.json").read_text())
        assert listed["tickets"] == one["row"]["value"], one["sentence"]


def test_a_figure_of_a_team_is_that_of_its_report(desk: tuple[Path, Expected]) -> None:
    with published(desk[0].parent) as connection:
        for figure, (report, total, n) in OF_REPORTS.items():
            found = connection.execute(
                f"""select team_key, sum({total}), sum({n}) from marts.{report}
                where report_date = (select as_of_date from marts.build_log order by as_of desc limit 1)
                group by team_key having sum({n}) > 0"""
            ).fetchall()
            of_summary = connection.execute(
                """select team_key, total, n from marts.rpt_summary_by_team
                where figure = ? and n > 0""",
                [figure],
            ).fetchall()
            assert sorted(of_summary) == sorted(found), figure
            assert found, figure


def test_the_open_tickets_of_a_team_are_its_tickets_of_now(desk: tuple[Path, Expected]) -> None:
    """A list of open tickets has the team of the ticket, and the figure that of the interval."""
    with published(desk[0].parent) as connection:
        differing = connection.execute(
            """select count(*) filter (intervals.team_key <> tickets.team_key), count(*) > 100
            from marts.fct_ticket_open_intervals as intervals
            inner join marts.fct_tickets as tickets using (ticket_key)
            where intervals.is_current"""
        ).fetchone()
    assert differing == (0, True)


def test_the_intervals_of_a_clock_add_up_to_its_figures(desk: tuple[Path, Expected]) -> None:
    """Of tickets of every kind: some with no status history and the help desk's own close time."""
    output = desk[0].parent
    with published(output) as connection:
        tickets = connection.execute(
            f"""select ticket_key, closed_at_basis from marts.fct_tickets
            qualify row_number() over (partition by closed_at_basis order by hash(ticket_key))
                <= {EXPLAINED}
            order by 1"""
        ).fetchall()
        elapsed = {
            (ticket, metric, occurrence): seconds
            for ticket, metric, occurrence, seconds in connection.execute(
                """select ticket_key, metric, occurrence, elapsed_seconds from marts.fct_sla_clocks
                where list_contains(?, ticket_key)""",
                [[key for key, _ in tickets]],
            ).fetchall()
        }
    assert "reported" in {basis for _, basis in tickets}
    found = {}
    for ticket, _ in tickets:
        for clock in explain(OutputPaths(output), ticket).clocks:
            assert clock.discrepancy is None, (ticket, clock.metric, clock.discrepancy)
            of_clock = ticket, clock.metric, clock.occurrence
            if clock.basis == "reported":
                assert clock.elapsed_seconds is None
                found[of_clock] = None
                continue
            found[of_clock] = sum(interval.working_seconds for interval in clock.intervals)
            for interval in clock.intervals:
                if interval.open_times:
                    assert interval.working_seconds == sum(
                        one.seconds for one in interval.open_times
                    )
    assert found == elapsed
    assert len(found) > len(tickets) > 2 * EXPLAINED
