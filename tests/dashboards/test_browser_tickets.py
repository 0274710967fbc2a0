"""The tickets behind the figures of the pages, where a server answers: lists, clicks, one ticket."""

import csv
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core.paths import OutputPaths
from helpdesk.dashboards.definitions import Definitions, Report
from helpdesk.explain import explain
from helpdesk.serve.server import serving
from tests.dashboards.browsing import choose, choose_period, drawn_by, period
from tests.dashboards.test_browser_charts import expect_cells_and_medians
from tests.serve.asking import ask, query

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# The middle of a bar of a report's chart, on the screen.
BAR = """([id, place]) => {
    const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
    const chart = charts.find(chart => chart.getDom().closest(`[data-report="${id}"]`));
    if (!chart) return null;
    const values = chart.getOption().series[0].data.map(point => point.value);
    const number = values.findIndex((value, at) => at >= place && value);
    const box = chart.getDom().getBoundingClientRect();
    const [x, y] = chart.convertToPixel({seriesIndex: 0}, [number, values[number] / 2]);
    return [box.x + x, box.y + y, values[number]];
}"""


@pytest.fixture(scope="module")
def address(site, desk) -> Iterator[str]:
    """The pages, with a server that answers from the marts too."""
    with serving(site, desk.marts.parent) as server:
        yield server.address


@pytest.fixture(scope="module")
def listed(address, desk) -> list[Report]:
    """The reports that count tickets."""
    names = {one["id"] for one in asked(address, "reports")["reports"] if one["has_tickets"]}
    return [report for report in desk.definitions.reports if report.id in names]


def asked(address: str, kind: str, *pairs: tuple[str, object]) -> dict:
    host, _, port = address.removeprefix("http://").partition(":")
    path = query(kind, *pairs) if pairs else f"/api/{kind}"
    answered = ask((host, int(port)), path)
    assert answered.status == 200, answered.text
    return answered.json


def counted(desk, report: Report, first: date, last: date, where: str = "true") -> int:
    """The rows that the first measure of a report counts."""
    main = report.measures[0]
    dates = f"report_date between '{first}' and '{last}'"
    if report.is_point_in_time:
        dates = f"report_date = '{last}'"
    ((found,),) = desk.truth.connection.execute(
        f"select coalesce(sum({main.denominator or main.sum}), 0) from {report.relation.sql} "
        f"where {dates} and {where}"
    ).fetchall()
    return int(found)


def total(page: Page):
    return page.locator("[data-behind] [data-total]")


def test_each_report_lists_the_tickets_that_it_counts(page, address, desk, listed):
    assert len(listed) > 15
    for report in listed:
        page.goto(f"{address}/report/{report.slug}/")
        expect(total(page)).to_have_text(f"{counted(desk, report, *period(desk, 90)):,}")


def test_a_filter_of_the_page_counts_what_the_list_counts(address, desk, listed):
    """Every report with every filter: the page by the marts, the list by the server."""
    first, last = period(desk, 90)
    tried = 0
    for report in listed:
        for item in filters_of(desk.definitions, report):
            keys = desk.truth.connection.execute(
                f"select distinct {item.column} from {report.relation.sql} order by 1 limit 3"
            ).fetchall()
            for (key,) in keys:
                text = key.replace("'", "''")
                for comparison, sign in (("is", "="), ("is_not", "<>")):
                    answer = asked(
                        address, "tickets", ("report", report.id.lower()), ("since", first),
                        ("until", last), (f"{item.field}.{comparison}", key), ("limit", 1),
                    )  # fmt: skip
                    where = f"{item.column} {sign} '{text}'"
                    wanted = counted(desk, report, first, last, where)
                    assert answer["total"] == wanted, (report.id, comparison, item.name, key)
                    tried += wanted > 0
    assert tried > 50


def filters_of(definitions: Definitions, report: Report):
    return [item for item in definitions.filters if item.name in report.filters]


