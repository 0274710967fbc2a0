"""The Summary in a real browser: curves, bars, sentences, definitions, on one screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.desk import AGENTS, AS_OF
from tests.dashboards.test_browser_looks import faults, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TODAY = f"date '{AS_OF.date()}'"
MOST_SHIFT = 0.02


@pytest.fixture
def summary(page: Page, address: str) -> Page:
    visit(page, address, "summary/")
    expect(page.locator("[data-curve]")).to_have_count(6)
    return page


def test_a_curve_is_read_hour_by_hour_with_the_keyboard(summary, ask):
    curve = summary.get_by_role("slider", name="Opened today by hour")
    curve.focus()
    # At first it is at the time of the build.
    expect(curve).to_have_attribute("aria-valuetext", re.compile("^12:00: "))
    curve.press("Home")
    counted = "select count(*) from marts.fct_tickets where not is_excluded and created_date ="
    for hour in range(25):
        until = f"and created_at <= {TODAY} - %s + interval {hour} hour"
        today, yesterday = (ask(f"{counted} {TODAY} - {days} {until % days}") for days in (0, 1))
        expected = [f"{yesterday} yesterday"]
        if hour <= AS_OF.hour:
            expected.insert(0, f"{today} today")
        text = f"{hour:02}:00: {', '.join(expected)}, "
        expect(curve).to_have_attribute("aria-valuetext", re.compile(f"^{text}"))
        expect(summary.locator("[data-said]")).to_contain_text(expected[0])
        # The hour of the build has a point more.
        for _ in range(2 if hour == AS_OF.hour else 1):
            curve.press("ArrowRight")
    expect(curve).to_have_attribute("aria-valuetext", re.compile("usual for a Tuesday$"))
    curve.blur()
    expect(summary.locator("[data-said]")).to_have_count(0)


def test_the_pointer_reads_a_curve_too(summary):
    box = summary.locator('[data-curve="tickets_open"]').bounding_box()
    summary.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    expect(summary.locator("[data-said]")).to_contain_text("06:00")
    expect(summary.locator("[data-said]")).to_contain_text("usual for a Tuesday")
    lines = summary.locator('[data-curve="tickets_open"] [data-line]')
    assert all("M" in line.get_attribute("d") for line in lines.all())


def test_each_age_is_a_bar_that_leads_to_its_tickets(summary, ask):
    part = summary.locator('[data-widget="bars"]')
    expect(part.locator("[data-bar]")).to_have_count(5)
    open_now = int(summary.locator('[data-figure="tickets_open"] [data-value]').inner_text())
    values = [int(text) for text in part.locator("[data-value]").all_inner_texts()]
    assert sum(values) == open_now
    place = values.index(max(values))
    widths = part.locator("[data-length]").evaluate_all("all => all.map(one => one.style.width)")
    assert float(widths[place].removesuffix("%")) == 100
    part.locator("[data-value]").nth(place).click()
    expect(summary.locator("[data-tickets] tbody tr")).to_have_count(max(values))


def test_every_sentence_is_a_link_to_what_it_is_about(summary, address):
    sentences = summary.locator('[data-widget="insights"] li')
    expect(sentences.first).to_be_visible()
    count = sentences.count()
    assert count >= 3
    for number in range(count):
        visit(summary, address, "summary/")
        sentence = sentences.nth(number)
        kind, link = sentence.get_attribute("data-kind"), sentence.get_by_role("link")
        expect(link).to_have_count(1)
        text = link.inner_text()
        link.click()
        if kind == "risk":
            counted = int(re.match(r"\d+", text)[0])
            expect(summary.locator("[data-tickets] tbody tr")).to_have_count(counted)
        else:
            expect(summary.locator("[data-report]")).to_be_visible()


def test_channels_are_bars(summary, ask):
    bar = summary.locator('[data-widget="members"] [data-bar="Email"]')
    opened = ask(
        f"select count(*) from marts.fct_tickets where not is_excluded and created_date = {TODAY}"
    )
    expect(bar.locator('[data-figure="opened_today"] [data-value]')).to_have_text(f"{opened}")


def test_the_agents_are_folded_and_their_names_are_text(summary, address):
    part = summary.locator("#availability")
    expect(part.locator("[data-load]")).to_have_count(3)
    for name in AGENTS.values():
        expect(part.locator("[data-loads]")).to_contain_text(name)
    expect(part.locator("table")).to_have_count(0)
    part.get_by_role("button", name="All 3 agents").press("Enter")
    expect(part.locator("tbody tr")).to_have_count(3)
    # A sentence about the agents leads here.
    visit(summary, address, "sla/")
    visit(summary, address, "summary/#availability")
    expect(part.locator("tbody tr")).to_have_count(3)


def test_a_definition_opens_and_closes_with_the_keyboard(summary):
    button = summary.get_by_role("button", name="Definition: Team today")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    note = summary.get_by_role("note")
    expect(note).to_contain_text("each with its value at this time on the day before")
    expect(note).to_contain_text("median of the same weekday in the twelve weeks before")
    assert faults(summary) == []
    summary.keyboard.press("Escape")
    expect(note).to_have_count(0)
    expect(button).to_be_focused()
    button.press("Enter")
    summary.keyboard.press("Tab")
    expect(note).to_have_count(0)


def test_the_summary_is_one_screen(browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver(list => {
            for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
        }).observe({ type: 'layout-shift', buffered: true });"""
    )
    for path in ("", "summary/"):
        visit(page, address, path)
        expect(page.locator("[data-curve]")).to_have_count(6)
        assert page.evaluate("document.documentElement.scrollHeight") <= 900, path
        assert page.evaluate("window.shift") < MOST_SHIFT, path
    context.close()
