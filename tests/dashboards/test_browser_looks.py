"""The pages for every reader: screen readers, keyboard, phones, paper and a screen on a wall."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from helpdesk.serve.server import serving
from tests.dashboards.browsing import PATIENCE, choose, choose_period, mostly_long, shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = [
    "", "summary/", "reports/", "summary/?wall", "analyze/", "service/", "responses/", "sla/", "quality/",
    "report/r1/", "report/r4/", "report/c2/", "report/c3/", "ticket/?ticket=generic:1'\"",
    "people/", "calls/", "report/calls/", "availability/", "report/availability/", "summary/#availability",
    "builder/", "report/r1/#build=", "ticket/",
    "tickets/#tickets_open", "no-such-page/", "summary/?team=generic:t1",
    "summary/?team=generic:t1&wall", "sla/?team.not=generic:t1", "tickets/?team=generic:t1#tickets_open",
]  # fmt: skip
WIDE = mostly_long(PAGES, also_short={
    "summary/", "analyze/", "sla/", "report/r4/", "report/c3/", "ticket/?ticket=generic:1'\"",
    "report/availability/", "report/r1/#build=", "tickets/#tickets_open", "summary/?team=generic:t1&wall",
})  # fmt: skip
NARROW = mostly_long(PAGES, also_short={
    "", "summary/", "analyze/", "quality/", "report/r1/", "ticket/?ticket=generic:1'\"", "people/",
    "builder/", "tickets/?team=generic:t1#tickets_open", "sla/?team.not=generic:t1",
})  # fmt: skip
MOST_BYTES = 1_500_000
# The sum of all shifts of what a reader sees, in parts of the screen that moved.
MOST_SHIFT = 0.02
SHIFTS = """() => {
    window.shifts = [];
    const take = (list) => list.getEntries().filter((one) => !one.hadRecentInput).forEach((one) => {
        const moved = one.sources.map(({ node, previousRect, currentRect }) =>
            `${node?.nodeName} ${node?.textContent?.trim().slice(0, 40)} ${previousRect.y} -> ${currentRect.y}`);
        window.shifts.push([one.value, moved]);
    });
    new PerformanceObserver(take).observe({ type: 'layout-shift', buffered: true });
}"""
# Colors have changed with the scheme, without those in between.
FADED = """() => document.getAnimations().every((one) =>
    one.playState !== 'running' || one.effect.getComputedTiming().endTime === Infinity)"""
# What a thumb has to meet.
CONTROLS = ":is(button, select, input:not([type=radio]), summary):visible"


@pytest.fixture(scope="module")
def address(site, desk) -> Iterator[str]:
    """The pages, with a server that answers from the marts too."""
    with serving(site, desk.marts.parent) as server:
        yield server.address


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def visit(page: Page, address: str, path: str) -> None:
    page.goto(urljoin(f"{address}/", path))
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1").first).not_to_have_text("")
    # A page is examined with its data.
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_function("() => document.fonts.status === 'loaded'")


def faults(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]


def examine(page: Page, scheme: str, width: int) -> None:
    """The page in one scheme: free of the faults that axe knows, and no wider than the screen."""
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    page.wait_for_function(FADED)
    assert faults(page) == [], scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width, scheme


def expect_stillness(page: Page) -> None:
    page.wait_for_timeout(300)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < MOST_SHIFT, shifts


def expect_columns_and_controls(phone: Page, path: str) -> None:
    assert phone.locator("main table:visible").evaluate_all(
        "tables => tables.every(one => one.closest('[data-scroll], [data-insights]'))"
    )
    for box in phone.locator("[data-scroll]:visible").all():
        if box.get_attribute("data-scroll") == "end":
            continue
        expect(box).to_have_attribute("tabindex", "0")
        start = box.bounding_box()["x"]
        box.focus()
        box.press("ArrowRight")
        phone.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
        box.evaluate("box => box.scrollTo({ left: box.scrollWidth, behavior: 'instant' })")
        expect(box).to_have_attribute("data-scroll", "end")
        row = box.locator("tr").first
        first, last = row.locator("th").first.bounding_box(), row.locator("th").last.bounding_box()
        assert first["x"] == pytest.approx(start, abs=1)
        assert first["x"] + first["width"] <= 390
        assert last["x"] + last["width"] <= start + box.bounding_box()["width"] + 1
    for place, least in ((f"main {CONTROLS}", 24), (f'[data-testid="filters"] {CONTROLS}', 44)):
        small = phone.locator(place).evaluate_all(
            f"all => all.filter(one => one.offsetHeight < {least}).map(one => one.outerHTML)"
        )
        assert small == [], path


@pytest.mark.parametrize("path", WIDE)
def test_a_page_does_not_move_while_it_loads_and_has_no_fault_that_axe_knows(
    browser, address, path
):
    """On a wide screen. A page loads once, for it takes longer than to look at it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.add_init_script(f"({SHIFTS})()")
    page = context.new_page()
    visit(page, address, path)
    expect_stillness(page)
    for scheme in ("light", "dark"):
        examine(page, scheme, 1440)
    context.close()


