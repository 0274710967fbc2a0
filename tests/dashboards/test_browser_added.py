"""Filters that a reader adds, actions of cards, and changes for the better, in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.browsing import PATIENCE, drawn_by, period, shown
from tests.dashboards.truth import measure_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CLOSED = "created_date between '{}' and '{}' and not is_excluded and status_state"


def report_of(desk, identifier: str):
    return next(item for item in desk.definitions.reports if item.id == identifier)


def count(desk, condition: str) -> int:
    first, last = period(desk, 90)
    return desk.truth.connection.execute(
        f"select count(*) from marts.fct_tickets where {CLOSED.format(first, last)} {condition}"
    ).fetchone()[0]


def add_filter(page: Page, words: str, *members: str) -> None:
    """Add a filter by words, and choose members of it."""
    page.get_by_role("button", name="Add a filter").click()
    page.locator("[data-add-filter]").get_by_role("searchbox").fill(words)
    page.locator("[data-add-filter] [data-item]").first.click()
    box = page.get_by_test_id("filters").locator("[data-filter]").last
    for member in members:
        box.get_by_role("combobox").fill(member)
        box.get_by_role("option", name=member, exact=True).click()
    box.get_by_role("combobox").press("Escape")


def expect_r1(page: Page, desk, number: int) -> None:
    """The figure, the chart, the table and the list of tickets of R1."""
    report = report_of(desk, "R1")
    text = measure_text(report.measures[0], number)
    expect(shown(page, report, report.measures[0].name)).to_have_text(text)
    expect(page.locator("[data-behind] [data-total]")).to_have_text(text)
    page.wait_for_function(
        """([id, number]) => {
            const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
            const chart = charts.find((one) => one.getDom().closest(`[data-report="${id}"]`));
            const values = chart?.getOption().series[0].data.map(({ value }) => value ?? 0) ?? [];
            return values.reduce((sum, value) => sum + value, 0) === number;
        }""",
        arg=["R1", number],
        timeout=PATIENCE,
    )
    cells = page.locator('[data-breakdown="team"] tbody tr td:nth-child(2)')
    expect(cells).to_have_count(2)
    assert sum(int(cell.replace(",", "")) for cell in cells.all_inner_texts()) == number


def test_a_filter_by_any_dimension_reaches_every_part_of_a_report(page, address, desk):
    page.goto(f"{address}/report/r1/")
    expect_r1(page, desk, count(desk, "is not null"))
    add_filter(page, "state", "Closed", "Pending")
    expect(page).to_have_url(re.compile("status_state.is=closed&status_state.is=pending"))
    expect_r1(page, desk, count(desk, "in ('closed', 'pending')"))
    # Members have other numbers than those of the build, and their own names.
    names = page.locator('[data-breakdown="team"] tbody tr td:first-child')
    expect(names).to_contain_text([re.compile("Front <b>line</b>|Back office")] * 2)
    page.get_by_role("button", name="Remove State: Pending").click()
    expect_r1(page, desk, count(desk, "= 'closed'"))
    page.go_back()
    expect_r1(page, desk, count(desk, "in ('closed', 'pending')"))
    page.reload()
    expect_r1(page, desk, count(desk, "in ('closed', 'pending')"))
    expect(page.get_by_test_id("chips").get_by_role("button")).to_have_text(
        [re.compile("State: Closed"), re.compile("State: Pending"), "Clear filters"]
    )
    # Without those members.
    page.get_by_role("button", name=re.compile("^State")).click()
    page.get_by_role("radio", name="is not").check()
    expect(page).to_have_url(re.compile("status_state.is_not=closed&status_state.is_not=pending"))
    assert count(desk, "not in ('closed', 'pending')") == 1
    expect(page.locator("[data-behind] [data-total]")).to_have_text("1")
    report = report_of(desk, "R1")
    expect(shown(page, report, report.measures[0].name)).to_have_text("1")
    # One member alone says nothing that the figure does not.
    expect(page.locator('[data-breakdown="team"]')).to_have_count(0)
    page.get_by_role("button", name="Clear filters").click()
    expect_r1(page, desk, count(desk, "is not null"))
    assert "status_state" not in page.url


def test_added_filters_go_along_to_a_dashboard_and_to_other_reports(page, address, desk):
    page.goto(f"{address}/analyze/?period=90&grain=week&status_state.is=closed")
    report = report_of(desk, "R1")
    figure = shown(page, report, report.measures[0].name)
    expect(figure).to_have_text(measure_text(report.measures[0], count(desk, "= 'closed'")))
    expect(page.locator("[data-ignored]")).to_have_count(0)
    # The backlog counts days, not tickets: it says so, and its line is not in another report's chart.
    assert len(drawn_by(page, report)) == 3
    page.goto(f"{address}/report/a7/")
    expect(page.locator("[data-ignored]")).to_contain_text("Not filtered by State")
    expect(page.locator("[data-report=A7] [data-measure]").first).to_be_visible()


def test_the_drawer_follows_an_added_filter_and_does_not_deny_it(page, address, desk):
    page.goto(f"{address}/builder/?status_state.is=closed")
    headline = page.locator('[data-report="preview__"] [data-measure]').first
    expect(headline).to_have_text(
        measure_text(report_of(desk, "R1").measures[0], count(desk, "= 'closed'"))
    )
    expect(page.get_by_role("button", name="Remove State: Closed")).to_be_visible()
    expect(page.locator("[data-ignored]")).to_have_count(0)


def test_pages_of_plain_files_say_that_an_added_filter_needs_the_server(page, plain_address, desk):
    page.goto(f"{plain_address}/report/r1/")
    page.get_by_role("button", name="Add a filter").click()
    expect(page.locator("[data-needs-server]")).to_contain_text("helpdesk serve")
    page.keyboard.press("Escape")
    expect(page.locator("[data-needs-server]")).to_have_count(0)
    page.goto(f"{plain_address}/report/r1/?period=90&grain=week&status_state.is=closed")
    expect(page.locator("[data-not-added]")).to_contain_text("Not filtered by State")
    report = report_of(desk, "R1")
    figure = shown(page, report, report.measures[0].name)
    expect(figure).to_have_text(measure_text(report.measures[0], count(desk, "is not null")))


def test_a_card_has_its_actions_in_one_place(page, address, desk):
    page.goto(f"{address}/analyze/")
    report = report_of(desk, "R3")
    card = page.locator("[data-report=R3]")
    expect(card.locator("canvas")).to_be_visible()
    card.get_by_role("button", name="Definition: First response time").click()
    expect(card.get_by_role("note")).to_have_text(report.definition)
    page.keyboard.press("Escape")
    expect(card.get_by_role("note")).to_have_count(0)
    card.get_by_role("button", name="Actions").click()
    actions = card.get_by_role("group", name="Actions of First response time")
    expect(actions.get_by_role("link")).to_have_text(["View the report", "Customise", "Save"])
    with page.expect_download() as saved:
        actions.get_by_role("button", name="Save as CSV").click()
    assert saved.value.suggested_filename.startswith("R3")
    actions.get_by_text("SQL", exact=True).click()
    expect(actions.locator("pre")).to_contain_text("fct_tickets")
    actions.get_by_role("link", name="Customise").click()
    expect(page.locator("[data-drawer]")).to_be_visible()
    expect(page).to_have_url(re.compile("/report/r3/"))


def test_a_change_says_whether_it_is_better(page, address, desk):
    page.goto(f"{address}/analyze/")
    report = report_of(desk, "R3")
    first, last = period(desk, 90)
    name = report.measures[0].name
    now = desk.truth.values(report, first, last)[name]
    before = first - timedelta(days=90), first - timedelta(days=1)
    earlier = desk.truth.values(report, *before)[name]
    word = "better" if now < earlier else "worse"
    change = page.locator("[data-report=R3] [data-change]")
    expect(change).to_have_text(re.compile(rf"on the period before \({word}\)$"))
    # Created tickets are neither.
    expect(page.locator("[data-report=R1] [data-change]")).to_have_text(re.compile("before$"))


def test_the_average_in_the_chart_is_in_the_address(page, address, desk):
    page.goto(f"{address}/report/r3/")
    first, second = report_of(desk, "R3").measures[:2]
    radios = {
        one.name: page.get_by_role("radio", name=one.label, exact=True) for one in (first, second)
    }
    radios[second.name].check()
    page.wait_for_url(re.compile(f"average={second.name}"))
    page.reload()
    expect(radios[second.name]).to_be_checked()
    shown = page.locator("[data-measure]").first
    expect(shown).to_have_attribute("data-measure", second.name)
    page.go_back()
    expect(radios[first.name]).to_be_checked()
    expect(shown).to_have_attribute("data-measure", first.name)
    assert "average=" not in page.url


def test_an_average_has_lines_of_median_and_90th_percentile_and_a_switch(page, address, desk):
    page.goto(f"{address}/report/r3/?period=90&grain=month")
    report = report_of(desk, "R3")
    first, last = period(desk, 90)
    for place, measure in enumerate(report.measures[:2]):
        page.get_by_role("radio", name=measure.label, exact=True).check()
        expect(page.locator("[data-measure]").first).to_have_attribute("data-measure", measure.name)
        wanted = desk.truth.connection.execute(
            f"""with listed as (
                select date_trunc('month', report_date) as bucket, unnest({measure.values}) as value
                from {report.relation.sql} where report_date between '{first}' and '{last}'
            )
            select avg(value), quantile_cont(value, 0.5), quantile_cont(value, 0.9)
            from listed group by bucket order by bucket"""
        ).fetchall()
        largest = max(mean for mean, _, _ in wanted)
        # Working time has no days.
        has_days = measure.shown_as == "duration" and largest >= 172800
        unit = 86400 if has_days else 3600 if largest >= 7200 else 60
        page.wait_for_function(
            """(wanted) => {
                const [chart] = Object.values(window[Symbol.for('__evidence-chart-window-debug__')]);
                const lines = chart.getOption().series.slice(0, 3);
                return lines.length === 3 && lines.every(({ data }, line) =>
                    data.every(({ value }, place) => Math.abs(value - wanted[line][place]) < 1e-6));
            }""",
            arg=[[value / unit for value in line] for line in zip(*wanted, strict=True)],
            timeout=PATIENCE,
        )
        assert place < 2


def test_the_axis_of_shares_begins_below_the_lowest_and_says_so(page, address, desk):
    """Some reports of shares are below a half here, so the axis of either kind is looked at."""
    for identifier in ("R2", "R5", "R8"):
        page.goto(f"{address}/report/{identifier.lower()}/?period=90&grain=month")
        shares = drawn_by(page, report_of(desk, identifier))[0]
        lowest = min(share for share in shares if share is not None)
        axis = page.evaluate(
            """() => {
                const [chart] = Object.values(window[Symbol.for('__evidence-chart-window-debug__')]);
                const { min, max, name } = chart.getOption().yAxis[1];
                return { min, max, name };
            }"""
        )
        assert axis["max"] == 1
        if axis["min"]:
            assert 0.5 <= axis["min"] < lowest
            assert axis["name"] == f"from {axis['min']:.0%}"
        else:
            assert lowest < 0.52
