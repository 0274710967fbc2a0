"""The whole site in a real browser: pages, home, as_of, and layout on small screens."""

import json
import re

import pytest
from playwright.sync_api import expect

from helpdesk.dashboards.site import build_site
from tests.dashboards.browsing import expect_reports, period
from tests.dashboards.conftest import GOALS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("name", ["summary", "sla", "quality"])
def test_a_page_shows_its_widgets(page, address, desk, site, name):
    page.goto(f"{address}/{name}/")
    folder = json.loads((site / "data/current.json").read_text())["folder"]
    widgets = json.loads((site / "data" / folder / f"{name}.json").read_text())["widgets"]
    assert widgets
    for widget in widgets:
        expect(page.get_by_role("heading", name=widget["title"], exact=True)).to_be_visible()


def test_a_figure_links_to_its_tickets(page, address, desk, site):
    page.goto(f"{address}/summary/")
    link = page.locator("main a[data-value][href*='/tickets/#']").first
    count = int(link.inner_text().replace(",", ""))
    link.click()
    expect(page.locator("main tbody tr")).to_have_count(min(count, 500))


def test_the_first_page_is_the_summary_and_another_links_to_the_reports(page, address, desk):
    page.goto(f"{address}/")
    expect(page.get_by_test_id("clock")).to_contain_text("31 March 2026")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Summary")
    expect(page.get_by_role("heading", name="Needs attention")).to_be_visible()
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu.locator('[aria-current="page"]')).to_have_text("Summary")
    menu.get_by_role("link", name="Reports", exact=True).click()
    expect(page).to_have_url(f"{address}/reports")
    page.locator("main").get_by_role("link", name="Analyze").first.click()
    expect_reports(page, desk, *period(desk, 90))


def test_the_clock_and_the_time_zone_are_shown(analyze):
    expect(analyze.get_by_test_id("clock")).to_have_text(
        "As of 31 March 2026, 12:00 · time zone UTC"
    )


def test_the_filters_stay_in_sight(analyze):
    analyze.mouse.move(700, 600)
    analyze.mouse.wheel(0, 500)
    analyze.wait_for_function("window.scrollY > 300")
    expect(analyze.locator('[data-filter="company"]')).to_be_in_viewport()


def test_a_tooltip_shows_names_as_text(analyze, desk):
    (report,) = [one for one in desk.definitions.reports_of("analyze") if one.series]
    card = analyze.locator(f'[data-report="{report.id}"]')
    canvas = card.locator("canvas").first
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    analyze.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tooltip = card.locator("table:not([data-members])")
    expect(tooltip).to_contain_text("<u>Waiting</u> & co")
    expect(tooltip).to_contain_text(re.compile(r"n \d+"))
    assert card.locator("u").count() == 0


@pytest.mark.parametrize(("width", "columns"), [(1440, 2), (390, 1)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_the_screen(browser, address, desk, width, columns, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/analyze/")
    cards = page.locator("[data-report]")
    expect(cards.first).to_be_visible()
    expect_reports(page, desk, *period(desk, 90))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lefts = {round(card.bounding_box()["x"]) for card in cards.all()}
    assert len(lefts) == columns
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    context.close()


def test_a_second_build_of_the_same_marts_is_skipped(desk, site):
    before = (site / "index.html").stat().st_mtime_ns
    assert not build_site(desk.marts, desk.manifest, site, goals=GOALS).is_rebuilt
    assert (site / "index.html").stat().st_mtime_ns == before


def test_the_summary_shows_every_sla_metric_as_a_bar_that_leads_to_tickets(page, address, desk):
    page.goto(f"{address}/summary/")
    groups = page.locator('[data-widget="chooser"] [data-group]')
    expect(groups).to_have_count(3)
    counted = desk.truth.connection.execute(
        "select metric, status, count(*) from marts.fct_sla_clocks where not is_excluded "
        "and status in ('overdue', 'due_soon', 'active', 'paused') group by all order by 3 desc"
    ).fetchall()
    metric, status, most = counted[0]
    running = sum(count for other, _, count in counted if other == metric)
    group = page.locator(f'[data-group="{metric.replace("_", " ").capitalize()}"]')
    expect(group).to_contain_text(f"{running:,} running")
    grows = group.locator("[data-part]").evaluate_all(
        "parts => parts.map(one => one.style.flexGrow)"
    )
    assert sum(map(int, grows)) == running
    part = group.locator(f'[data-part="{status}"]')
    expect(part).to_have_attribute("title", re.compile(f": {most}$"))
    part.click()
    expect(page.locator("[data-tickets]")).to_contain_text(f"{most}")
