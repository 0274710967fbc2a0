"""The page of each report in a real browser: its parts, its SQL, its CSV and its insights."""

import csv

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.browsing import period, shown
from tests.dashboards.truth import measure_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTHING = "\N{EN DASH}"


def test_each_report_has_a_page_with_its_parts_its_sql_and_its_csv(page, address, desk):
    for report in desk.definitions.reports:
        page.goto(f"{address}/report/{report.slug}/")
        for name, text in desk.truth.texts(report, *period(desk, 90)).items():
            expect(shown(page, report, name)).to_have_text(text)
        expect(page.get_by_text(report.definition, exact=True)).to_be_visible()
        expect(page.locator("[data-sql]")).to_contain_text(report.sql.strip().splitlines()[0])
        for breakdown in report.breakdowns:
            truth = desk.truth.members(report, breakdown, *period(desk, 90))
            rows = page.locator(f'[data-breakdown="{breakdown.name}"] tbody tr')
            # Two companies share a name, which the truth has once.
            expect(rows).to_have_count(min(len(truth) + ("Twin" in truth), 10))
            for row in rows.all():
                name, *cells = [cell.inner_text().strip() for cell in row.locator("td").all()]
                # Members of one name are told apart by their keys.
                if not name.startswith("Twin"):
                    texts = [
                        measure_text(measure, value)
                        for measure, value in zip(report.measures, truth[name], strict=True)
                    ]
                    assert cells == texts, (report.id, name)


def test_a_table_is_saved_as_csv_that_no_spreadsheet_runs(page, address, desk, tmp_path):
    report = next(item for item in desk.definitions.reports if item.id == "R1")
    page.goto(f"{address}/report/r1/")
    breakdown = next(item for item in report.breakdowns if item.name == "company")
    expect(page.locator('[data-breakdown="company"] tbody tr').first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name=f"CSV of {report.title} by {breakdown.label}").click()
    path = tmp_path / "saved.csv"
    saved.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [breakdown.label, *(measure.label for measure in report.measures)]
    truth = desk.truth.members(report, breakdown, *period(desk, 90))
    for name, *values in rows:
        if not name.startswith("Twin"):
            expected = truth[name] if name in truth else truth[name.removeprefix("'")]
            assert [float(value) for value in values] == list(expected)
    assert not [name for name, *_ in rows if name.startswith(("=", "+", "-", "@"))]


def test_the_table_of_members_side_by_side_has_their_medians(page, address, desk):
    (report,) = [one for one in desk.definitions.reports_of("responses") if one.id == "C5"]
    page.goto(f"{address}/report/{report.slug}/")
    page.locator("[data-buckets] summary").click()
    head = page.locator("[data-buckets] thead th")
    expect(head.first).to_have_text("First responder")
    assert any("Median" in text for text in head.all_inner_texts())
    rows = page.locator("[data-buckets] tbody tr")
    truth = desk.truth.members(report, report.axis, *period(desk, 90))
    expect(rows).to_have_count(len(truth))
    for row in rows.all():
        name, mean, median, *_ = [cell.inner_text() for cell in row.locator("td").all()]
        assert mean == measure_text(report.measures[0], truth[name][0])
        assert median != NOTHING


def sentences(desk, where: str, order: str) -> list[str]:
    found = desk.truth.connection.execute(
        f"select sentence from marts.rpt_insights where {where} order by {order}"
    )
    return [sentence for (sentence,) in found.fetchall()]


def expect_insights(page: Page, place, expected: list[str]) -> None:
    """Each sentence as it stands in the mart, with the row behind it at hand."""
    items = place.locator("[data-insight]")
    expect(items).to_have_count(len(expected))
    for item, sentence in zip(items.all(), expected, strict=True):
        expect(item).to_contain_text(sentence)
        expect(item.locator("table")).to_be_hidden()
        item.locator("summary").click()
        expect(item.locator("table")).to_be_visible()


def test_a_reports_insights_are_those_of_its_mart(page, address, desk):
    told = 0
    for report in desk.definitions.reports_of("analyze"):
        expected = sentences(desk, f"report_id = '{report.id}'", "position")
        page.goto(f"{address}/report/{report.slug}/")
        expect_insights(page, page.locator("main"), expected)
        told += len(expected)
    assert told > 5