@pytest.mark.parametrize("path", NARROW)
def test_a_page_does_neither_on_a_phone_which_shows_every_column_and_control(phone, address, path):
    """Here it loads in the dark."""
    phone.emulate_media(color_scheme="dark")
    phone.add_init_script(f"({SHIFTS})()")
    visit(phone, address, path)
    expect_stillness(phone)
    for scheme in ("dark", "light"):
        examine(phone, scheme, 390)
    if path not in ("ticket/", "no-such-page/"):
        expect_columns_and_controls(phone, path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_on_a_page_is_free_of_faults_too(phone, address, scheme):
    phone.emulate_media(color_scheme=scheme)
    visit(phone, address, "analyze/")
    phone.locator("aside").get_by_role("button", name="Menu").click()
    menu = phone.get_by_role("navigation", name="Pages")
    expect(menu).to_be_visible()
    assert faults(phone) == []
    phone.locator("aside").get_by_role("button", name="Menu").click()
    expect(menu).to_be_hidden()

    phone.get_by_role("button", name="Filters").click()
    phone.locator('[data-filter="company"] button').click()
    assert faults(phone) == []
    phone.keyboard.press("Escape")
    phone.locator("[data-views] button").click()
    phone.get_by_label("Name of this view").fill("Mine")
    phone.keyboard.press("Enter")
    assert faults(phone) == []
    phone.keyboard.press("Escape")

    visit(phone, address, "summary/")
    phone.locator('[data-filter="team"] button').click()
    assert faults(phone) == []
    phone.keyboard.press("Escape")

    visit(phone, address, "report/r4/")
    for summary in phone.locator("main details > summary").all():
        # One of these is inside another, which had to be opened first.
        if summary.is_visible():
            summary.click()
    assert faults(phone) == []


def test_a_reader_with_a_keyboard_skips_the_menu_and_sees_the_focus(page, address):
    visit(page, address, "tickets/#tickets_open")
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    # The list that the fragment names is still shown.
    assert page.url.endswith("#tickets_open")
    page.keyboard.press("Tab")
    focused = page.locator("main :focus")
    expect(focused).to_have_count(1)
    assert focused.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_the_menu_opens_at_the_page_and_finds_reports_by_name(page, address, desk):
    visit(page, address, "summary/")
    menu = page.get_by_role("navigation", name="Pages")
    is_open = menu.locator('[aria-current="page"]')
    expect(is_open).to_have_text("Summary")
    # Groups are folded until one of their pages is open.
    expect(menu.get_by_role("link", name="Tickets created")).to_be_hidden()
    menu.get_by_text("Analyze", exact=True).click()
    menu.get_by_role("link", name="Tickets created").click()
    expect(page.locator('[data-report="R1"]')).to_be_visible()
    expect(is_open).to_have_text("Tickets created")

    menu.get_by_role("searchbox").fill("time CLOSE")
    listed = [one.title for one in desk.definitions.reports]
    wanted = [one for one in listed if "time" in one.lower() and "close" in one.lower()]
    links = menu.get_by_role("link", name=re.compile("lose"))
    expect(links).to_have_text(wanted)
    expect(links.first).to_be_visible()
    menu.get_by_role("searchbox").fill("nothing like it")
    expect(menu).to_contain_text("No matches")


def test_the_menu_of_a_phone_is_folded(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, address, "analyze/")
    menu = page.get_by_role("navigation", name="Pages", include_hidden=True)
    expect(menu).to_be_hidden()
    page.locator("aside").get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Time to close SLA").click()
    expect(page.locator('[data-report="R8"]')).to_be_visible()
    expect(menu).to_be_hidden()


def test_a_chart_has_its_values_as_a_table(page, address, desk):
    """On a page with other reports too: a screen reader has nothing else of a chart."""
    report = next(one for one in desk.definitions.reports if one.id == "R1")
    visit(page, address, "analyze/")
    card = page.locator('[data-report="R1"]')
    expect(card.locator("[data-chart]")).to_have_role("img")
    card.get_by_text("As a table").press("Enter")
    cells = card.locator("[data-buckets] tbody td:nth-child(2)")
    expect(cells).to_have_count(14)
    values = [int(text.replace(",", "")) for text in cells.all_inner_texts()]
    total = shown(page, report, report.measures[0].name).inner_text()
    assert f"{sum(values):,}" == total
    # What the chart adds is in the table too: other reports, and shares.
    expect(card.locator("[data-buckets] thead th")).to_have_text(
        ["Starting", "Tickets created", "Tickets closed", "Net change", "Open tickets"]
    )
    card = page.locator('[data-report="R4"]')
    card.get_by_text("As a table").press("Enter")
    columns = card.locator("[data-buckets] thead th")
    expect(columns).to_contain_text(["Share"])
    place = columns.all_inner_texts().index("Share") + 1
    expect(card.locator(f"[data-buckets] tbody td:nth-child({place})").first).to_contain_text("%")
    expect(card.locator("[data-buckets]")).not_to_contain_text("Closed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_whole_charts_and_tables_and_names_the_choices(page, address, desk, scheme):
    page.emulate_media(color_scheme=scheme)
    visit(page, address, "report/r1/")
    choose(page, next(one for one in desk.definitions.filters if one.name == "team"), "Back office")
    choose_period(page, "30")
    companies = page.locator('[data-breakdown="company"] tbody tr')
    expect(companies).to_have_count(10)
    page.emulate_media(media="print", color_scheme=scheme)

    paper = page.locator("[data-on-paper]")
    expect(paper).to_contain_text("2 to 31 March 2026, compared with 31 January to 1 March 2026")
    expect(paper).to_contain_text("Only Team: Back office.")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("main :is(select, input, summary):visible")).to_have_count(0)
    expect(page.locator(":is(header, aside, [data-views], [data-skip]):visible")).to_have_count(0)
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    # A screen folds the last of them.
    members = desk.truth.connection.execute(
        "select count(distinct company_key) from marts.rpt_tickets_created "
        "where team_key = 'generic:t2' and report_date > date '2026-01-30'"
    ).fetchone()
    expect(companies).to_have_count(members[0])
    cut = page.locator("[data-scroll]:visible").evaluate_all(
        "all => all.filter(one => getComputedStyle(one).overflowX !== 'visible').length"
    )
    assert cut == 0
    page.emulate_media(media="screen", color_scheme=scheme)
    expect(companies).to_have_count(10)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)