def test_the_list_follows_the_choices_and_is_sorted_searched_and_saved(
    page, address, desk, tmp_path
):
    report = next(one for one in desk.definitions.reports if one.id == "R1")
    page.goto(f"{address}/report/r1/")
    team = next(item for item in desk.definitions.filters if item.name == "team")
    choose(page, team, "Back office")
    choose_period(page, "30")
    wanted = counted(desk, report, *period(desk, 30), "team_key = 'generic:t2'")
    expect(total(page)).to_have_text(f"{wanted:,}")

    page.get_by_role("button", name="Created at", exact=True).click()
    newest = desk.truth.connection.execute(
        "select ticket_id from marts.fct_tickets where team_key = 'generic:t2' "
        "and not is_excluded order by created_at desc limit 1"
    ).fetchone()[0]
    first = page.locator('[data-behind] [data-column="ticket_id"] a').first
    expect(first).to_have_text(newest)
    with page.expect_download() as saved:
        page.get_by_role("link", name=f"CSV of the tickets of {report.title}").click()
    saved.value.save_as(tmp_path / "saved.csv")
    with (tmp_path / "saved.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == wanted + 1

    page.get_by_label("Find a ticket").fill(newest)
    expect(total(page)).not_to_have_text(f"{wanted:,}")
    expect(first).to_have_text(newest)
    page.get_by_label("Find a ticket").fill("no such ticket")
    expect(total(page)).to_have_text("0")
    expect(page.locator("[data-behind]")).to_contain_text("No matches.")


def test_more_rows_are_shown(page, address, desk):
    page.goto(f"{address}/report/r1/")
    choose_period(page, "all")
    rows = page.locator("[data-behind] tbody tr")
    expect(rows).to_have_count(25)
    page.get_by_role("button", name="Show more tickets").click()
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Show more tickets").click()
    expect(rows).to_have_count(int(total(page).inner_text().replace(",", "")))


def test_a_click_on_a_bar_shows_its_days_and_their_tickets(page, address, desk):
    report = next(one for one in desk.definitions.reports if one.id == "R6")
    page.goto(f"{address}/report/r6/")
    expect(total(page)).to_be_visible()
    expect(page.locator("[data-early]")).to_have_count(0)
    x, y, value = page.wait_for_function(BAR, arg=["R6", 3]).json_value()
    page.mouse.click(x, y)
    expect(page.get_by_label("Period", exact=True)).to_have_value("custom")
    expect(total(page)).to_have_text(f"{value:,}")
    days = [page.get_by_label(label).input_value() for label in ("First day", "Last day")]
    first, last = map(date.fromisoformat, days)
    assert counted(desk, report, first, last) == value
    assert (last - first).days == 6


def test_cells_and_medians_follow_the_choices_where_a_server_answers(page, address, desk):
    expect_cells_and_medians(page, desk, address, 30)


def test_a_dot_chooses_its_member(page, address, desk):
    page.goto(f"{address}/responses/")
    report = next(one for one in desk.definitions.reports if one.id == "C4")
    drawn_by(page, report)
    x, y = page.evaluate(
        """() => {
            const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')]);
            const chart = charts.find(one => one.getDom().closest('[data-report="C4"]'));
            const median = chart.getOption().series[0].data[0].value;
            return chart.convertToPixel({seriesIndex: 0}, [median, 0]);
        }"""
    )
    page.locator('[data-report="C4"] canvas').click(position={"x": x, "y": y})
    chosen = page.locator('[data-filter="company"]').get_by_role("button")
    expect(chosen).not_to_contain_text("All")
    assert "company=" in page.url
    expect(page.locator('[data-report="C4"] [data-shown]')).to_have_count(0)


def test_a_row_of_the_chart_s_table_shows_its_days(page, address, desk):
    page.goto(f"{address}/report/r1/")
    page.get_by_text("As a table").click()
    row = page.locator("[data-buckets] tbody tr").nth(2)
    value = row.locator("td").nth(1).inner_text()
    row.get_by_role("button").press("Enter")
    expect(total(page)).to_have_text(value)


def test_a_figure_of_a_page_leads_to_its_tickets(page, address, desk):
    report = next(one for one in desk.definitions.reports if one.id == "R1")
    page.goto(f"{address}/analyze/")
    page.locator('[data-report="R1"]').get_by_title("Show the report and its tickets").click()
    expect(total(page)).to_have_text(f"{counted(desk, report, *period(desk, 90)):,}")
    expect(total(page)).to_be_in_viewport()


def test_the_page_of_a_ticket_explains_it(page, address, desk):
    page.goto(f"{address}/report/r1/")
    link = page.locator('[data-behind] [data-column="ticket_id"] a').first
    key = f"generic:{link.inner_text()}"
    link.click()
    found = explain(OutputPaths(desk.marts.parent), key)
    expect(page.get_by_role("heading", name=f"Ticket {key}")).to_be_visible()
    assert found.clocks
    for number, clock in enumerate(found.clocks):
        place = page.locator("[data-clock]").nth(number)
        expect(place.locator("[data-status]")).to_have_text(clock.status.replace("_", " "))
        seconds = place.locator("[data-working]").evaluate_all(
            "cells => cells.map(cell => Number(cell.dataset.working))"
        )
        assert sum(seconds) == clock.elapsed_seconds
    expect(page.locator("[data-timeline] li")).to_have_count(len(found.timeline))
    expect(page.locator("[data-figure]")).to_have_count(len(found.figures))


def test_an_open_page_takes_up_newer_data_by_itself(page, address):
    page.clock.install()
    page.goto(f"{address}/summary/")
    expect(page.get_by_test_id("age")).to_contain_text(" old")
    page.evaluate("window.isOld = true")
    newer = {"folder": "newer", "build": "newer"}
    page.route("**/data/current.json", lambda route: route.fulfill(json=newer), times=1)
    page.clock.run_for(61_000)
    page.wait_for_function("() => !window.isOld")
    expect(page.get_by_test_id("age")).to_contain_text(" old")
