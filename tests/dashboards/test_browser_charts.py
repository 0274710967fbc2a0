"""The charts of reports in a real browser: series together, heatmaps, dots, shares, histograms."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.browsing import drawn_by, period, shown
from tests.dashboards.test_charts import report_of
from tests.dashboards.truth import duration_text, measure_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def table(page: Page, desk, identifier: str, address: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the chart's table on the report's page."""
    page.goto(f"{address}/report/{report_of(desk, identifier).slug}/")
    page.locator("[data-buckets] summary").click()
    texts = page.locator("[data-buckets] table").evaluate(
        "one => [...one.rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    return texts[0], texts[1:]


def week_of(row: list[str]) -> str:
    """The first cell without the note on an unfinished week."""
    return row[0].partition("\N{MIDDLE DOT}")[0].strip()


def by_week(desk, report, column: str, where: str = "true") -> dict[str, float]:
    """The sum of a column by the Monday of its week, in the last 90 days."""
    first, last = period(desk, 90)
    return dict(
        desk.truth.connection.execute(
            f"select strftime(date_trunc('week', report_date), '%-d %b %Y'), sum({column}) "
            f"from {report.relation.sql} where report_date between '{first}' and '{last}' "
            f"and {where} group by 1"
        ).fetchall()
    )


def test_created_and_closed_are_in_one_chart_with_their_difference(page, address, desk):
    header, rows = table(page, desk, "R1", address)
    assert header == ["Starting", "Tickets created", "Tickets closed", "Net change", "Open tickets"]
    created, closed = (
        by_week(desk, report_of(desk, one), report_of(desk, one).measures[0].sum)
        for one in ("R1", "R6")
    )
    backlog, last = report_of(desk, "A7"), period(desk, 90)[1]
    level = by_week(
        desk, backlog, "open_ticket_count", f"(isodow(report_date) = 7 or report_date = '{last}')"
    )
    weeks = [week_of(row) for row in rows]
    wanted = [[created.get(week, 0), closed.get(week, 0), level.get(week, 0)] for week in weeks]
    assert len(weeks) == 14
    assert [[int(row[1]), int(row[2]), int(row[4])] for row in rows] == wanted
    for row in rows:
        assert int(row[3].replace("\N{MINUS SIGN}", "-")) == int(row[1]) - int(row[2])
    drawn = drawn_by(page, report_of(desk, "R1"))
    assert [[int(value) for value in values] for values in zip(*drawn, strict=True)] == [
        [one, two, three, one - two] for one, two, three in wanted
    ]
    label = page.locator("[data-report=R1] [data-chart]").get_attribute("aria-label")
    assert label.endswith("with Tickets closed and Net change, with Open tickets")


@pytest.mark.parametrize("identifier", ["C1", "C2"])
def test_a_heatmap_has_a_row_for_each_weekday(page, address, desk, identifier):
    report = report_of(desk, identifier)
    header, rows = table(page, desk, identifier, address)
    assert header[:2] == ["Weekday", "Hour of day"]
    first, last = period(desk, 90)
    truth = {
        (day, str(hour)): f"{count:,}"
        for day, hour, count in desk.truth.connection.execute(
            f"select strftime(report_date, '%A'), sent_hour, sum({report.measures[0].sum})::int "
            f"from {report.relation.sql} where report_date between '{first}' and '{last}' "
            "group by 1, 2"
        ).fetchall()
    }
    assert {(day, hour): count for day, hour, count in rows} == truth
    (cells,) = drawn_by(page, report)
    assert sum(value for *_, value in cells) == sum(int(count) for count in truth.values())
    assert {day for _, day, _ in cells} == set(range(7))


def test_ranked_dots_show_ten_members_and_then_all(page, address, desk):
    report = report_of(desk, "C4")
    header, rows = table(page, desk, "C4", address)
    assert header == [
        "Company", "Median", "90th percentile", "Median before", "90th percentile before", "n",
    ]  # fmt: skip
    main, (first, last) = report.measures[0], period(desk, 90)
    truth = {
        name: (duration_text(median), duration_text(p90), str(n))
        for name, median, p90, n in desk.truth.connection.execute(
            f"""select name, quantile_cont(value, 0.5), quantile_cont(value, 0.9), count(*) from (
                select company_key, unnest({main.values}) as value from {report.relation.sql}
                where report_date between '{first}' and '{last}'
            ) inner join marts.dim_companies using (company_key) group by all"""
        ).fetchall()
    }
    assert len(rows) > 10
    for name, median, p90, _, _, n in rows:
        if not name.startswith("Twin"):
            assert (median, p90, n) == truth[name]
    medians = drawn_by(page, report)[0]
    assert len(medians) == 10
    assert medians == sorted(medians)
    expect(page.locator("[data-shown]")).to_contain_text(f"Showing 10 of {len(rows)}")
    page.locator("[data-shown]").get_by_role("button", name="Show all").click()
    expect(page.locator("[data-shown]")).to_have_count(0)
    assert len(drawn_by(page, report)[0]) == len(rows)


def test_members_have_small_lines_of_their_medians(page, address, desk):
    report = report_of(desk, "C4")
    page.goto(f"{address}/report/{report.slug}/?grain=month")
    members = page.locator("[data-multiples] [data-multiple]")
    main, (first, last) = report.measures[0], period(desk, 90)
    truth = desk.truth.connection.execute(
        f"""select company_key, name, quantile_cont(value, 0.5) from (
            select company_key, date_trunc('month', report_date) as month,
                unnest({main.values}) as value
            from {report.relation.sql} where report_date between '{first}' and '{last}'
        ) inner join marts.dim_companies using (company_key)
        group by company_key, name, month order by company_key, month"""
    ).fetchall()
    expect(members).to_have_count(min(12, len({key for key, *_ in truth})))
    page.locator("[data-multiples] summary").click()
    texts = page.locator("[data-multiples] table").evaluate(
        "one => [...one.rows].slice(1).map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    wanted: dict[str, list[str]] = {}
    for _, name, median in truth:
        wanted.setdefault(name, []).append(duration_text(median))
    # A month without values is a dash. Two companies have one name.
    here = {
        name: [value for value in values if value != "\N{EN DASH}"]
        for name, *values in texts if not name.startswith("Twin")
    }  # fmt: skip
    assert len(here) > 5
    assert here == {name: wanted[name] for name in here}
    # Each point has its dates.
    assert re.match(
        r"\d+ .*2026: \d.*, n \d+$", members.first.locator("circle title").first.text_content()
    )
    members.first.get_by_role("button").click()
    expect(page.locator("[data-multiples]")).to_have_count(0)
    assert "company=" in page.url


def test_few_scores_have_the_average_of_four_weeks(page, address, desk):
    report = report_of(desk, "R9")
    header, rows = table(page, desk, "R9", address)
    place = header.index("Average of four weeks")
    main = report.measures[0]
    sums = by_week(desk, report, main.sum)
    counts = by_week(desk, report, main.denominator)
    weeks = [week_of(row) for row in rows]
    assert min(counts.values()) < 10
    for number, row in enumerate(rows):
        last = weeks[max(0, number - 3) : number + 1]
        partial = ["\N{MIDDLE DOT}" in one[0] for one in rows[max(0, number - 3) : number + 1]]
        n = sum(counts.get(week, 0) for week in last)
        is_whole = len(last) == 4 and not any(partial) and n
        value = sum(sums.get(week, 0) for week in last) / n if is_whole else None
        assert row[place] == measure_text(main, value), row[0]
    assert "Average of four weeks" in page.evaluate(
        """() => Object.values(window[Symbol.for('__evidence-chart-window-debug__')])[0]
            .getOption().series.map(one => one.name)"""
    )
    # Months have more than ten scores each.
    page.goto(
        f"{address}/report/{report.slug}/?grain=quarter&period=custom&start=2025-10-01&end=2026-03-31"
    )
    page.locator("[data-buckets] summary").click()
    expect(page.locator("[data-buckets] th").first).to_be_visible()
    expect(page.locator("[data-buckets] th", has_text="Average of four")).to_have_count(0)


def expect_cells_and_medians(page: Page, desk, address: str, days: int) -> None:
    """A heatmap and ranked dots of a chosen period and team equal SQL."""
    page.goto(f"{address}/responses/?period={days}&team=generic:t1")
    first, last = period(desk, days)
    where = f"report_date between '{first}' and '{last}' and team_key = 'generic:t1'"
    sent, agents = report_of(desk, "C1"), report_of(desk, "C3")
    (count,) = desk.truth.connection.execute(
        f"select sum({sent.measures[0].sum}) from {sent.relation.sql} where {where}"
    ).fetchone()
    medians = desk.truth.connection.execute(
        f"""select quantile_cont(value, 0.5) / 3600 from (
            select {agents.rows.column} as key, unnest({agents.measures[0].values}) as value
            from {agents.relation.sql} where {where}
        ) group by key order by 1"""
    ).fetchall()
    expect(shown(page, sent, sent.measures[0].name)).to_have_text(f"{count:,.0f}")
    (cells,) = drawn_by(page, sent)
    assert sum(value for *_, value in cells) == count
    assert drawn_by(page, agents)[0] == pytest.approx([median for (median,) in medians])


def test_cells_and_medians_follow_the_choices_in_plain_files(page, plain_address, desk):
    expect_cells_and_medians(page, desk, plain_address, 30)


def test_statuses_have_their_share_of_the_time_without_closed(page, address, desk):
    report = report_of(desk, "R4")
    header, rows = table(page, desk, "R4", address)
    assert header[:3] == ["Starting", "Status", "Share"]
    first, last = period(desk, 90)
    main = report.measures[0]
    truth = desk.truth.connection.execute(
        f"""select strftime(date_trunc('week', report_date), '%-d %b %Y'), name,
            sum({main.sum}) / sum(sum({main.sum})) over (partition by date_trunc('week', report_date))
        from {report.relation.sql} as facts inner join marts.dim_statuses using (status_key)
        where report_date between '{first}' and '{last}' and status_state <> 'closed'
        group by date_trunc('week', report_date), name"""
    ).fetchall()
    shares = {(week, name): measure_text(report_of(desk, "R2").measures[0], share)
              for week, name, share in truth}  # fmt: skip
    here = {
        (week_of(row), row[1]): row[2]
        for row in rows if not row[2].startswith("\N{EN DASH}")
    }  # fmt: skip
    assert {key: share for key, share in here.items() if share != "0%"} == {
        key: share for key, share in shares.items() if share != "0%"
    }
    assert not [row for row in rows if row[1] == "Closed"]


def test_scores_have_a_histogram_on_the_scale_of_their_survey(page, address, desk):
    page.goto(f"{address}/analyze/")
    scores = page.locator("[data-report=R9] [data-score]")
    expect(scores.first).to_be_visible()
    found = {one.get_attribute("data-score"): one.inner_text().strip() for one in scores.all()}
    report, (first, last) = report_of(desk, "R9"), period(desk, 90)
    truth = dict(
        desk.truth.connection.execute(
            f"select score::int, sum({report.measures[0].denominator})::int "
            f"from {report.relation.sql} "
            f"where report_date between '{first}' and '{last}' and score is not null group by 1"
        ).fetchall()
    )
    assert found == {str(score): str(truth.get(score, 0)) for score in range(1, 8)}


def test_a_tooltip_has_dates_the_value_before_the_median_and_n(page, address, desk):
    page.goto(f"{address}/report/r3/")
    drawn_by(page, report_of(desk, "R3"))
    canvas = page.locator("[data-chart] canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    tip = page.locator("[data-chart]").get_by_text(re.compile(r"^\d+( \w+)? to \d+ \w+ 2026$"))
    expect(tip).to_be_visible()
    expect(page.locator("[data-chart] table")).to_contain_text(
        re.compile(r"before \d.*, median \d.*, n \d+")
    )


def test_dragging_across_a_chart_chooses_its_days(page, address, desk):
    page.goto(f"{address}/report/r6/?period=custom&start=2025-12-01&end=2026-03-31&grain=month")
    report = report_of(desk, "R6")
    assert len(drawn_by(page, report)[0]) == 4
    canvas = page.locator("[data-chart] canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=4)
    page.mouse.up()
    # January and February.
    expect(page).to_have_url(re.compile("start=2026-01-01.*end=2026-02-28"))
    first, last = date(2026, 1, 1), date(2026, 2, 28)
    name = report.measures[0].name
    expect(shown(page, report, name)).to_have_text(desk.truth.texts(report, first, last)[name])
    page.go_back()
    expect(page).to_have_url(re.compile("start=2025-12-01"))


def test_a_chart_is_shared_as_a_link_and_a_picture(page, address, desk, tmp_path):
    page.goto(f"{address}/report/r1/?period=30&team=generic:t1")
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    page.locator("[data-actions]").click()
    link = page.get_by_label("Link with these choices").input_value()
    assert link.startswith(f"{address}/report/r1/?")
    assert {"period=30", "team=generic%3At1"} <= set(link.partition("?")[2].split("&"))
    for ending, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=f"Save as {ending}").click()
        # The file is named by the report, its dates and its filters.
        first, last = period(desk, 30)
        assert (
            saved.value.suggested_filename == f"R1-{first}-{last}-Front-b-line-b.{ending.lower()}"
        )
        saved.value.save_as(tmp_path / ending)
        picture = (tmp_path / ending).read_bytes()
        assert picture.startswith(begins)
        assert len(picture) > 5000
    # The letters of the chart are text in the SVG.
    assert "Tickets created" in (tmp_path / "SVG").read_text()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Link with these choices")).to_have_count(0)


def test_an_axis_has_a_year_once(page, address, desk):
    page.goto(f"{address}/report/r6/?period=custom&start=2025-12-01&end=2026-03-31&grain=month")
    drawn_by(page, report_of(desk, "R6"))
    labels = page.evaluate(
        """() => {
            const [chart] = Object.values(window[Symbol.for('__evidence-chart-window-debug__')]);
            const {data, axisLabel} = chart.getOption().xAxis[0];
            return data.map((label, place) => axisLabel.formatter(label, place));
        }"""
    )
    assert labels == ["Dec\n2025", "Jan\n2026", "Feb", "Mar"]


def test_a_list_of_a_count_has_no_column_of_ones(page, address, desk):
    for identifier, has_values in (("r1", False), ("r7", True)):
        page.goto(f"{address}/report/{identifier}/")
        expect(page.locator("[data-behind] [data-column=ticket_id]").first).to_be_visible()
        assert bool(page.locator("[data-behind] [data-column=value]").count()) == has_values
