"""Reports made in the page by clicks alone, as in HubSpot's article on help-desk activities."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.saved import REPORTS, read_report
from helpdesk.serve.server import serving
from tests.dashboards.browsing import DRAWN, PATIENCE
from tests.dashboards.truth import duration_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# From a click on Save to the tile on its dashboard.
SAVE_SECONDS = 5
PREVIEW = "preview__"


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "reports"
    folder.mkdir()
    for path in REPORTS.glob("*.yml"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def address(site, desk, own) -> Iterator[str]:
    with serving(site, desk.marts.parent, reports=own) as server:
        yield server.address


class Drawer:
    """A reader at the report builder."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.locator("[data-drawer]")

    def shown(self) -> None:
        """Wait until the chart shows the choices."""
        expect(self.page.locator("[data-builder][data-state=shown]")).to_be_visible()

    def select(self, label: str, option: str) -> None:
        self.box.get_by_role("combobox", name=label, exact=True).select_option(label=option)

    def pick(self, place: str, words: str, item: str = "") -> None:
        """Choose an item of a list by its words, such as a field for the rows of the chart."""
        box = self.place(place)
        box.get_by_role("button").first.click()
        box.get_by_role("searchbox").fill(words)
        found = box.locator(f'[data-item="{item}"]' if item else "[data-item]").first
        found.click()
        expect(box.get_by_role("searchbox")).to_have_count(0)

    def place(self, name: str) -> Locator:
        return self.box.locator(f'[data-place="{name}"]')

    def save(self, title: str, dashboard: str, new: str = "") -> None:
        self.box.get_by_label("Title", exact=True).fill(title)
        self.box.get_by_role("combobox", name="Dashboard").select_option(label=dashboard)
        if new:
            self.box.get_by_label("Name of the new dashboard").fill(new)
        self.box.get_by_role("button", name="Save as a new report").click()
        expect(self.box.locator("[data-saved], [data-save-error]")).to_contain_text("Saved.")


@pytest.fixture
def drawer(page, address) -> Drawer:
    page.goto(f"{address}/builder/")
    drawer = Drawer(page)
    drawer.shown()
    return drawer


def c1(drawer: Drawer) -> None:
    """Time of day at which agents send messages."""
    drawer.select("Source", "Help-desk messages")
    drawer.pick("measure", "messages sent", "messages_sent")
    drawer.select("Chart", "Heatmap")
    drawer.pick("axis", "hour", "sent_hour")
    drawer.pick("rows", "weekday", "sent_weekday")


def c2(drawer: Drawer) -> None:
    """Time of day at which customers send messages."""
    drawer.select("Source", "Help-desk messages")
    drawer.pick("measure", "messages received", "messages_received")
    drawer.select("Chart", "Heatmap")
    drawer.pick("axis", "hour", "sent_hour")
    drawer.pick("rows", "weekday", "sent_weekday")


def c3(drawer: Drawer) -> None:
    """Average response time by representative."""
    drawer.select("Source", "Conversations")
    drawer.pick("measure", "average response time", "average_response_time")
    drawer.pick("further", "business", "average_response_time_business")
    drawer.pick("further", "responses", "responses")
    drawer.select("Chart", "Ranked dots: median and 90th percentile")
    drawer.pick("rows", "agent", "responding_agent")
    drawer.select("Counts on", "Answered or closed")


def c4(drawer: Drawer) -> None:
    """Average wait by company."""
    drawer.select("Source", "Conversations")
    drawer.pick("measure", "average customer wait", "average_customer_wait")
    drawer.pick("further", "business", "average_customer_wait_business")
    drawer.pick("further", "ended", "waits_ended")
    drawer.select("Chart", "Ranked dots: median and 90th percentile")
    drawer.pick("rows", "company", "tickets.company")
    drawer.select("Counts on", "Answered or closed")


def c5(drawer: Drawer) -> None:
    """Representatives by time to first response."""
    drawer.select("Source", "Tickets")
    drawer.pick("measure", "first response", "average_first_response")
    drawer.pick("further", "first response business", "average_first_response_business")
    drawer.pick("further", "answered", "tickets_answered")
    drawer.select("Chart", "Ranked dots: median and 90th percentile")
    drawer.pick("rows", "first responder", "first_responder")
    drawer.select("Counts on", "First answered")


