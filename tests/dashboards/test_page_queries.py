"""Queries of pages equal the marts under every choice; without a browser."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from helpdesk.dashboards.members import breakdowns_of, same_filter
from helpdesk.dashboards.pages import shared_queries
from tests.dashboards.reader import GRAINS, everything, expect_values, truth_keys


@pytest.mark.parametrize("grain", GRAINS)
def test_page_queries_give_what_the_marts_give(desk, reader, span, grain):
    (inputs,) = reader.inputs(everything(reader, grain))
    for report in desk.definitions.reports:
        main = report.measures[0]
        truth = desk.truth.values(report, *span)
        expect_values(reader.now(report, inputs), truth, report.id)
        if not report.is_one_line:
            continue
        trend = reader.rows(f"{report.slug}_trend", inputs)
        values = [row[f"m_{main.name}"] for row in trend if row[f"m_{main.name}"]]
        buckets = [float(value) for value in desk.truth.buckets(report, *span, grain) if value]
        assert values == pytest.approx(buckets), report.id


def test_medians_are_those_of_the_single_values(desk, reader, span):
    chosen = [everything(reader)]
    for name, members in reader.catalogue["filters"].items():
        chosen += [{**chosen[0], name: key} for key in members["keys"][:3]]
        chosen.append({**chosen[0], name: members["keys"][:2]})
        chosen.append({**chosen[0], f"{name}.not": members["keys"][:1]})
    for choice, inputs in zip(chosen, reader.inputs(*chosen), strict=True):
        keys = truth_keys(desk, choice)
        for report in desk.definitions.reports:
            for measure in report.measures:
                if measure.values:
                    name = f"{report.slug}_percentiles_{measure.name}"
                    (row,) = reader.rows(name, inputs) or [{}]
                    here = (row.get("median"), row.get("p90"))
                    truth = desk.truth.percentiles(report, measure, *span, **keys)
                    assert here == pytest.approx(truth), (report.id, choice)


def test_the_period_before_is_as_long_and_ends_where_this_one_begins(desk, reader):
    last = desk.truth.last_day()
    (inputs,) = reader.inputs({"period": "30", "grain": "week"})
    for report in desk.definitions.reports:
        rows = reader.rows(f"{report.slug}_period", inputs)
        (before,) = [row for row in rows if not row["is_now"]] or [{}]
        ends = last - timedelta(days=30)
        truth = desk.truth.values(report, ends - timedelta(days=29), ends)
        expect_values(before, truth, report.id) if before else None
        assert before or not any(truth.values())


def test_series_give_what_the_marts_give(desk, reader, span):
    (inputs,) = reader.inputs(everything(reader))
    for report in desk.definitions.reports:
        for breakdown in breakdowns_of(report):
            if breakdown == report.axis:
                continue
            if breakdown != report.series:
                continue
            item = same_filter(desk.definitions, breakdown)
            names = (
                reader.catalogue["filters"][item.name]["names"]
                if item
                else reader.catalogue["reports"][report.slug]["members"][breakdown.name]
            )
            rows = reader.rows(f"{report.slug}_members", inputs)
            truth = desk.truth.members(report, breakdown, *span)
            here = {names[row["id"] - 1]: row for row in rows}
            assert len(here) == len(rows) <= (10 if breakdown.top else len(truth))
            for name, row in here.items():
                # Members with the same name have their keys in brackets.
                if not name.startswith("Twin"):
                    values = [row[measure.name] for measure in report.measures]
                    assert values == pytest.approx(list(truth[name])), (report.id, name)


def test_leaderboards_compare_all_members_with_the_period_before(desk, reader):
    """Contributions add up to the change of the headline, of counts and of averages."""
    last = desk.truth.last_day()
    (inputs,) = reader.inputs({"period": "60", "grain": "week"})
    now = (last - timedelta(days=59), last)
    before = (last - timedelta(days=119), last - timedelta(days=60))
    changed = 0
    for report in desk.definitions.reports:
        main = report.measures[0]
        total, total_before = (
            desk.truth.values(report, *days)[main.name] for days in (now, before)
        )
        for breakdown in report.breakdowns:
            rows = reader.rows(f"{report.slug}_by_{breakdown.name}", inputs)
            item = same_filter(desk.definitions, breakdown)
            names = (
                reader.catalogue["filters"][item.name]["names"]
                if item
                else reader.catalogue["reports"][report.slug]["members"][breakdown.name]
            )
            truth, truth_before = (
                desk.truth.members(report, breakdown, *days) for days in (now, before)
            )
            here = {names[row["id"] - 1]: row for row in rows}
            assert len(here) == len(rows)
            about = (report.id, breakdown.name)
            assert {name for name in here if not name.startswith("Twin")} == {
                name for name in {*truth, *truth_before} if name != "Twin"
            }, about
            for name, row in here.items():
                if not name.startswith("Twin"):
                    absent = None if main.denominator else 0
                    values = [row[measure.name] for measure in report.measures]
                    assert name not in truth or values == pytest.approx(list(truth[name])), about
                    expected = truth_before[name][0] if name in truth_before else absent
                    assert row["before"] == pytest.approx(expected), (*about, name)
            if total is None or total_before is None or not rows:
                continue
            contributions = sum(row["contribution"] or 0 for row in rows)
            assert contributions == pytest.approx(total - total_before, abs=1e-6), about
            changed += bool(contributions)
    assert changed > 10


def test_members_side_by_side_are_those_with_most(desk, reader, span):
    """The chart of a report with an axis: the members' own values, of at most 24 of them."""
    heatmaps = [report for report in desk.definitions.reports if report.axis]
    assert {report.id for report in heatmaps} == {"C1", "C2"}
    (inputs,) = reader.inputs(everything(reader))
    for report in [replace(one, chart="bar", rows=None) for one in heatmaps]:
        item = same_filter(desk.definitions, report.axis)
        names = (
            reader.catalogue["filters"][item.name]["names"]
            if item
            else reader.catalogue["reports"][report.slug]["members"][report.axis.name]
        )
        truth = desk.truth.members(report, report.axis, *span)
        here = {
            names[row["axis_id"] - 1]: row
            for row in reader.run(shared_queries(report)["trend"], inputs)
        }
        assert len(here) == min(len(truth), 24)
        for name, row in here.items():
            values = [row[f"m_{measure.name}"] for measure in report.measures]
            assert values == pytest.approx(list(truth[name])), (report.id, name)