# The text of A4 between the margins, in pixels of a browser.
PAPER = 703


@pytest.mark.parametrize(
    "path", ["report/r1/", "report/r8/", "report/c3/", "summary/", "sla/", "service/",
             "ticket/?ticket=generic:1'\"", "tickets/#tickets_open"],
)  # fmt: skip
def test_paper_is_as_wide_as_its_tables_and_has_nothing_to_click(page, address, path):
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    visit(page, address, path)
    if path.startswith("report/"):
        expect(page.locator("[data-behind] tbody tr").first).to_be_visible()
    wide = page.locator("main [data-scroll]:visible").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.ariaLabel)"
    )
    assert wide == []
    # A name in a table or a sentence may be one that a click chooses.
    buttons = page.locator("main button:visible").evaluate_all(
        "all => all.filter(one => !one.closest('td, th, [data-driver], [data-multiples]')).map(one => one.innerText)"
    )
    assert buttons == []
    if path == "summary/":
        expect(page.locator("[data-curve] svg").first).to_be_visible()
        expect(page.locator("[data-legend]")).to_be_visible()


def test_whatever_closes_gives_the_focus_back(page, address):
    visit(page, address, "report/r1/")
    for place in ('[data-filter="team"]', "[data-views]"):
        control = page.locator(place).get_by_role("button").first
        control.click()
        expect(control).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(control).to_have_attribute("aria-expanded", "false")
        expect(control).to_be_focused()
        control.click()
        page.locator("h1").click()
        expect(control).to_have_attribute("aria-expanded", "false")

    page.locator("[data-customise]").click()
    control = page.locator('[data-place="further"] > button')
    control.click()
    page.locator('[data-place="further"] [data-item]').first.click()
    expect(control).to_have_attribute("aria-expanded", "false")
    expect(control).to_be_focused()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("[data-customise]")).to_be_focused()

    visit(page, address, "summary/")
    control = page.locator("[data-definition]").first
    control.click()
    page.keyboard.press("Escape")
    expect(control).to_be_focused()
    expect(page.get_by_role("note")).to_have_count(0)