def c6(drawer: Drawer) -> None:
    """SLA performance."""
    drawer.select("Source", "SLA clocks")
    drawer.pick("measure", "compliance", "sla_compliance")
    for measure in ("sla_measured", "sla_late", "sla_overdue"):
        drawer.pick("further", measure.replace("_", " "), measure)
    drawer.pick("series", "metric", "sla_metric")
    drawer.pick("tables", "owner", "owner")
    drawer.pick("tables", "team", "team")
    drawer.pick("tables", "priority", "tickets.priority")


@pytest.mark.parametrize("make", [c1, c2, c3, c4, c5, c6])
def test_the_reports_of_the_article_are_made_by_clicks(make, drawer, page, address, own, desk):
    make(drawer)
    drawer.shown()
    identifier = make.__name__
    title = f"My {identifier}"
    began = time.monotonic()
    drawer.save(title, "A new dashboard …", f"Team {identifier}")
    name = f"my_{identifier}"
    page.goto(f"{address}/team_{identifier}/")
    tile = page.locator(f'[data-card="{name}"]')
    expect(tile.locator("canvas").first).to_be_visible()
    assert time.monotonic() - began < SAVE_SECONDS
    catalogue = load_catalogue(desk.manifest)
    mine = read_report(own / f"{name}.yml", catalogue)
    (file,) = [path for path in own.glob("*.yml")
               if yaml.safe_load(path.read_text("utf-8")).get("id") == identifier.upper()]  # fmt: skip
    theirs = read_report(file, catalogue)
    for part in ("source", "chart", "date"):
        assert getattr(mine, part) == getattr(theirs, part)
    assert [one.name for one in mine.measures] == [one.name for one in theirs.measures]
    for part in ("axis", "series", "rows"):
        fields = [one and one.field.name for one in (getattr(mine, part), getattr(theirs, part))]
        assert fields[0] == fields[1]
    drawn = f"id => {{ const drawn = ({DRAWN})(id); return drawn.flat().length ? drawn : null; }}"
    found = page.wait_for_function(drawn, arg=name, timeout=PATIENCE).json_value()
    page.goto(f"{address}/report/{identifier}/")
    wanted = page.wait_for_function(drawn, arg=identifier.upper(), timeout=PATIENCE).json_value()
    assert found == wanted


def test_every_change_is_shown_undone_and_in_the_address(drawer, page):
    figure = page.locator(f'[data-report="{PREVIEW}"] [data-measure]').first
    whole = figure.inner_text()
    drawer.pick("filter", "team", "team")
    value = drawer.box.locator("[data-value]").first
    chosen = value.get_attribute("data-value")
    value.click()
    expect(figure).not_to_have_text(whole)
    part = figure.inner_text()
    assert f'"{chosen}"' in unquote(page.url)
    page.get_by_role("button", name="Undo").click()
    expect(figure).to_have_text(whole)
    page.get_by_role("button", name="Redo").click()
    expect(figure).to_have_text(part)
    # The link alone carries the report.
    page.goto("about:blank")
    page.go_back()
    drawer.shown()
    expect(page.locator(f'[data-report="{PREVIEW}"] [data-measure]').first).to_have_text(part)


def test_back_undoes_a_change_and_closes_the_drawer(page, address):
    page.goto(f"{address}/report/r3/")
    button = page.locator("[data-customise]")
    button.click()
    drawer = Drawer(page)
    drawer.shown()
    drawer.pick("series", "priority", "priority")
    drawer.shown()
    drawer.select("Chart", "Table")
    drawer.shown()
    chart = drawer.box.get_by_role("combobox", name="Chart", exact=True)
    page.go_back()
    expect(chart).to_have_value("line")
    expect(drawer.place("series")).to_contain_text("Priority")
    page.go_forward()
    expect(chart).to_have_value("table")
    page.get_by_role("button", name="Undo").click()
    expect(chart).to_have_value("line")
    # What was undone, then the two changes, and the drawer.
    for _ in range(3):
        page.go_back()
    expect(drawer.place("series")).to_contain_text("Choose a field")
    page.go_back()
    expect(drawer.box).to_have_count(0)
    expect(button).to_be_focused()
    assert page.url.startswith(f"{address}/report/r3/")
    button.click()
    drawer.shown()
    page.get_by_role("button", name="Close").click()
    expect(button).to_be_focused()


