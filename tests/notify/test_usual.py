"""The usual range is that of the insights of the marts, and the alerts' settings are checked."""

import ast
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from helpdesk.core.errors import ConfigError
from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import PROJECT_ROOT
from helpdesk.core.settings import Settings, load_settings
from helpdesk.notify import change, usual
from helpdesk.notify.opened import opened, rows_of
from helpdesk.notify.texts import Language, inert
from helpdesk.notify.usual import unusual_day
from tests.conftest import run_helpdesk
from tests.notify import month


def test_the_rules_are_those_of_the_models() -> None:
    text = (PROJECT_ROOT / "dbt_project/macros/insights/insight_rules.sql").read_text()
    rules = ast.literal_eval(re.search(r"return\((\{.*?\})\)", text, re.DOTALL)[1])  # type: ignore[index]
    assert {name: rules[name] for name in usual.RULES} == usual.RULES
    assert (
        rules["change_score"], rules["change_relative"], rules["change_points"], rules["least_n"],
        rules["driver_share"], rules["driver_excess"],
    ) == (
        change.ERRORS, change.LEAST_RELATIVE, change.LEAST_POINTS, change.LEAST_N,
        change.LEAST_PART, change.LEAST_EXCESS,
    )  # fmt: skip


def test_a_day_is_as_unusual_as_in_the_insights(last: OutputPaths) -> None:
    """The burst of June is an insight of the mart, with the same figures."""
    with opened(last, Settings()) as build:
        listed = build.rows(
            "select report_id, period_end_date, value, comparison_value, score "
            "from marts.rpt_insights where template = 'unusual_day' and report_id in ('R1', 'R3')"
        )
        assert {row["report_id"] for row in listed} == {"R1", "R3"}
        for row in listed:
            measures = {"R1": ["tickets_created"], "R3": []}[row["report_id"]]
            measure = build.report(row["report_id"]).measures[0]
            measures = [one for one in (measure.sum, measure.denominator) if one]
            end = month.LAST
            answer = rows_of(
                build,
                report=row["report_id"],
                measures=measures,
                since=(end - timedelta(days=usual.DAYS - 1)).isoformat(),
                until=end.isoformat(),
                by=["date"],
                grain="day",
            )
            number = (end - row["period_end_date"]).days
            amounts = {(end - one["date"]).days: float(one[measure.sum] or 0)
                       for one in answer["rows"]}  # fmt: skip
            of = {(end - one["date"]).days: float(one[measure.denominator] or 0)
                  for one in answer["rows"]} if measure.denominator else None  # fmt: skip
            found = unusual_day(amounts, of, measure.format, number)
            assert found
            assert found.is_unusual
            assert found.value == pytest.approx(row["value"])
            assert found.usual == pytest.approx(row["comparison_value"])
            assert found.score == pytest.approx(row["score"], abs=1e-5)


def test_too_few_days_have_no_usual_range() -> None:
    assert unusual_day({}, None, "count") is None
    few = unusual_day(dict.fromkeys(range(1, 30), 20) | {0: 500}, None, "count")
    assert few
    assert not few.is_unusual


SETTINGS = {
    "alerts": {
        "command": ["/bin/cat"],
        "measures": [
            {"report": "R1", "above": 1},
            {"report": "R3", "above": "4 hours"},
            {"report": "R3", "measure": "avrage", "above": "4h"},
            {"report": "R33", "above": "4h"},
            {"report": "R1", "team": "Sout", "above": 3},
            {"report": "R1", "filters": {"flavour": "x"}, "above": 3},
            {"report": "R6", "goal": True},
            {"report": "A7", "unusual": True},
            {"source": "ticket", "measure": "x", "above": 3},
        ],
    }
}
COMPLAINTS = {
    1: ("above", "found '4 hours', which is not a value of average; write a line such as"),
    2: ("measure", "R3 has no 'avrage'; did you mean average?"),
    3: ("report", "there is no 'R33'"),
    4: ("team", "did you mean South?"),
    5: ("filters", "no field 'flavour'"),
    6: ("goal", "the settings have no goal for tickets of R6: add one"),
    7: ("unusual", "is a level"),
    8: ("source", "did you mean tickets?"),
}


def test_a_rehearsal_names_the_line_of_each_wrong_setting(
    last: OutputPaths, tmp_path: Path
) -> None:
    config = tmp_path / "helpdesk.yml"
    config.write_text(yaml.safe_dump(SETTINGS, sort_keys=False))
    lines = config.read_text().splitlines()
    done = run_helpdesk("alerts", "test", "--config", config, "--output", last.root, check=False)
    assert done.returncode == 2
    printed = done.stdout
    assert printed.startswith("on: Tickets created")
    for number, (key, said) in COMPLAINTS.items():
        starts = [at for at, line in enumerate(lines, 1) if line.startswith("  - ")]
        begin = starts[number + 1]
        line = next(at for at in range(begin, len(lines) + 1)
                    if re.match(rf"\s*(- )?{key}:", lines[at - 1]))  # fmt: skip
        assert f"{config}:{line}: alerts.measures[{number}].{key}: " in printed
        assert said in printed
    assert not (last.work / "measure_alerts.json").exists()


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ({"report": "R1"}, "found none: keep or add one line"),
        ({"report": "R1", "above": 1, "below": 3}, "found above and below"),
        ({"above": 1}, "needs either `report` or `source`"),
        ({"report": "R1", "above": 1, "period": "soon"}, "'soon' is not a period"),
        ({"source": "tickets", "measure": "tickets_created", "goal": True}, "needs `report`"),
        ({"report": "R1", "above": 1, "teams": "x"}, "did you mean team?"),
    ],
)
def test_a_wrong_entry_names_its_line(tmp_path: Path, alert: dict, said: str) -> None:
    config = tmp_path / "helpdesk.yml"
    config.write_text(yaml.safe_dump({"alerts": {"measures": [alert]}}, sort_keys=False))
    with pytest.raises(ConfigError) as raised:
        load_settings(config)
    assert said in str(raised.value)
    assert f"{config}: line " in str(raised.value)
    assert "alerts.measures.0" in str(raised.value)


def test_names_of_the_data_are_inert() -> None:
    assert inert("<!channel> @here [x](https://evil.example)\n\x07`*") == (
        "‹!channel› ＠here ［x］(https: //evil.example) '∗"  # noqa: RUF001
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59.6, "1 min"), (3599, "1 h"), (9000, "2 h 30 min"), (90000, "1 d 1 h"), (-60, "−1 min")],  # noqa: RUF001
)
def test_durations_are_those_of_the_pages(seconds: float, text: str) -> None:
    assert Language().duration(seconds) == text


def test_numbers_and_dates_are_those_of_the_language() -> None:
    language = Language("nb")
    assert language.value(0.8765, "percent") == "87,7 %"
    assert language.day(date(2026, 6, 29)) == "29. juni 2026"
    assert Language().value(12345, "count") == "12,345"
