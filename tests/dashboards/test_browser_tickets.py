"""The tickets behind the figures of the pages, where a server answers: lists, clicks, one ticket."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from helpdesk.core.paths import OutputPaths
from helpdesk.dashboards.definitions import Definitions, Report
from helpdesk.dashboards.widgets.desk import words
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
# Above the bar of the third bucket with a value, where nothing is drawn: its place, value and name.
ABOVE = """(id) => {
    const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
    const chart = charts.find(chart => chart.getDom().closest(`[data-report="${id}"]`));
    if (!chart) return null;
    const values = chart.getOption().series[0].data.map(point => point.value);
    const number = values.findIndex((value, at) => at >= 3 && value && value < 0.8 * Math.max(...values));
    const box = chart.getDom().getBoundingClientRect();
    const [x, y] = chart.convertToPixel({seriesIndex: 0}, [number, 0.99 * Math.max(...values)]);
    return [box.x + x, box.y + y, values[number]];
}"""
# The middle of a part of a stack, by the name of its series: its place on the screen and its value.
PART = """([id, name]) => {
    const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
    const chart = charts.find(chart => chart.getDom().closest(`[data-report="${id}"]`));
    if (!chart) return null;
    const series = chart.getOption().series;
    const index = series.findIndex(one => one.name === name);
    const stack = series.filter((one, at) => one.stack === series[index].stack && at < index);
    const valuesOf = one => one.data.map(point => point.value ?? 0);
    const values = valuesOf(series[index]);
    // The largest part can be hit.
    const number = values.indexOf(Math.max(...values));
    const below = stack.reduce((sum, one) => sum + valuesOf(one)[number], 0);
    const box = chart.getDom().getBoundingClientRect();
    const [x, y] = chart.convertToPixel({seriesIndex: index}, [number, below + values[number] / 2]);
    return [box.x + x, box.y + y, values[number]];
}"""
# The cell of a heatmap with the largest value: its place on the screen, and its value.
CELL = """(id) => {
    const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
    const chart = charts.find(chart => chart.getDom().closest(`[data-report="${id}"]`));
    if (!chart) return null;
    const cells = chart.getOption().series[0].data.map(cell => cell.value);
    const [x, y, value] = cells.reduce((one, other) => (other[2] > one[2] ? other : one));
    const box = chart.getDom().getBoundingClientRect();
    const [left, top] = chart.convertToPixel({seriesIndex: 0}, [x, y]);
    return [box.x + left, box.y + top, value];
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
    return page.locator("[data-total]")


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


def test_a_click_anywhere_in_the_column_of_a_bucket_chooses_it(page, address):
    page.goto(f"{address}/report/r1/")
    expect(total(page)).to_be_visible()
    x, y, value = page.wait_for_function(ABOVE, arg="R1").json_value()
    page.mouse.click(x, y)
    expect(page.get_by_label("Period", exact=True)).to_have_value("custom")
    expect(total(page)).to_have_text(f"{value:,}")


@pytest.mark.parametrize("identifier", ["R2", "R5", "R8"])
def test_a_part_of_a_stack_leads_to_its_tickets(page, address, desk, identifier):
    report = next(one for one in desk.definitions.reports if one.id == identifier)
    measure = next(one for one in report.measures if one.name == "on_time")
    page.goto(f"{address}/report/{report.slug}/")
    expect(total(page)).to_be_visible()
    x, y, value = page.wait_for_function(PART, arg=[identifier, measure.label]).json_value()
    page.mouse.click(x, y)
    expect(page.locator("[data-cell]")).to_contain_text(measure.label)
    expect(total(page)).to_have_text(f"{value:,}")
    page.locator("[data-cell]").click()
    expect(page.locator("[data-cell]")).to_have_count(0)


@pytest.mark.parametrize("identifier", ["C1", "C2"])
def test_a_cell_of_a_heatmap_leads_to_its_rows(page, address, identifier):
    """On the page of the report, and from the page that it is on with others."""
    for place in (f"report/{identifier.lower()}", "responses"):
        page.goto(f"{address}/{place}/")
        chart = page.locator(f'[data-report="{identifier}"] [data-chart] canvas').first
        chart.scroll_into_view_if_needed()
        x, y, value = page.wait_for_function(CELL, arg=identifier).json_value()
        page.mouse.click(x, y)
        expect(page).to_have_url(re.compile(f"/report/{identifier.lower()}/"))
        expect(page.locator("[data-cell]")).to_contain_text("day, hour of day")
        expect(total(page)).to_have_text(f"{value:,}")


def test_a_row_of_a_leaderboard_leads_to_its_tickets(page, address):
    page.goto(f"{address}/report/r1/")
    row = page.locator('[data-breakdown="agent"] tbody tr').first
    value = row.locator("[data-column]").first.inner_text()
    row.get_by_role("button").click()
    expect(total(page)).to_have_text(value)


def figures_of(site) -> Iterator[tuple[str, int]]:
    """The list of each figure of the Summary and the SLA page, and the number that it counts."""
    data = site / "data"
    folder = data / json.loads((data / "current.json").read_text())["folder"]
    for name in ("summary", "sla"):
        for widget in json.loads((folder / f"{name}.json").read_text())["widgets"]:
            cells = [one for group in widget.get("groups", []) for one in group["figures"]]
            cells += [cell for row in widget.get("table", {"rows": []})["rows"] for cell in row]
            for cell in cells:
                if isinstance(cell, dict) and cell.get("tickets"):
                    is_share = widget["kind"] == "targets" and "of" in cell
                    counted = cell["of"] if is_share else cell.get("n")
                    yield cell["tickets"], cell["value"] if counted is None else counted


def test_each_figure_of_the_summary_and_the_sla_page_has_as_many_rows(address, site):
    found = list(figures_of(site))
    assert len(found) > 25
    for name, counted in found:
        answer = asked(address, "tickets", ("list", name), ("limit", 1000))
        assert answer["total"] == len(answer["rows"]) == counted, name


def test_a_list_of_a_figure_is_of_the_chosen_teams(address, site):
    for name, counted in figures_of(site):
        if name.startswith("owned"):
            continue
        pairs = (("list", name), ("limit", 1))
        teams = ("generic:t1", "generic:t2", "unknown")
        totals = [asked(address, "tickets", *pairs, ("team", team))["total"] for team in teams]
        assert sum(totals) == counted
        without = asked(address, "tickets", *pairs, *(("team.not", team) for team in teams[:2]))
        assert without["total"] == totals[-1]


def test_the_targets_lead_to_their_clocks(page, address):
    page.goto(f"{address}/sla/")
    links = page.locator("[data-widget=targets] tbody a")
    expect(links.first).to_be_visible()
    number = links.count()
    assert number > 5
    for place in range(number):
        text = links.nth(place).inner_text()
        n = links.nth(place).locator("xpath=..").inner_text().partition("of ")[2]
        links.nth(place).click()
        expect(total(page)).to_have_text(n or text)
        page.go_back()
        expect(links).to_have_count(number)


def test_a_list_of_a_figure_is_sorted_searched_and_saved(page, address, tmp_path):
    page.goto(f"{address}/tickets/#tickets_open")
    first = page.locator("[data-tickets] [data-column]").first
    expect(first).to_have_attribute("data-column", "value")
    headings = page.locator("[data-tickets] th")
    expect(headings.first).to_have_text("Age")
    for label in ("Status", "Owner", "Team"):
        expect(headings.filter(has_text=label)).to_have_count(1)
    counted = int(total(page).inner_text().replace(",", ""))
    page.get_by_role("button", name="Ticket", exact=True).click()
    ids = page.locator("[data-tickets] [data-column=ticket_id]")
    expect(headings.nth(1)).to_have_attribute("aria-sort", "descending")
    wanted = ids.nth(1).inner_text().strip()
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV of the tickets of Open now").click()
    assert saved.value.suggested_filename == "tickets-tickets_open.csv"
    saved.value.save_as(tmp_path / "saved.csv")
    with (tmp_path / "saved.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:2] == ["Age (s)", "Ticket"]
    assert len(rows) == counted
    page.get_by_label("Find a ticket").fill(wanted)
    expect(ids.first).to_contain_text(wanted)
    expect(total(page)).not_to_have_text(f"{counted:,}")


@pytest.mark.parametrize(
    ("pairs", "complaint"),
    [
        ((("list", "no_such"),), "no figure of this build has such a list"),
        ((("list", "tickets_open-x"),), "no figure of this build has such a list"),
        ((("list", "tickets_open"), ("since", "2026-01-01")), "a list has the parameters"),
        ((("list", "tickets_open"), ("sort", "colour")), "is not a column"),
    ],
)
def test_a_list_that_does_not_exist_is_named(address, pairs, complaint):
    host, _, port = address.removeprefix("http://").partition(":")
    answered = ask((host, int(port)), query("tickets", *pairs))
    assert answered.status in (400, 404)
    assert complaint in answered.json["error"]


def test_a_filter_that_a_page_does_not_have_is_dropped_from_its_address(page, address):
    page.goto(f"{address}/summary/?company=generic:c1&team=generic:t1&grain=day&wall=")
    expect(page).to_have_url(re.compile(r"/summary/\?team=generic%3At1&wall=$"))
    page.goto(f"{address}/report/r1/?nonsense=1&team=generic:t1")
    expect(page).not_to_have_url(re.compile("nonsense"))
    expect(page).to_have_url(re.compile("team=generic"))


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
    expect(
        page.get_by_role("heading", name=f"Ticket {key.removeprefix('generic:')}")
    ).to_be_visible()
    assert found.clocks
    for number, clock in enumerate(found.clocks):
        place = page.locator("[data-clock]").nth(number)
        expect(place.locator("[data-status]")).to_have_text(words(clock.status))
        expect(place.locator("summary").first).to_contain_text(words(clock.metric))
        seconds = place.locator("[data-working]").evaluate_all(
            "cells => cells.map(cell => Number(cell.dataset.working))"
        )
        assert sum(seconds) == clock.elapsed_seconds
    expect(page.locator("[data-timeline] li")).to_have_count(len(found.timeline))
    expect(page.locator("[data-figure]")).to_have_count(len(found.figures))
    # Back to the list, also after a reload.
    page.reload()
    page.get_by_role("link", name="Back to the list").click()
    expect(total(page)).to_be_in_viewport()


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