def test_a_median_and_the_first_members_are_chosen(drawer, page, desk):
    page.get_by_label("Period", exact=True).select_option("all")
    drawer.pick("measure", "average first response", "average_first_response")
    drawer.shown()
    mean = page.locator(f'[data-report="{PREVIEW}"] [data-measure]').first.inner_text()
    drawer.select("Aggregation of Average first response", "Median")
    figure = page.locator(f'[data-report="{PREVIEW}"] [data-measure="median_first_response"]')
    expect(figure.first).to_be_visible()
    ((median,),) = desk.truth.connection.execute(
        "select median(first_response_seconds) from marts.fct_tickets where not is_excluded"
    ).fetchall()
    expect(figure.first).to_have_text(duration_text(median))
    assert figure.first.inner_text() != mean
    chart = drawer.box.get_by_role("combobox", name="Chart", exact=True)
    for name, reason in (("stacked", "cannot be stacked"), ("share", "no part of a whole")):
        option = chart.locator(f'option[value="{name}"]')
        expect(option).to_be_disabled()
        expect(option).to_contain_text(reason)
    drawer.select("Chart", "Columns or bars")
    drawer.pick("axis", "company", "company")
    drawer.select("Order", "Highest first")
    drawer.box.get_by_label("Show at most").fill("2")
    drawer.box.get_by_label("Show at most").blur()
    drawer.shown()
    page.get_by_text("As a table").click()
    rows = page.locator(f'[data-report="{PREVIEW}"] [data-buckets] tbody tr')
    expect(rows).to_have_count(3)
    expect(rows.last).to_contain_text("All others")


def test_a_measure_of_one_survey_says_so_in_words(drawer, page):
    drawer.select("Source", "Feedback")
    drawer.pick("measure", "average score", "average_score")
    message = page.locator("[data-meaningless]")
    expect(message).to_contain_text("only within one survey")
    message.get_by_role("button").click()
    drawer.shown()
    expect(drawer.place("series")).to_contain_text("Survey")


def test_either_of_two_filters_is_enough(drawer, page, desk):
    chosen = []
    for place, field in (("filter", "team"), ("or", "pipeline")):
        drawer.pick(place, field, field)
        value = drawer.box.locator(f'[data-filter-row="{field}"] [data-value]').first
        chosen.append(value.get_attribute("data-value"))
        value.click()
    page.get_by_label("Period", exact=True).select_option("all")
    ((wanted,),) = desk.truth.connection.execute(
        "select count(*) from marts.fct_tickets where not is_excluded "
        "and (team_key = ? or pipeline_key = ?)",
        chosen,
    ).fetchall()
    figure = page.locator(f'[data-report="{PREVIEW}"] [data-measure]').first
    expect(figure).to_have_text(f"{wanted:,}")


def test_a_chart_says_what_it_needs_and_keeps_what_it_can(drawer, page):
    drawer.select("Chart", "Stacked columns")
    expect(page.locator("[data-missing]")).to_contain_text("Split by")
    drawer.pick("series", "priority", "priority")
    drawer.shown()
    for chart in ("Shares of 100%", "Areas", "Lines", "Table", "A single figure"):
        drawer.select("Chart", chart)
        drawer.shown()
    expect(page.locator(f'[data-report="{PREVIEW}"] [data-measure]').first).to_be_visible()
    drawer.select("Chart", "Pivot table")
    drawer.pick("axis", "channel", "channel")
    drawer.pick("rows", "priority", "priority")
    expect(page.locator("[data-pivot] tbody tr").first).to_be_visible()


