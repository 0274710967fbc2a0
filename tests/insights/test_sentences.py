"""The sentences of a build: each report has a few, and each number is from its row."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.transform.manifest import ensure_manifest
from tests.dashboards.browser_code import run_in_language
from tests.working_warehouse import modelled

# Both desks take their time to build, as for the planted incidents.
pytestmark = pytest.mark.slow

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@pytest.fixture(scope="module", params=["eventful", pytest.param("quiet", marks=pytest.mark.long)])
def insights(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    paths: OutputPaths = request.getfixturevalue(request.param)
    with modelled(paths.root) as marts:
        cursor = marts.execute("select * from marts.rpt_insights order by report_id, position")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def declared_reports() -> set[str]:
    nodes = json.loads(ensure_manifest().read_text())["nodes"].values()
    reports = [node for node in nodes if "report" in node["config"].get("meta", {})]
    return {
        node["config"]["meta"]["report"]["id"]
        for node in reports
        if re.match(r"[RA]\d", node["config"]["meta"]["report"]["id"])
    }


def test_every_report_has_two_to_five_insights(insights: list[dict[str, Any]]) -> None:
    counts: dict[str, int] = {}
    for row in insights:
        counts[row["report_id"]] = counts.get(row["report_id"], 0) + 1
    assert set(counts) - {"S6"} == declared_reports(), "insight_reports.sql lists every report"
    assert all(2 <= counts[report] <= 5 for report in declared_reports())
    summary = [row["summary_position"] for row in insights if row["summary_position"]]
    assert sorted(summary) == list(range(1, len(summary) + 1))


def test_every_number_of_a_sentence_is_in_its_row(insights: list[dict[str, Any]]) -> None:
    for row in insights:
        sentence = row["sentence"]
        # Names come from the help desk and may contain any number.
        for name in (row["member_name"], row["label"]):
            sentence = sentence.replace(name, "", 1) if name else sentence
        said = set(NUMBER.findall(sentence))
        assert said <= allowed(row), (row["sentence"], said - allowed(row))


def allowed(row: dict[str, Any]) -> set[str]:
    """The numbers of a row, rounded here and not in SQL."""
    found = set()
    for name in ("value", "comparison_value", "difference", "contribution", "desk_difference"):
        if row[name] is not None:
            found |= worded(abs(row[name]), row["format"])
    for share in ("relative_difference", "share"):
        if row[share] is not None:
            found |= rounded(100 * abs(row[share]))
    for number in ("n", "oldest_days", "period_days", "score"):
        if row[number] is not None:
            found |= rounded(abs(row[number]))
    for moment in row.values():
        if isinstance(moment, date | datetime):
            found |= {str(moment.day), str(moment.year)}
    return found


def worded(value: float, kind: str) -> set[str]:
    if kind == "duration":
        minutes, hours = int(value / 60 + 0.5), int(value / 3600 + 0.5)
        parts = (int(value + 0.5), minutes, minutes // 60, minutes % 60, hours // 24, hours % 24)
        return {f"{part:,}" for part in parts}
    return rounded(100 * value) if kind in ("percent", "points") else rounded(value)


def rounded(value: float) -> set[str]:
    texts = {f"{value:,.{places}f}" for places in (0, 1, 2)}
    texts |= {f"{value + sign * 1e-7:,.{places}f}" for places in (0, 1, 2) for sign in (-1, 1)}
    # 12.0 is also written 12.
    return texts | {text.rstrip("0").rstrip(".") for text in texts if "." in text}


def test_the_pages_build_the_same_sentences(insights: list[dict[str, Any]], tmp_path: Path) -> None:
    """In English; a catalogue has the same templates in another language."""
    rows = [{name: value for name, value in row.items() if value is not None} for row in insights]
    assert {row["template"] for row in rows} >= {"level_same", "incomplete"}
    built = run_in_language(tmp_path, "insights.js", "sentenceOfRow", rows)
    assert built == [row["sentence"] for row in rows]


def test_the_file_of_insights_has_sentences_labels_and_units(
    insights: list[dict[str, Any]], tmp_path: Path
) -> None:
    rows = [{name: value for name, value in row.items() if value is not None} for row in insights]
    listed = [{"sentence": row["sentence"], "row": row} for row in rows]
    (found,) = run_in_language(tmp_path, "insights.js", "insightTable", [listed])
    header = found["header"]
    assert header[:4] == ["Sentence", "Report", "Unit", "Value"]
    # No name of a column is in it.
    assert not [label for label in header if "_" in label]
    units = {
        "duration": (1, 0, "seconds"),
        "decimal": (1, 2, ""),
        "percent": (100, 1, "%"),
        "points": (100, 1, "points"),
    }
    for row, cells in zip(rows, found["rows"], strict=True):
        factor, decimals, unit = units.get(row["format"], (1, 4, ""))
        assert cells[:3] == [row["sentence"], row["report_id"], unit]
        if "value" in row:
            wanted = pytest.approx(factor * float(row["value"]), abs=0.51 * 10**-decimals)
            assert cells[3] == wanted
            assert round(cells[3], decimals) == cells[3]