def test_a_chart_shows_the_largest_members_and_the_others_together(desk, reader, span):
    tried = set()
    for report in desk.definitions.reports:
        if not report.series or not report.series.top:
            continue
        truth = dict(
            desk.truth.connection.execute(
                f"select {report.series.column}, sum({report.measures[0].denominator}) from "
                f"{report.relation.sql} where report_date between ? and ? group by 1",
                list(span),
            ).fetchall()
        )
        few = replace(report, series=replace(report.series, top=1))
        sql = shared_queries(few)["trend"]
        (inputs,) = reader.inputs(everything(reader, "year"))
        rows = reader.run(sql, inputs)
        drawn = {}
        for row in rows:
            drawn[row["series_id"]] = drawn.get(row["series_id"], 0) + (row["n"] or 0)
        others = drawn.pop(0, 0)
        assert list(drawn.values()) == [max(truth.values())], report.id
        assert others == sum(truth.values()) - max(truth.values()), report.id
        tried.add(bool(others))
    assert True in tried


def test_every_filter_gives_the_figures_of_the_marts(desk, reader, span):
    """One member, several, and all but some."""
    for item in desk.definitions.filters:
        keys = reader.catalogue["filters"][item.name]["keys"]
        wanted = [{item.name: key} for key in keys]
        wanted += [{item.name: keys[:2]}, {item.name: keys}]
        wanted += [{f"{item.name}.not": some} for some in (keys[:1], keys[1:], [keys[0], "nobody"])]
        expect_figures(desk, reader, span, wanted)


def expect_figures(desk, reader, span, wanted: list[dict]) -> None:
    inputs = reader.inputs(*({**everything(reader), **one} for one in wanted))
    for choice, given in zip(wanted, inputs, strict=True):
        for report in desk.definitions.reports:
            truth = desk.truth.values(report, *span, **truth_keys(desk, choice))
            row = reader.now(report, given)
            if row or any(truth.values()):
                expect_values(row, truth, (report.id, choice))


def test_several_members_of_several_filters_narrow_together(desk, reader, span):
    keys = {name: members["keys"] for name, members in reader.catalogue["filters"].items()}
    expect_figures(
        desk,
        reader,
        span,
        [
            {"agent": keys["agent"][:2], "company": keys["company"][:3]},
            {"agent": keys["agent"][:2], "company.not": keys["company"][:3]},
            {"agent.not": keys["agent"][:1], "company": keys["company"][2:5]},
            {"agent.not": keys["agent"][:1], "company.not": keys["company"][:1]},
            {
                "team": keys["team"],
                "team.not": keys["team"][:1],
                "company.not": keys["company"][:1],
            },
        ],
    )