def test_a_field_that_gives_way_is_named_and_can_come_back(drawer, page):
    drawer.select("Chart", "Columns or bars")
    drawer.pick("axis", "channel", "channel")
    drawer.shown()
    drawer.pick("series", "priority", "priority")
    drawer.shown()
    note = page.locator("[data-displaced]")
    expect(note).to_contain_text("Channel was taken out of “Across, in place of time”")
    expect(drawer.place("axis")).to_contain_text("Choose a field")
    page.get_by_role("button", name="Undo").click()
    expect(note).to_have_count(0)
    expect(drawer.place("axis")).to_contain_text("Channel")


def test_everything_works_by_the_keyboard(drawer, page):
    drawer.place("series").get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("priority")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawer.shown()
    expect(drawer.place("series").get_by_role("button")).to_be_focused()
    expect(drawer.place("series")).to_contain_text("Priority")
    page.keyboard.press("Control+z")
    expect(drawer.place("series")).to_contain_text("Choose a field")


def test_a_field_can_be_dragged(drawer, page):
    drawer.box.get_by_text("All fields of tickets").click()
    item = drawer.box.locator('[data-fields="field"] li:has([data-item="priority"])')
    grip = item.locator("[data-grip]").first
    grip.hover()
    at = grip.bounding_box()
    page.mouse.down()
    # The target is out of sight: the page scrolls once the item is on its way.
    page.mouse.move(at["x"] + 40, at["y"] - 20, steps=5)
    for _ in range(2):
        drawer.place("series").get_by_role("button").first.hover()
    page.mouse.up()
    expect(drawer.place("series")).to_contain_text("Priority")
    drawer.shown()


def test_it_waits_where_it_shall_not_follow(drawer, page):
    page.get_by_label("Update as I change").uncheck()
    figure = page.locator(f'[data-report="{PREVIEW}"] [data-measure]').first
    before = figure.get_attribute("data-measure")
    drawer.pick("measure", "closed", "tickets_closed")
    expect(page.locator("[data-builder][data-state=stale]")).to_be_visible()
    assert figure.get_attribute("data-measure") == before
    page.get_by_role("button", name="Update", exact=True).click()
    expect(figure).to_have_attribute("data-measure", "tickets_closed")


def test_a_prebuilt_report_is_customised_in_its_page(page, address, own):
    page.goto(f"{address}/report/r3/")
    page.locator("[data-customise]").click()
    drawer = Drawer(page)
    drawer.shown()
    drawer.pick("filter", "team", "team")
    drawer.box.locator("[data-value]").first.click()
    drawer.shown()
    page.get_by_role("button", name="Show YAML").click()
    declared = yaml.safe_load(page.locator("[data-yaml]").inner_text())
    assert declared["measures"][0] == {
        "measure": "average_first_response", "name": "average", "label": "Average"
    } or declared["measures"][0]  # fmt: skip
    drawer.save("First response of some", "No dashboard")
    saved = yaml.safe_load((own / "first_response_of_some.yml").read_text("utf-8"))
    assert saved["filters"] == declared["filters"]
    assert "id" not in saved
    page.locator("[data-saved] a").first.click()
    expect(page.locator("[data-live]")).to_be_visible()
    expect(page.locator("[data-breakdown]").first).to_be_visible()


def test_a_second_writer_can_compare(browser, address, own):
    # The console of a browser names an answer that is a conflict.
    with closing(browser.new_context()) as context:
        drawer = Drawer(context.new_page())
        drawer.page.goto(f"{address}/builder/")
        drawer.shown()
        compare_and_replace(drawer, own)


def compare_and_replace(drawer: Drawer, own: Path) -> None:
    drawer.save("Ours", "No dashboard")
    path = own / "ours.yml"
    path.write_text(path.read_text("utf-8") + "question: Mine?\n", "utf-8")
    drawer.box.get_by_label("Title", exact=True).fill("Ours, too")
    drawer.box.get_by_role("button", name="Save", exact=True).click()
    expect(drawer.box.locator("[data-save-error]")).to_contain_text("somebody else has saved it")
    expect(drawer.box.locator("[data-conflict]")).to_contain_text("question: Mine?")
    drawer.box.get_by_role("button", name="Replace it by mine").click()
    expect(drawer.box.locator("[data-saved]")).to_be_visible()
    assert yaml.safe_load(path.read_text("utf-8"))["title"] == "Ours, too"


