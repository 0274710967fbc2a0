"""The built pages in a real browser: every number equals SQL under every choice."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from helpdesk.dashboards.definitions import Filter, Report
from tests.dashboards.browsing import (
    DRAWN,
    choose,
    choose_grain,
    choose_period,
    expect_reports,
    open_from_menu,
    period,
    shown,
)
from tests.dashboards.desk import COMPANIES

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def first_member(desk, item: Filter) -> tuple[str, str]:
    """Key and name of a member of a filter."""
    return desk.truth.connection.execute(
        f"select {item.dimension.key}, name from {item.dimension.relation.sql} "
        "where source_system = 'generic' order by name limit 1"
    ).fetchone()


def test_choices_survive_a_report_and_the_way_back(analyze, desk):
    item = desk.definitions.filters[1]
    key, name = first_member(desk, item)
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
    # A reader with the same address sees the same.
    analyze.evaluate("sessionStorage.clear()")
    analyze.goto(address)
    for measure, text in texts.items():
        expect(shown(analyze, report, measure)).to_have_text(text)


def test_back_undoes_each_choice_and_forward_repeats_it(analyze, desk):
    item = desk.definitions.filters[1]
    key, name = first_member(desk, item)
    button = analyze.locator(f'[data-filter="{item.name}"]').get_by_role("button")
    choose_period(analyze, "30")
    choose(analyze, item, name)
    expect_reports(analyze, desk, *period(desk, 30), **{item.column: key})
    analyze.go_back()
    expect_reports(analyze, desk, *period(desk, 30))
    expect(button).to_contain_text("All")
    analyze.go_back()
    expect_reports(analyze, desk, *period(desk, 90))
    expect(analyze.get_by_label("Period", exact=True)).to_have_value("90")
    analyze.go_forward()
    expect_reports(analyze, desk, *period(desk, 30))
    analyze.go_forward()
    expect_reports(analyze, desk, *period(desk, 30), **{item.column: key})
    expect(button).to_contain_text(name)


def test_back_leads_through_choices_and_pages_in_their_order(analyze, desk):
    item = desk.definitions.filters[1]
    key, name = first_member(desk, item)
    report = desk.definitions.reports_of("analyze")[0]
    main = report.measures[0].name

    def expect_figure(path: str, days: int, **keys: str) -> None:
        expect(analyze).to_have_url(re.compile(f"/{path}/[?].*period={days}"))
        text = desk.truth.texts(report, *period(desk, days), **keys)[main]
        expect(shown(analyze, report, main)).to_have_text(text)

    choose_period(analyze, "30")
    analyze.locator(f'[data-report="{report.id}"]').get_by_role("link", name="View").click()
    expect_figure(f"report/{report.slug}", 30)
    choose(analyze, item, name)
    expect_figure(f"report/{report.slug}", 30, **{item.column: key})
    # A page that is loaded again has the same way back.
    analyze.reload()
    expect_figure(f"report/{report.slug}", 30, **{item.column: key})
    analyze.go_back()
    expect_figure(f"report/{report.slug}", 30)
    analyze.go_back()
    expect_figure("analyze", 30)
    analyze.go_back()
    expect_figure("analyze", 90)
    analyze.go_forward()
    expect_figure("analyze", 30)
    analyze.go_forward()
    expect_figure(f"report/{report.slug}", 30)
    analyze.go_forward()
    expect_figure(f"report/{report.slug}", 30, **{item.column: key})
    # The other pages with reports are the same component.
    open_from_menu(analyze, "Service")
    expect(analyze).to_have_url(re.compile(f"/service/[?].*period=30.*{item.name}="))
    open_from_menu(analyze, "Analyze")
    expect_figure("analyze", 30, **{item.column: key})
    analyze.go_back()
    expect(analyze).to_have_url(re.compile("/service/[?].*period=30"))


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
        key, name = first_member(desk, item)
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


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("7", date(2026, 3, 25), date(2026, 3, 31)),
        ("30", date(2026, 3, 2), date(2026, 3, 31)),
        ("all", None, date(2026, 3, 31)),
        ("today", date(2026, 3, 31), date(2026, 3, 31)),
        ("last_week", date(2026, 3, 23), date(2026, 3, 29)),
        ("this_month", date(2026, 3, 1), date(2026, 3, 31)),
        ("last_quarter", date(2025, 10, 1), date(2025, 12, 31)),
    ],
)
def test_the_period_applies_to_every_report(analyze, desk, preset, first, last):
    choose_period(analyze, preset)
    expect_reports(analyze, desk, first or desk.truth.first_day(), last)


@pytest.mark.parametrize(
    ("grain", "days"), [("day", 90), ("week", 90), ("month", 90), ("quarter", 90), ("year", 365)]
)
def test_the_grain_applies_to_every_chart(analyze, desk, grain, days):
    choose_period(analyze, str(days))
    expect_reports(analyze, desk, *period(desk, days))
    choose_grain(analyze, grain)
    for report in [one for one in desk.definitions.reports_of("analyze") if not one.series]:
        truth = desk.truth.buckets(report, *period(desk, days), grain)
        wait_for_chart(analyze, report, [float(value) for value in truth if value])


@pytest.mark.parametrize(
    ("preset", "wanted", "shown_instead", "possible"),
    [
        ("today", "week", "day", 1),
        ("7", "week", "week", 2),
        ("7", "quarter", "day", 2),
        ("last_month", "quarter", "week", 3),
        ("365", "quarter", "quarter", 5),
    ],
)
def test_a_grain_longer_than_the_period_cannot_be_chosen(
    analyze, preset, wanted, shown_instead, possible
):
    choose_grain(analyze, wanted)
    choose_period(analyze, preset)
    expect(analyze.get_by_role("radio", name=shown_instead)).to_be_checked()
    grains = analyze.get_by_role("radiogroup", name="Grain").get_by_role("radio")
    enabled = [grain.is_enabled() for grain in grains.all()]
    assert enabled == [True] * possible + [False] * (5 - possible)
    assert f"grain={shown_instead}" in analyze.url
    # Nor by an address; the charts are by the grain that is shown.
    analyze.goto(re.sub("grain=[a-z]+", "grain=year", analyze.url))
    expect(analyze.locator("input[name=grain]:checked")).to_be_enabled()
    expect(analyze.locator("[data-error]")).to_have_count(0)


def wait_for_chart(page: Page, report: Report, truth: list[float]) -> None:
    """Wait until the chart of a report has these values, in any unit of durations."""
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


def test_an_empty_choice_has_a_message(analyze, desk):
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
