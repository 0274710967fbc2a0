"""The built pages in a real browser: every number is the one SQL gives, whatever is chosen.

The site is really built, over a desk with hostile names, and served by the server that ships.
"""

import shutil
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboards.definitions import Filter, Report
from dashboards.server import make_server
from dashboards.site import build_site
from tests.dashboards.desk import COMPANIES
from tests.dashboards.truth import measure_text

pytestmark = pytest.mark.browser

# As Debian names it; one that playwright installed itself would be somewhere else.
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000
NOTHING = "\N{EN DASH}"
# What a chart draws: the values of its first series, with the names below them.
DRAWN = """id => {
    const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
    const chart = charts.find(chart => chart.getDom().closest(`[data-report="${id}"]`));
    return chart ? chart.getOption().series.map(series => series.data) : [];
}"""


@pytest.fixture(scope="module")
def site(desk, tmp_path_factory) -> Path:
    site = tmp_path_factory.mktemp("site") / "site"
    summary = build_site(desk.marts, desk.manifest, site)
    assert summary.is_rebuilt
    return site


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with make_server(site, port=0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not shutil.which(CHROMIUM):
        pytest.fail(f"there is no {CHROMIUM}; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address) -> Iterator[Page]:
    """A page that must end its test without a console error, nor a request to anywhere else."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if is_outside(request) else None)

    def is_outside(request) -> bool:
        return not request.url.startswith((f"{address}/", "data:", "blob:"))

    yield page
    harmed = page.evaluate("window.harmed")
    context.close()
    assert not harmed
    assert faults == []


@pytest.fixture
def analyze(page, address) -> Page:
    page.goto(f"{address}/analyze/")
    # The numbers are in the page from the start; once a chart is drawn, its inputs listen too.
    expect(page.locator("[data-report] canvas").first).to_be_visible(timeout=PATIENCE)
    return page


def shown(page: Page, report: Report, measure: str):
    return page.locator(f'[data-report="{report.id}"] [data-measure="{measure}"]')


def expect_reports(page: Page, desk, first: date, last: date, **keys: str) -> None:
    for report in desk.definitions.reports:
        for name, text in desk.truth.texts(report, first, last, **keys).items():
            expect(shown(page, report, name)).to_have_text(text, timeout=PATIENCE)


def period(desk, days: int) -> tuple[date, date]:
    last = desk.truth.last_day()
    return last - timedelta(days=days - 1), last


def choose(page: Page, item: Filter, name: str) -> None:
    """Choose a member of a filter, by typing its name as a reader would."""
    page.get_by_role("combobox", name=item.label, exact=True).click()
    # The list shows five; a member further down is found by searching.
    page.get_by_placeholder(item.label, exact=True).fill("" if name == "All" else name)
    page.get_by_role("option", name=name, exact=True).first.click()
    expect(page.get_by_role("combobox", name=item.label, exact=True)).to_contain_text(name)


def test_each_report_shows_the_number_sql_gives(analyze, desk):
    assert {
        node.get_attribute("data-report") for node in analyze.locator("[data-report]").all()
    } == {report.id for report in desk.definitions.reports}
    expect_reports(analyze, desk, *period(desk, 90))
    for report in desk.definitions.reports:
        card = analyze.locator(f'[data-report="{report.id}"]')
        expect(card.get_by_role("heading", name=report.title)).to_be_visible()
        expect(card.get_by_text(report.question)).to_be_visible()
        expect(card.get_by_text(report.definition)).to_be_hidden()
        card.get_by_text("Definition", exact=True).click()
        expect(card.get_by_text(report.definition)).to_be_visible()


def test_a_reports_members_are_listed_with_their_numbers(analyze, desk):
    for report in [report for report in desk.definitions.reports if report.series]:
        rows = analyze.locator(f'[data-report="{report.id}"] [data-members] tbody tr')
        truth = desk.truth.members(report, *period(desk, 90))
        expect(rows).to_have_count(len(truth), timeout=PATIENCE)
        for row, (name, *values) in zip(rows.all(), truth, strict=True):
            texts = [
                measure_text(measure, value)
                for measure, value in zip(report.measures, values, strict=True)
            ]
            assert [cell.inner_text().strip() for cell in row.locator("td").all()] == [name, *texts]


@pytest.mark.parametrize("number", range(5))
def test_each_filter_changes_every_report_to_what_sql_gives(analyze, desk, number):
    item = desk.definitions.filters[number]
    first, last = period(desk, 90)
    members = desk.truth.connection.execute(
        f"select {item.dimension.key}, name from {item.dimension.relation.sql} order by name"
    ).fetchall()
    everything = [desk.truth.texts(report, first, last) for report in desk.definitions.reports]
    tried = 0
    for key, name in members:
        texts = [
            desk.truth.texts(report, first, last, **{item.column: key})
            for report in desk.definitions.reports
        ]
        if name == "Twin" or NOTHING in str(texts) or "0" in [t[m] for t in texts for m in t]:
            continue
        assert all(one != other for one, other in zip(texts, everything, strict=True))
        choose(analyze, item, name)
        expect_reports(analyze, desk, first, last, **{item.column: key})
        tried += 1
    assert tried >= 2
    choose(analyze, item, "All")
    expect_reports(analyze, desk, first, last)


def test_filters_narrow_together(analyze, desk):
    first, last = period(desk, 90)
    keys = {}
    for item in desk.definitions.filters[1:3]:
        key, name = desk.truth.connection.execute(
            f"select {item.dimension.key}, name from {item.dimension.relation.sql} "
            "where source_system = 'generic' order by name limit 1"
        ).fetchone()
        choose(analyze, item, name)
        keys[item.column] = key
    expect_reports(analyze, desk, first, last, **keys)


def test_hostile_names_are_text_and_can_be_chosen(analyze, desk):
    company = next(item for item in desk.definitions.filters if item.id == "F5")
    for key, name in COMPANIES.items():
        label = f"{name} (generic:{key})" if name == "Twin" else name
        choose(analyze, company, label)
        expect_reports(analyze, desk, *period(desk, 90), **{company.column: f"generic:{key}"})
    for tag in ("script", "img", "b", "u", "i"):
        inside = analyze.locator(f"main {tag}").all()
        assert not [node for node in inside if "harmed" in (node.get_attribute("onerror") or "")]
        assert not [node for node in inside if node.inner_text() in ("line", "refunds", "Waiting")]


def test_a_tooltip_shows_names_as_text(analyze, desk):
    (report,) = [report for report in desk.definitions.reports if report.series]
    card = analyze.locator(f'[data-report="{report.id}"]')
    canvas = card.locator("canvas").first
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    analyze.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tooltip = card.locator("table:not([data-members])")
    expect(tooltip).to_contain_text("<u>Waiting</u> & co")
    expect(tooltip).to_contain_text("n = ")
    assert card.locator("u").count() == 0


@pytest.mark.parametrize(
    ("preset", "days"), [("Last 7 Days", 7), ("Last 30 Days", 30), ("All Time", None)]
)
def test_the_period_applies_to_every_report(analyze, desk, preset, days):
    analyze.get_by_role("combobox", name="Last 90 Days").or_(
        analyze.get_by_text("Last 90 Days")
    ).first.click()
    analyze.get_by_role("option", name=preset).click()
    first, last = period(desk, days) if days else (desk.truth.first_day(), desk.truth.last_day())
    expect_reports(analyze, desk, first, last)


@pytest.mark.parametrize("grain", ["Day", "Week", "Month", "Quarter", "Year"])
def test_the_grain_applies_to_every_chart(analyze, desk, grain):
    expect_reports(analyze, desk, *period(desk, 90))
    analyze.get_by_role("button", name=grain, exact=True).click()
    for report in [report for report in desk.definitions.reports if not report.series]:
        truth = desk.truth.buckets(report, *period(desk, 90), grain.lower())
        wait_for_chart(analyze, report, [float(value) for value in truth if value])


def wait_for_chart(page: Page, report: Report, truth: list[float]) -> None:
    """Until the chart of a report draws these values, whatever unit it draws durations in."""
    drawn: list[float] = []
    for _ in range(100):
        series = page.evaluate(DRAWN, report.id)
        points = series[0] if series else []
        drawn = [float(point[1]) for point in points if point[1]]
        for seconds in (1, 60, 3600, 86400):
            if [value * seconds for value in drawn] == pytest.approx(truth):
                return
        page.wait_for_timeout(100)
    pytest.fail(f"{report.id}: the chart draws {drawn}, SQL gives {truth}")


def test_an_empty_choice_is_said_in_words(analyze, desk):
    company, account = desk.definitions.filters[4], desk.definitions.filters[2]
    (report, *_), (first, last) = desk.definitions.reports, period(desk, 7)
    empty = desk.truth.connection.execute(
        f"""select distinct companies.name, accounts.name
        from {company.dimension.relation.sql} as companies,
            {account.dimension.relation.sql} as accounts
        where companies.name not like 'Twin%' and companies.source_system = 'generic'
            and accounts.source_system = 'generic' and not exists (
            select 1 from {report.relation.sql} as facts
            where facts.{company.column} = companies.{company.dimension.key}
                and facts.{account.column} = accounts.{account.dimension.key}
                and report_date between ? and ?)""",
        [first, last],
    ).fetchone()
    assert empty, "the desk should have a company without tickets in a week"
    analyze.get_by_text("Last 90 Days").first.click()
    analyze.get_by_role("option", name="Last 7 Days").click()
    choose(analyze, company, empty[0])
    choose(analyze, account, empty[1])
    card = analyze.locator(f'[data-report="{report.id}"]')
    expect(card.locator("[data-empty]")).to_have_text(
        "Nothing to count in this period with these filters."
    )
    expect(analyze.locator("[data-error]")).to_have_count(0)


def test_the_filters_stay_in_sight(analyze):
    analyze.mouse.move(700, 600)
    analyze.mouse.wheel(0, 500)
    analyze.wait_for_function("window.scrollY > 300")
    expect(analyze.get_by_role("combobox", name="Company")).to_be_in_viewport()


def test_the_clock_and_the_time_zone_are_shown(analyze):
    expect(analyze.get_by_test_id("clock")).to_have_text(
        "As of 31 March 2026, 12:00 · time zone UTC"
    )


def test_home_leads_to_the_reports(page, address, desk):
    page.goto(f"{address}/")
    expect(page.get_by_test_id("clock")).to_contain_text("31 March 2026")
    page.locator("main").get_by_role("link", name="Analyze").click()
    expect_reports(page, desk, *period(desk, 90))


@pytest.mark.parametrize(("width", "columns"), [(1440, 2), (390, 1)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_the_screen(browser, address, desk, width, columns, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/analyze/")
    cards = page.locator("[data-report]")
    expect(cards.first).to_be_visible(timeout=PATIENCE)
    expect_reports(page, desk, *period(desk, 90))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lefts = {round(card.bounding_box()["x"]) for card in cards.all()}
    assert len(lefts) == columns
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    context.close()


def test_a_second_build_of_the_same_marts_is_skipped(desk, site):
    before = (site / "index.html").stat().st_mtime_ns
    assert not build_site(desk.marts, desk.manifest, site).is_rebuilt
    assert (site / "index.html").stat().st_mtime_ns == before