def test_a_dashboard_is_arranged_renamed_and_deleted(drawer, page, address, own, desk):
    drawer.save("On a board", "A new dashboard …", "Board")
    ((team, name),) = desk.truth.connection.execute(
        "select team_key, name from marts.dim_teams where team_key <> 'unknown' order by 1 limit 1"
    ).fetchall()
    page.goto(f"{address}/board/?team={quote(team)}")
    box = page.locator("[data-arrange]")
    box.get_by_role("button", name="Arrange this dashboard").click()
    box.get_by_label("Add a report").select_option(label="First response time")
    box.get_by_role("button", name="Move First response time up").click()
    box.locator('[data-card="r3"]').get_by_role("button", name="Full width").click()
    box.get_by_label("Title").fill("Board of ours")
    box.get_by_label("First period").select_option("30")
    box.get_by_role("button", name="Take the filters that are set now").click()
    expect(box.locator("[data-first-filters]")).to_contain_text(f"Team: {name}")
    box.get_by_role("button", name="Save the dashboard").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Board of ours")
    cards = page.locator("section[data-card]")
    expect(cards).to_have_count(2)
    expect(cards.first).to_have_attribute("data-card", "r3")
    page.goto(f"{address}/board/")
    expect(page.get_by_label("Period", exact=True)).to_have_value("30")
    page.wait_for_url(re.compile(f"team={quote(team, safe='')}"))
    # Its period and filters are for this dashboard, and for the reports to which its cards lead.
    page.evaluate("sessionStorage.clear()")
    page.goto(f"{address}/board/")
    page.wait_for_url(re.compile(f"team={quote(team, safe='')}"))
    view = cards.first.get_by_role("link", name="View")
    expect(view).to_have_attribute("href", re.compile(f"period=30.*team={quote(team, safe='')}"))
    page.goto(f"{address}/analyze/")
    expect(page.get_by_label("Period", exact=True)).not_to_have_value("30")
    assert "team=" not in page.url
    page.goto(f"{address}/board/")
    page.wait_for_url(re.compile(f"team={quote(team, safe='')}"))
    box.get_by_role("button", name="Arrange this dashboard").click()
    box.get_by_role("button", name="Delete the dashboard …").click()
    box.get_by_role("button", name="Delete it").click()
    page.wait_for_url(re.compile(r"/$"))
    assert "page: none" in (own / "on_a_board.yml").read_text("utf-8")


def test_a_title_in_another_language_is_not_saved(browser, address, own):
    context = browser.new_context()
    context.add_init_script("localStorage.setItem('desk.language', 'nb')")
    with closing(context):
        page = context.new_page()
        page.goto(f"{address}/analyze/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Analyse")
        box = page.locator("[data-arrange]")
        box.get_by_role("button", name="Ordne dette dashbordet").click()
        expect(box.get_by_label("Tittel")).to_have_value("Analyse")
        box.locator('[data-card="r1"]').get_by_role("button", name="Full bredde").click()
        box.get_by_role("button", name="Lagre dashbordet").click()
        expect(box.get_by_label("Tittel")).to_have_count(0)
    saved = yaml.safe_load((own / "dashboards/analyze.yml").read_text("utf-8"))
    assert saved["title"] == "Analyze"


def test_plain_files_give_the_yaml_and_a_link(site, browser):
    with serving(site) as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{server.address}/builder/")
        expect(page.locator("[data-plain]")).to_be_visible()
        drawer = Drawer(page)
        drawer.pick("series", "priority", "priority")
        declared = yaml.safe_load(page.locator("[data-yaml]").inner_text())
        assert declared["series"] == "priority"
        assert "priority" in unquote(page.url)
        expect(page.locator("[data-save]")).to_have_count(0)
        context.close()
