"""Goals of the settings: checked against the reports, and on the pages with how often they were met."""

import re
from datetime import date, timedelta

import pytest
import yaml
from playwright.sync_api import expect

from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import Goal, Settings
from helpdesk.dashboards.goals import goals_by_report
from tests.dashboards.browsing import choose, choose_grain
from tests.dashboards.desk import AS_OF

TEAMS = {"keys": ["generic:t1", "generic:t2"], "names": ["Front", "Back"]}
DAY = timedelta(days=1)


def goals(text: str) -> tuple[Goal, ...]:
    return Settings(goals=yaml.safe_load(text)).goals


def read(desk, text: str, notes: list[str] | None = None):
    return goals_by_report(
        goals(text), desk.definitions, TEAMS, ([] if notes is None else notes).append
    )


@pytest.mark.parametrize(
    ("bound", "value"),
    [
        ("{report: R3, at_most: 4h}", 4 * 3600),
        ("{report: R3, at_most: 1d 2h 30m}", 86400 + 2.5 * 3600),
        ("{report: R3, measure: business, at_most: 1.5h}", 5400),
        ("{report: R2, at_least: 92.5%}", 0.925),
        ("{report: A6b, at_least: 40}", 0.4),
        ("{report: A7, at_most: 100}", 100),
        ("{report: R1, at_most: 10, per: week}", 10),
    ],
)
def test_a_bound_is_written_as_the_measure_is_shown(desk, bound, value):
    ((goal,),) = read(desk, f"[{bound}]").values()
    assert (goal["value"], goal["is_least"]) == (pytest.approx(value), "at_least" in bound)


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ("{report: R33, at_most: 4h}", "'R33' is not a report of the pages; did you mean R3?"),
        (
            "{report: R3, measure: averages, at_most: 4h}",
            "no measure 'averages'.*did you mean average",
        ),
        ("{report: R3, at_most: 90%}", "'90%' is not a value of average; write one such as 4h"),
        ("{report: R2, at_least: 0.9}", "'0.9' is not a value of compliance; .* 90%"),
        ("{report: R1, at_most: 10}", "add `per: day`"),
        ("{report: A7, at_most: 10, per: day}", "delete `per: day`"),
        ("{report: R4, at_most: 4h}", "R4 shows members side by side, and a goal needs one value"),
        ("{report: C1, at_most: 4, per: day}", "C1 shows members side by side"),
        ("{report: C3, at_most: 4h}", "C3 shows members side by side"),
    ],
)
def test_a_goal_that_no_report_can_have_is_an_error_with_its_remedy(desk, bound, said):
    with pytest.raises(ConfigError, match=said):
        read(desk, f"[{bound}]")


def test_a_goal_has_one_bound():
    with pytest.raises(ValueError, match="R3: a goal has either at_least or at_most"):
        goals("[{report: R3}]")


def test_a_goal_of_a_team_that_left_is_reported_and_not_shown(desk):
    notes: list[str] = []
    assert read(desk, "[{report: R3, at_most: 4h, team: Gone}]", notes) == {}
    assert notes == ["goals: the data has no team 'Gone', so its goal for R3 is not shown"]


def whole_buckets(first: date, last: date, days: int):
    """Days or weeks within the period that are over, as first and last date."""
    day = first if days == 1 else first + (7 - first.weekday()) % 7 * DAY
    while day + (days - 1) * DAY <= last and day + (days - 1) * DAY < AS_OF.date():
        yield day, day + (days - 1) * DAY
        day += days * DAY


def met(desk, identifier: str, days: int, is_met, period: int, **keys: str) -> str:
    """The text about a goal, by SQL."""
    (report,) = [one for one in desk.definitions.reports if one.id == identifier]
    last = desk.truth.last_day()
    values = [
        (first, desk.truth.values(report, first, end, **keys)[report.measures[0].name])
        for first, end in whole_buckets(last - (period - 1) * DAY, last, days)
    ]
    is_sum = not report.measures[0].denominator
    known = [(first, value or 0) for first, value in values if is_sum or value is not None]
    count = sum(is_met(first, value) for first, value in known)
    assert 0 < count < len(known)
    return f"met in {count} of {len(known)}"


@pytest.mark.browser
@pytest.mark.slow
def test_goals_are_lines_and_say_how_often_they_were_met(analyze, desk):
    def expect_goal(identifier: str, text: str) -> None:
        shown = analyze.locator(f'[data-report="{identifier}"] [data-goal]')
        expect(shown).to_have_text(re.compile(re.escape(text).replace(r"\ ", r"\s+")))

    desks = met(desk, "R2", 7, lambda _, value: value >= 0.4, 90)
    expect_goal("R2", f"Goal: at least 40%, {desks} whole weeks")
    # The first response's goal became stricter on 16 February.
    stricter = date(2026, 2, 16)
    changed = met(
        desk, "R3", 7, lambda day, value: value <= (15 if day >= stricter else 16) * 3600, 90
    )
    expect_goal("R3", f"Goal: at most 15 h, {changed} whole weeks")
    # The goal of a sum is for days.
    expect_goal("R6", "Goal: at least 2 a day, shown by day")
    choose_grain(analyze, "Day")
    days = met(desk, "R6", 1, lambda _, value: value >= 2, 90)
    expect_goal("R6", f"Goal: at least 2 a day, {days} whole days")
    lines = analyze.wait_for_function(
        """() => {
            const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
            const chart = charts.find(one => one.getDom().closest('[data-report="R6"]'));
            const goal = chart?.getOption().series.find(one => one.name === 'Goal');
            return goal && goal.data.map(point => point.value);
        }"""
    ).json_value()
    assert set(lines) == {2}
    # A team with a goal of its own.
    (team,) = [one for one in desk.definitions.filters if one.name == "team"]
    choose(analyze, team, "Back office")
    (key,) = desk.truth.connection.execute(
        "select team_key from marts.dim_teams where name = 'Back office'"
    ).fetchone()
    own = met(desk, "R2", 1, lambda _, value: value >= 0.6, 90, team_key=key)
    expect_goal("R2", f"Goal: at least 60%, {own} whole days")
