"""The queries of the charts that are not one line over time; without a browser."""

from datetime import date, timedelta

import pytest

from tests.dashboards.reader import everything, truth_keys

CHOICES = ({}, {"team": "generic:t1"}, {"agent": "generic:1"}, {"company.not": ["generic:plain"]})


def report_of(desk, identifier: str):
    return next(one for one in desk.definitions.reports if one.id == identifier)


def names_of(reader, report, breakdown: str) -> list[str]:
    known = reader.catalogue["reports"][report.slug]
    filters = reader.catalogue["filters"]
    return known["members"].get(breakdown) or filters[known["filter_of"][breakdown]]["names"]


def condition(desk, choice: dict) -> str:
    """The SQL of a choice of one filter."""
    for column, value in truth_keys(desk, choice).items():
        keys = ", ".join(f"'{key}'" for key in ([value] if isinstance(value, str) else value))
        return f"{column} {'in' if isinstance(value, str) else 'not in'} ({keys})"
    return "true"


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("identifier", ["C1", "C2"])
def test_the_cells_of_a_heatmap_are_counted_by_weekday_and_hour(desk, reader, identifier, choice):
    report = report_of(desk, identifier)
    (inputs,) = reader.inputs({"period": "60", **choice})
    hours, days = (names_of(reader, report, name) for name in ("sent_hour", "sent_weekday"))
    assert set(days) <= {
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    }
    here = {
        (days[row["row_id"] - 1], int(hours[row["axis_id"] - 1])): row["n"]
        for row in reader.rows(f"{report.slug}_trend", inputs)
    }
    last = desk.truth.last_day()
    truth = desk.truth.connection.execute(
        f"""select strftime(report_date, '%A'), sent_hour, sum({report.measures[0].sum})
        from {report.relation.sql} where report_date > '{last - timedelta(days=60)}'
        and report_date <= '{last}' and {condition(desk, choice)} group by 1, 2"""
    ).fetchall()
    assert truth
    assert here == {(day, hour): count for day, hour, count in truth}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("identifier", ["C3", "C4", "C5"])
def test_ranked_dots_are_the_medians_of_both_periods(desk, reader, identifier, choice):
    report = report_of(desk, identifier)
    main, last = report.measures[0], desk.truth.last_day()
    (inputs,) = reader.inputs({"period": "60", **choice})
    rows = reader.rows(f"{report.slug}_trend", inputs)
    keys = dict(
        desk.truth.connection.execute(
            f"select {report.rows.dimension.name}, {report.rows.dimension.key} "
            f"from {report.rows.dimension.relation.sql}"
        ).fetchall()
    )
    names = names_of(reader, report, report.rows.name)
    assert rows
    for row in rows:
        name = names[row["row_id"] - 1]
        # Members with the same name have their keys in brackets.
        if name not in keys or name == "Twin":
            continue
        for word, days in (("", 0), ("_before", 60)):
            end = last - timedelta(days=days)
            n, median, p90 = desk.truth.connection.execute(
                f"""select count(*), quantile_cont(value, 0.5), quantile_cont(value, 0.9) from (
                    select unnest({main.values}) as value from {report.relation.sql}
                    where {report.rows.column} = ? and {condition(desk, choice)}
                    and report_date > '{end - timedelta(days=60)}' and report_date <= '{end}'
                )""",
                [keys[name]],
            ).fetchone()
            here = [row[f"{column}{word}"] for column in ("n", "median", "p90")]
            assert here == pytest.approx([n or None, median, p90]), (report.id, name, word)
    assert {row["member_count"] for row in rows} == {len(rows)}
    assert [row["n"] for row in rows] == sorted((row["n"] for row in rows), reverse=True)


def test_the_histogram_has_the_answers_by_score_and_the_scale_of_its_surveys(desk, reader):
    ends = {"R9": [1, 7], "A6": [1, 5], "A6b": [0, 10]}
    (inputs,) = reader.inputs(everything(reader))
    for identifier, scale in ends.items():
        report = report_of(desk, identifier)
        assert reader.catalogue["reports"][report.slug]["scale"] == scale
        names = names_of(reader, report, "score")
        here = {
            float(names[row["id"] - 1]): row["n"]
            for row in reader.rows(f"{report.slug}_scores", inputs)
        }
        truth = desk.truth.connection.execute(
            f"select score, sum({report.measures[0].denominator}) from {report.relation.sql} "
            "where score is not null group by 1"
        ).fetchall()
        assert here == dict(truth)


