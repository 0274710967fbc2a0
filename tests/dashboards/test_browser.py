"""The built pages in a real browser: every number is the one SQL gives, whatever is chosen.

The site is really built, over a desk with hostile names, and served by the server that ships.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboards.definitions import Filter, Report
from dashboards.server import serving
from dashboards.site import build_site
from tests.dashboards.desk import COMPANIES
from tests.dashboards.truth import duration_text, measure_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

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
expect.set_options(timeout=PATIENCE)
NOTHING = "\N{EN DASH}"
# What a chart draws: the values of its first series, with the names below them.
DRAWN = """id => {
    const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
    const chart = charts.find(chart => chart.getDom().closest(`[data-report="${id}"]`));
    return chart ? chart.getOption().series.map(one => one.data.map(point => point.value)) : [];
}"""


@pytest.fixture(scope="module")
def site(desk, tmp_path_factory) -> Path:
    site = tmp_path_factory.mktemp("site") / "site"
    summary = build_site(desk.marts, desk.manifest, site)
    assert summary.is_rebuilt
    return site


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with serving(site) as server:
        yield server.address


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
    expect(page.locator("[data-report] canvas").first).to_be_visible()
    return page


def shown(page: Page, report: Report, measure: str):
    return page.locator(f'[data-report="{report.id}"] [data-measure="{measure}"]')


def expect_reports(
    page: Page, desk, first: date, last: date, of: str = "analyze", **keys: str
) -> None:
    for report in desk.definitions.reports_of(of):
        if not desk.truth.has_rows(report, first, last, **keys):
            empty = page.locator(f'[data-report="{report.id}"] [data-empty]')
            expect(empty).to_be_visible()
            continue
        for name, text in desk.truth.texts(report, first, last, **keys).items():
            expect(shown(page, report, name)).to_have_text(text)


def period(desk, days: int) -> tuple[date, date]:
    last = desk.truth.last_day()
    return last - timedelta(days=days - 1), last


def choose(page: Page, item: Filter, name: str) -> None:
    """Choose a member of a filter, by typing its name as a reader would."""
    box = page.locator(f'[data-filter="{item.name}"]')
    box.get_by_role("button").click()
    box.get_by_role("combobox").fill("" if name == "All" else name)
    box.get_by_role("option", name=name, exact=True).first.click()
    expect(box.get_by_role("button")).to_contain_text(name)


def choose_period(page: Page, value: str) -> None:
    page.get_by_label("Period", exact=True).select_option(value)


def choose_grain(page: Page, grain: str) -> None:
    page.get_by_role("radio", name=grain).check(force=True)


def test_each_report_shows_the_number_sql_gives(analyze, desk):
    reports = desk.definitions.reports_of("analyze")
    assert {
        node.get_attribute("data-report") for node in analyze.locator("[data-report]").all()
    } == {report.id for report in reports}
    expect_reports(analyze, desk, *period(desk, 90))
    for report in reports:
        card = analyze.locator(f'[data-report="{report.id}"]')
        expect(card.get_by_role("heading", name=report.title)).to_be_visible()
        expect(card.get_by_text(report.question)).to_be_visible()
        expect(card.get_by_text(report.definition)).to_be_hidden()
        card.get_by_text("Definition", exact=True).click()
        expect(card.get_by_text(report.definition)).to_be_visible()


def test_a_page_says_what_it_will_say_first_before_it_has_its_data(page, address, desk):
    """The headlines that nothing was chosen for need no database; any other has to wait for it."""
    page.route("**/*.parquet", lambda route: None)
    page.goto(f"{address}/analyze/")
    first, last = period(desk, 90)
    for report in desk.definitions.reports_of("analyze"):
        if desk.truth.has_rows(report, first, last):
            for name, text in desk.truth.texts(report, first, last).items():
                expect(shown(page, report, name)).to_have_text(text)
    choose_period(page, "30")
    expect(page.locator("[data-measure]")).to_have_count(0)


def test_the_service_page_shows_the_numbers_sql_gives(page, address, desk):
    page.goto(f"{address}/service/")
    expect_reports(page, desk, *period(desk, 90), of="service")
    choose_period(page, "30")
    expect_reports(page, desk, *period(desk, 30), of="service")


def test_medians_stand_beside_the_means(analyze, desk):
    for report in desk.definitions.reports_of("analyze"):
        main = report.measures[0]
        if main.values and not report.series:
            median, p90 = desk.truth.percentiles(report, main, *period(desk, 90))
            card = analyze.locator(f'[data-report="{report.id}"]')
            expect(card.locator("[data-percentile=median]")).to_have_text(duration_text(median))
            expect(card.locator("[data-percentile=p90]")).to_have_text(duration_text(p90))


def test_the_change_is_the_one_on_as_many_days_before(analyze, desk):
    report = next(item for item in desk.definitions.reports if item.id == "R1")
    choose_period(analyze, "30")
    first, last = period(desk, 30)
    name = report.measures[0].name
    now = desk.truth.values(report, first, last)[name]
    before = desk.truth.values(report, first - timedelta(days=30), first - timedelta(days=1))[name]
    change = 100 * (now - before) / before
    sign = (
        "\N{BLACK UP-POINTING TRIANGLE} up"
        if change > 0
        else "\N{BLACK DOWN-POINTING TRIANGLE} down"
    )
    expected = f"{sign} {round(abs(change), 1):g}% on the period before"
    if not change:
        expected = "= no change on the period before"
    expect(analyze.locator('[data-report="R1"] [data-change]')).to_have_text(expected)


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


def test_choices_survive_a_report_and_the_way_back(analyze, desk):
    item = desk.definitions.filters[1]
    key, name = desk.truth.connection.execute(
        f"select {item.dimension.key}, name from {item.dimension.relation.sql} "
        "where source_system = 'generic' order by name limit 1"
    ).fetchone()
    choose(analyze, item, name)
    choose_period(analyze, "30")
    expect_reports(analyze, desk, *period(desk, 30), **{item.column: key})
    report = desk.definitions.reports_of("analyze")[0]
    analyze.locator(f'[data-report="{report.id}"]').get_by_role("link", name="View").click()
    texts = desk.truth.texts(report, *period(desk, 30), **{item.column: key})
    for measure, text in texts.items():
        expect(shown(analyze, report, measure)).to_have_text(text)
    address = analyze.url
    analyze.get_by_role("link", name="Analyze").first.click()
    expect_reports(analyze, desk, *period(desk, 30), **{item.column: key})
    # And whoever is sent the address sees the same.
    analyze.evaluate("sessionStorage.clear()")
    analyze.goto(address)
    for measure, text in texts.items():
        expect(shown(analyze, report, measure)).to_have_text(text)


def test_a_filter_can_be_chosen_by_keyboard_alone(analyze, desk):
    item = desk.definitions.filters[4]
    box = analyze.locator(f'[data-filter="{item.name}"]')
    box.get_by_role("button").focus()
    analyze.keyboard.press("Enter")
    analyze.keyboard.type("Acme")
    analyze.keyboard.press("Enter")
    expect(box.get_by_role("button")).to_contain_text("Acme")
    expect_reports(analyze, desk, *period(desk, 90), **{item.column: "generic:plain"})


@pytest.mark.parametrize("board", ["summary", "sla", "quality"])
def test_a_board_shows_its_parts(page, address, desk, site, board):
    page.goto(f"{address}/{board}/")
    folder = json.loads((site / "data/current.json").read_text())["folder"]
    parts = json.loads((site / "data" / folder / f"{board}.json").read_text())["parts"]
    assert parts
    for part in parts:
        expect(page.get_by_role("heading", name=part["title"], exact=True)).to_be_visible()


def test_a_figure_leads_to_the_tickets_behind_it(page, address, desk, site):
    page.goto(f"{address}/summary/")
    link = page.locator("main a[href*='/tickets/#']").first
    count = int(link.inner_text().replace(",", ""))
    link.click()
    expect(page.locator("main tbody tr")).to_have_count(min(count, 500))


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


def test_saved_reports_are_on_their_page(page, address, desk):
    """The Responses page says what the marts say, and draws members side by side as they are."""
    page.goto(f"{address}/responses/")
    expect(page.locator("[data-report] canvas").first).to_be_visible()
    first, last = period(desk, 90)
    expect_reports(page, desk, first, last, of="responses")
    for report in [one for one in desk.definitions.reports_of("responses") if one.axis]:
        chart = page.locator(f'[data-report="{report.id}"] [data-chart]')
        label = report.axis.label.lower()
        expect(chart).to_have_attribute("aria-label", re.compile(f" by {label}$"))
        truth = desk.truth.members(report, report.axis, first, last)
        (drawn,) = page.evaluate(DRAWN, report.id)
        values = [value for value in drawn if value]
        if report.axis.dimension:
            assert len(values) == len(truth)
            assert values == sorted(values)
        else:
            assert len(drawn) == len({*desk.truth.members(report, report.axis, date.min, last)})
            here = {
                int(name): value for (value, *_), name in zip(truth.values(), truth, strict=True)
            }
            assert values == [here[name] for name in sorted(here)]


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


@pytest.mark.parametrize("number", range(5))
def test_each_filter_changes_every_report_to_what_sql_gives(analyze, desk, number):
    item = desk.definitions.filters[number]
    first, last = period(desk, 90)
    members = desk.truth.connection.execute(
        f"select {item.dimension.key}, name from {item.dimension.relation.sql} order by name"
    ).fetchall()
    reports = desk.definitions.reports_of("analyze")
    everything = [desk.truth.texts(report, first, last) for report in reports]
    tried = 0
    for key, name in members:
        keys = {item.column: key}
        texts = [desk.truth.texts(report, first, last, **keys) for report in reports]
        if name == "Twin" or not desk.truth.has_rows(reports[0], first, last, **keys):
            continue
        assert sum(one != other for one, other in zip(texts, everything, strict=True)) > 5
        choose(analyze, item, name)
        expect_reports(analyze, desk, first, last, **keys)
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
    (report,) = [one for one in desk.definitions.reports_of("analyze") if one.series]
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


@pytest.mark.parametrize(("preset", "days"), [("7", 7), ("30", 30), ("all", None)])
def test_the_period_applies_to_every_report(analyze, desk, preset, days):
    choose_period(analyze, preset)
    first, last = period(desk, days) if days else (desk.truth.first_day(), desk.truth.last_day())
    expect_reports(analyze, desk, first, last)


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_the_grain_applies_to_every_chart(analyze, desk, grain):
    expect_reports(analyze, desk, *period(desk, 90))
    choose_grain(analyze, grain)
    for report in [one for one in desk.definitions.reports_of("analyze") if not one.series]:
        truth = desk.truth.buckets(report, *period(desk, 90), grain)
        wait_for_chart(analyze, report, [float(value) for value in truth if value])


def wait_for_chart(page: Page, report: Report, truth: list[float]) -> None:
    """Until the chart of a report draws these values, whatever unit it draws durations in."""
    drawn: list[float] = []
    for _ in range(100):
        series = page.evaluate(DRAWN, report.id)
        points = series[0] if series else []
        drawn = [float(point) for point in points if point]
        for seconds in (1, 60, 3600, 86400):
            if [value * seconds for value in drawn] == pytest.approx(truth):
                return
        page.wait_for_timeout(100)
    pytest.fail(f"{report.id}: the chart draws {drawn}, SQL gives {truth}")


def test_an_empty_choice_is_said_in_words(analyze, desk):
    company, account = desk.definitions.filters[4], desk.definitions.filters[2]
    (report, *_), (first, last) = desk.definitions.reports_of("analyze"), period(desk, 7)
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
    choose_period(analyze, "7")
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
    expect(analyze.locator('[data-filter="company"]')).to_be_in_viewport()


def test_the_clock_and_the_time_zone_are_shown(analyze):
    expect(analyze.get_by_test_id("clock")).to_have_text(
        "As of 31 March 2026, 12:00 · time zone UTC"
    )


def test_home_leads_to_the_reports(page, address, desk):
    page.goto(f"{address}/")
    expect(page.get_by_test_id("clock")).to_contain_text("31 March 2026")
    page.locator("main").get_by_role("link", name="Analyze").first.click()
    expect_reports(page, desk, *period(desk, 90))


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
    assert not build_site(desk.marts, desk.manifest, site).is_rebuilt
    assert (site / "index.html").stat().st_mtime_ns == before