def test_a_key_that_is_not_in_the_data_has_no_rows(desk, reader):
    (inputs,) = reader.inputs({**everything(reader), "company": "nobody"})
    assert not any(reader.now(report, inputs) for report in desk.definitions.reports)


def with_rows(desk):
    """The reports of what this desk has: no calls, nobody's availability."""
    sql = "select count(*) from {}"
    return [
        report
        for report in desk.definitions.reports
        if desk.truth.connection.execute(sql.format(report.relation.sql)).fetchone() != (0,)
    ]


def test_filters_of_too_many_files_are_rejected(desk, reader, monkeypatch):
    monkeypatch.setattr("helpdesk.dashboards.inputs.MOST_FILES", 0)
    team, company = (reader.catalogue["filters"][name]["keys"][:1] for name in ("team", "company"))
    inputs = reader.inputs({"company.not": company}, {"team.not": team})
    for report in with_rows(desk):
        large, whole = (given[report.slug] for given in inputs)
        assert large["is_too_large"] == ("company" in report.filters)
        assert not whole["is_too_large"]
        if large["is_too_large"]:
            assert reader.rows(f"{report.slug}_period", inputs[0]) == []


def test_filters_narrow_together(desk, reader, span):
    """With an owner and a company chosen, the files of either have the rows."""
    agent, company = desk.definitions.filters[0], desk.definitions.filters[4]
    for report in with_rows(desk):
        pairs = desk.truth.connection.execute(
            f"select distinct {agent.column}, {company.column} from {report.relation.sql} limit 5"
        ).fetchall()
        chosen = [{**everything(reader), "agent": a, "company": c} for a, c in pairs]
        for (a, c), inputs in zip(pairs, reader.inputs(*chosen), strict=True):
            truth = desk.truth.values(report, *span, **{agent.column: a, company.column: c})
            expect_values(reader.now(report, inputs), truth, (report.id, a, c))


def test_only_numbers_and_dates_of_a_choice_reach_sql(reader):
    hostile = "1; drop schema desk --"
    (inputs,) = reader.inputs(
        {"company": hostile, "grain": hostile, "period": "custom", "start": hostile, "end": "'"}
    )
    assert hostile not in json.dumps(inputs)
    assert inputs["grain"] in GRAINS


def test_the_unit_of_a_duration_depends_on_the_largest_value(desk, reader):
    (report,) = [
        item
        for item in desk.definitions.reports
        if item.measures[0].sum.startswith("time_to_close") and not item.series
    ]
    # After the months in which a team was slow.
    quick = {"period": "custom", "start": "2026-02-01", "end": "2026-03-31", "grain": "month"}
    slow = everything(reader, "day")
    for choices, unit, seconds in ((quick, "hours", 3600), (slow, "days", 86400)):
        (inputs,) = reader.inputs(choices)
        rows = reader.rows(f"{report.slug}_trend", inputs)
        assert {(row["unit"], row["seconds"]) for row in rows} == {(unit, seconds)}
        assert max(row[report.measures[0].name] or 0 for row in rows) >= 2


def test_buckets_without_data_are_shown_with_names_and_marked_if_unfinished(desk, reader):
    report = next(item for item in desk.definitions.reports if item.id == "R1")
    period = {"period": "custom", "start": "2026-01-01", "end": "2026-04-30"}
    for grain, names in {
        "month": ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"],
        "quarter": ["Q1 2026", "Q2 2026"],
        "year": ["2026"],
    }.items():
        (inputs,) = reader.inputs({**period, "grain": grain})
        rows = reader.rows(f"{report.slug}_trend", inputs)
        assert [row["starting"] for row in rows] == names
    (inputs,) = reader.inputs({**period, "grain": "week"})
    rows = reader.rows(f"{report.slug}_trend", inputs)
    assert rows[0]["starting"] == "29 Dec 2025"
    assert rows[-1][report.measures[0].name] == 0
    # The period begins on a Thursday.
    assert [row["is_cut"] for row in rows] == [True, *[False] * (len(rows) - 1)]
    # The build's today is 31 March, a Tuesday.
    assert next(row["starting"] for row in rows if row["is_unfinished"]) == "30 Mar 2026"


def test_a_period_without_data_gives_no_rows(desk, reader):
    (inputs,) = reader.inputs(
        {"period": "custom", "start": "1999-01-01", "end": "1999-12-31", "grain": "month"}
    )
    stocks = [report.slug for report in desk.definitions.reports if report.is_point_in_time]
    for name in reader.sqls:
        if not name.startswith(tuple(stocks)):
            assert reader.rows(name, inputs) == [], name