def test_the_time_in_status_has_no_closed_statuses(desk, reader):
    names = names_of(reader, report_of(desk, "R4"), "status")
    states = dict(
        desk.truth.connection.execute(
            "select name, status_state from marts.dim_statuses"
        ).fetchall()
    )
    assert len(names) > 1
    assert "closed" in states.values()
    assert not [name for name in names if states.get(name) == "closed"]


def test_a_chart_with_other_reports_has_their_own_figures(desk, reader):
    report = report_of(desk, "R1")
    assert [(one.report.id, one.difference) for one in report.alongside] == [
        ("R6", "Net change"),
        ("A7", ""),
    ]
    for choice in CHOICES:
        (inputs,) = reader.inputs({"period": "60", "grain": "month", **choice})
        for one in report.alongside:
            slug = one.report.slug
            with_it = reader.rows(f"r1_alongside_{slug}", inputs)
            assert with_it == reader.rows(f"{slug}_trend", inputs)
            assert with_it


@pytest.mark.parametrize(
    ("chosen", "grain", "starts"),
    [
        # There is no data of a year before.
        (("2026-01-01", "2026-03-31", "year"), "month", None),
        (("2026-02-01", "2026-02-28", "previous"), "week", 28),
        (("2026-03-02", "2026-03-31", "previous"), "day", 30),
    ],
)
def test_a_bucket_is_compared_with_as_many_days_before(desk, reader, chosen, grain, starts):
    start, end, compare = chosen
    report = report_of(desk, "R3")
    choice = {"period": "custom", "start": start, "end": end, "grain": grain, "compare": compare}
    (inputs,) = reader.inputs(choice)
    rows = reader.rows("r3_trend", inputs)
    assert rows
    main = report.measures[0]
    for row in rows:
        median = desk.truth.connection.execute(
            f"""select quantile_cont(value, 0.5) from (
                select unnest({main.values}) as value from {report.relation.sql}
                where date_trunc('{grain}', report_date) = '{row["bucket"]}'
                and report_date between '{start}' and '{end}'
            )"""
        ).fetchone()[0]
        assert row["median"] == pytest.approx(median)
        if starts is None:
            assert row["before"] is None
            continue
        before = desk.truth.connection.execute(
            f"""select sum({main.sum}) / sum({main.denominator}) from {report.relation.sql}
            where date_trunc('{grain}', report_date + to_days({starts})) = '{row["bucket"]}'
            and report_date + to_days({starts}) between '{start}' and '{end}'"""
        ).fetchone()[0]
        assert row["before"] == pytest.approx(before)
    assert starts is None or any(row["before"] for row in rows)


def test_months_are_compared_with_whole_months(desk, reader):
    """31 days of March with all of February."""
    report = report_of(desk, "R1")
    (inputs,) = reader.inputs({"period": "this_month", "grain": "month"})
    (row,) = reader.rows("r1_trend", inputs)
    february = desk.truth.values(
        report, *(desk.truth.last_day().replace(month=2, day=d) for d in (1, 28))
    )
    assert row["before"] == february["tickets"]


def test_a_day_that_the_month_before_lacks_is_not_compared(desk, reader):
    """The last day of January and December have the same number; 29 to 31 March have none in February."""
    report = report_of(desk, "R1")
    choice = {"period": "this_month", "grain": "day"}
    (inputs,) = reader.inputs(choice)
    rows = reader.rows("r1_trend", inputs)
    assert len(rows) == 31
    for row in rows:
        earlier = row["bucket"].date() - timedelta(days=28)
        if earlier.month == 2:
            assert row["before"] == desk.truth.values(report, earlier, earlier)["tickets"]
        else:
            assert row["before"] is None


@pytest.mark.parametrize(
    ("grain", "ends"), [("month", ["2026-02-28"]), ("quarter", ["2025-12-31"])]
)
def test_a_level_is_compared_with_that_of_the_other_buckets_last_day(desk, reader, grain, ends):
    """The days of the months differ: 31 March, 28 February."""
    report = report_of(desk, "A7")
    (inputs,) = reader.inputs({"period": f"this_{grain}", "grain": grain})
    rows = reader.rows("a7_trend", inputs)
    days = [date.fromisoformat(end) for end in ends]
    name = report.measures[0].name
    truth = [desk.truth.values(report, day, day)[name] for day in days]
    assert all(truth)
    assert [row["before"] for row in rows] == truth
