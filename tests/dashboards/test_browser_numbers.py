"""The built pages in a real browser: every number equals SQL."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.dashboards.browsing import choose_period, drawn_by, expect_reports, period, shown
from tests.dashboards.truth import duration_text, measure_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(plain_address) -> str:
    return plain_address


def test_each_report_shows_the_number_sql_gives(analyze, desk):
    reports = desk.definitions.reports_of("analyze")
    expect(analyze.locator("[data-report]")).to_have_count(len(reports))
    assert {
        node.get_attribute("data-report") for node in analyze.locator("[data-report]").all()
    } == {report.id for report in reports}
    expect_reports(analyze, desk, *period(desk, 90))
    for report in reports:
        card = analyze.locator(f'[data-report="{report.id}"]')
        expect(card.get_by_role("heading", name=report.title)).to_be_visible()
        expect(card.get_by_text(report.question)).to_be_visible()
        expect(card.get_by_text(report.definition)).to_be_hidden()
        card.get_by_role("button", name=f"Definition: {report.title}", exact=True).click()
        expect(card.get_by_text(report.definition)).to_be_visible()


def test_a_page_shows_default_results_before_its_data(page, address, desk):
    """Default results need no database in the browser; other choices wait for it."""
    page.route("**/*.parquet", lambda route: None)
    database: list[str] = []
    page.on("request", lambda one: database.append(one.url) if "duckdb" in one.url else None)
    page.goto(f"{address}/analyze/")
    first, last = period(desk, 90)
    reports = [
        report
        for report in desk.definitions.reports_of("analyze")
        if desk.truth.has_rows(report, first, last)
    ]
    for report in reports:
        for name, text in desk.truth.texts(report, first, last).items():
            expect(shown(page, report, name)).to_have_text(text)
        expect(page.locator(f'[data-report="{report.id}"] canvas')).to_be_visible()
    drawn = {report.id: drawn_by(page, report) for report in reports}
    assert not database
    choose_period(page, "30")
    expect(page.locator("[data-measure], [data-chart]")).to_have_count(0)
    page.unroute_all()
    # The same days as an explicit choice come from the database.
    page.goto(f"{address}/analyze/?period=custom&start={first}&end={last}")
    for report in reports:
        assert drawn_by(page, report) == drawn[report.id]
    assert database


def test_the_service_page_shows_the_numbers_sql_gives(page, address, desk):
    page.goto(f"{address}/service/")
    expect_reports(page, desk, *period(desk, 90), of="service")
    choose_period(page, "30")
    expect_reports(page, desk, *period(desk, 30), of="service")


def test_medians_stand_next_to_the_means(analyze, desk):
    for report in desk.definitions.reports_of("analyze"):
        main = report.measures[0]
        if main.values and not report.series:
            median, p90 = desk.truth.percentiles(report, main, *period(desk, 90))
            card = analyze.locator(f'[data-report="{report.id}"]')
            expect(card.locator("[data-percentile=median]")).to_have_text(duration_text(median))
            expect(card.locator("[data-percentile=p90]")).to_have_text(duration_text(p90))


@pytest.mark.parametrize(
    ("preset", "now", "before", "text"),
    [
        ("30", ("2026-03-02", "2026-03-31"), ("2026-01-31", "2026-03-01"), "31 January to 1 March 2026"),
        ("last_month", ("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-01-31"), "1 to 31 January 2026"),
        ("this_week", ("2026-03-30", "2026-03-31"), ("2026-03-23", "2026-03-24"), "23 to 24 March 2026"),
    ],
)  # fmt: skip
def test_the_change_is_the_one_on_the_dates_that_are_shown(
    analyze, desk, preset, now, before, text
):
    report = next(item for item in desk.definitions.reports if item.id == "R1")
    choose_period(analyze, preset)
    expect(analyze.get_by_test_id("compared")).to_have_text(f"compared with {text}")
    value, earlier = (
        desk.truth.values(report, *map(date.fromisoformat, days))[report.measures[0].name]
        for days in (now, before)
    )
    change = 100 * (value - earlier) / earlier
    sign = (
        "\N{BLACK UP-POINTING TRIANGLE} up"
        if change > 0
        else "\N{BLACK DOWN-POINTING TRIANGLE} down"
    )
    expected = f"{sign} {round(abs(change), 1):g}% on the period before"
    if not change:
        expected = "= no change on the period before"
    expect(analyze.locator('[data-report="R1"] [data-change]')).to_have_text(expected)


def test_a_comparison_that_the_data_lacks_has_a_reason_and_no_figures(analyze, address, desk):
    compared = analyze.get_by_test_id("compared")
    analyze.get_by_label("Comparison").select_option("year")
    reason = f"not compared: the data begins on {desk.truth.first_day():%-d %B %Y}"
    expect(compared).to_have_text(reason)
    expect(analyze.locator("[data-change]")).to_have_count(0)
    expect_reports(analyze, desk, *period(desk, 90))
    assert "compare=year" in analyze.url
    # The choice is kept on the page of a report, whose tables have no columns of a comparison.
    analyze.goto(f"{address}/report/r1/")
    columns = analyze.locator('[data-breakdown="company"] thead th')
    expect(columns.first).to_be_visible()
    expect(compared).to_have_text(reason)
    assert "Before" not in columns.all_inner_texts()
    analyze.get_by_label("Comparison").select_option("previous")
    expect(columns.get_by_text("Before")).to_be_visible()
    assert "compare=" not in analyze.url


def test_saved_reports_are_on_their_page(page, address, desk):
    """The Responses page equals the marts."""
    page.goto(f"{address}/responses/")
    expect(page.locator("[data-report] canvas").first).to_be_visible()
    expect_reports(page, desk, *period(desk, 90), of="responses")


def test_a_reports_members_are_listed_with_their_numbers(analyze, desk):
    for report in [one for one in desk.definitions.reports_of("analyze") if one.series]:
        rows = analyze.locator(f'[data-report="{report.id}"] [data-members] tbody tr')
        truth = desk.truth.members(report, report.series, *period(desk, 90))
        # Both pipelines have these statuses; a reader sees each name once.
        expect(rows).to_have_count(len(truth))
        for row in rows.all():
            name, *cells = [cell.inner_text().strip() for cell in row.locator("td").all()]
            texts = [
                measure_text(measure, value)
                for measure, value in zip(report.measures, truth[name], strict=True)
            ]
            assert cells == texts