def test_a_wall_shows_the_figures_of_the_summary_and_takes_up_newer_ones(page, address, desk, site):
    page.add_init_script(
        "navigator.wakeLock.request = async kind => (window.kept = kind, { release: async () => {} })"
    )
    page.clock.install()
    visit(page, address, "summary/")
    page.get_by_role("button", name="Wall screen").click()
    wall = page.locator("[data-on-wall]")
    expect(wall).to_be_visible()
    expect(page.locator("header:visible, aside:visible")).to_have_count(0)
    assert page.evaluate("window.kept") == "screen"

    opened = desk.truth.connection.execute(
        "select count(*) from marts.fct_tickets where not is_excluded and closed_at is null"
    ).fetchone()[0]
    figure = wall.locator('[data-figure="tickets_open"] [data-value]')
    expect(figure).to_have_text(f"{opened:,}")
    for metric, status, count in desk.truth.connection.execute(
        "select metric, status, count(*) from marts.fct_sla_clocks where not is_excluded "
        "and status in ('overdue', 'due_soon', 'active', 'paused') group by all"
    ).fetchall():
        group = wall.locator(f'[data-group="{metric.replace("_", " ").capitalize()}"]')
        expect(group.locator(f'[data-figure="{status}"] [data-value]')).to_have_text(f"{count:,}")

    publish_newer(page, site)
    page.evaluate("window.isSame = true")
    page.clock.run_for(31_000)
    expect(figure).to_have_text("4,711")
    # A reload would have ended the full screen.
    assert page.evaluate("window.isSame")
    page.keyboard.press("Escape")
    expect(wall).to_have_count(0)
    expect(page.locator("header")).to_be_visible()
    expect(page).to_have_url(f"{address}/summary/")
    expect(page.locator('[data-figure="tickets_open"] [data-value]')).to_have_text("4,711")


def publish_newer(page: Page, site: Path) -> None:
    """Answer as a server does after another build with more open tickets."""
    present = json.loads((site / "data/current.json").read_text())["folder"]
    folder = site / "data" / present
    summary = json.loads((folder / "summary.json").read_text())
    for widget in summary["widgets"]:
        for group in widget.get("groups") or []:
            for figure in group["figures"]:
                if figure["name"] == "tickets_open":
                    figure["value"] = 4711
    page.route(
        "**/data/current.json",
        lambda route: route.fulfill(
            json={"folder": "newer", "build": "newer"}, headers={"Helpdesk-Live": "yes"}
        ),
    )
    page.route("**/data/newer/summary.json", lambda route: route.fulfill(json=summary))
    desk = {**json.loads((folder / "desk.json").read_text()), "folder": "newer"}
    page.route("**/data/newer/desk.json", lambda route: route.fulfill(json=desk))
    page.route("**/api/live/newer", lambda route: route.fulfill(json={}))


def test_a_wall_fits_its_screen(browser, address):
    for width, height in ((1440, 900), (1920, 1080), (1280, 1024)):
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        visit(page, address, "summary/?wall")
        wall = page.locator("[data-on-wall]")
        assert wall.evaluate("wall => wall.scrollHeight <= innerHeight"), (width, height)
        context.close()


def test_a_first_visit_is_light(browser, address):
    context = browser.new_context()
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    visit(page, address, "analyze/")
    expect(page.locator("[data-report] canvas").first).to_be_visible()
    assert 100_000 < sum(sizes) < MOST_BYTES
    context.close()
