"""The site of the small desk in a real browser: reading and choosing on its pages.

The site is really built, over a desk with hostile names, and served by the server that ships.
"""

import shutil
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.dashboards.definitions import Filter, Report

# Of Debian; a browser installed by playwright would be elsewhere. The shell has the same engine without
# the windows of a browser, which take half of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Text is as wide as in a browser with windows: the shell would round the width of each letter.
    "--font-render-hinting=none",
]
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
# The values of a chart's first series, with the names on its axis.
DRAWN = """id => {
    const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
    const chart = charts.find(chart => chart.getDom().closest(`[data-report="${id}"]`));
    return chart ? chart.getOption().series.map(one => one.data.map(point => point.value)) : [];
}"""


def mostly_long(paths: list[str], *, also_short: set[str]) -> list[Any]:
    """Pages as parameters. Only those of `also_short` are tried by every run: each kind once."""
    assert also_short <= set(paths)
    marks = {path: () if path in also_short else (pytest.mark.long,) for path in paths}
    return [pytest.param(path, marks=marks[path]) for path in paths]


def shown(page: Page, report: Report, measure: str):
    return page.locator(f'[data-report="{report.id}"] [data-measure="{measure}"]')


def drawn_by(page: Page, report: Report) -> list[list[float | None]]:
    """The values of a report's chart by series, once it has any."""
    drawn = page.wait_for_function(
        f"id => {{ const drawn = ({DRAWN})(id); return drawn.flat().length ? drawn : null; }}",
        arg=report.id,
        timeout=PATIENCE,
    )
    values: list[list[float | None]] = drawn.json_value()
    return values


def open_from_menu(page: Page, name: str) -> None:
    """Open a page with reports, whose group in the menu may be folded."""
    menu = page.get_by_role("navigation", name="Pages")
    group = menu.locator("details").filter(has=page.get_by_text(name, exact=True))
    link = group.get_by_role("link", name="All reports")
    if not link.is_visible():
        group.locator("summary").click()
    link.click()


def expect_reports(
    page: Page, desk, first: date, last: date, of: str = "analyze", **keys: str | list[str]
) -> None:
    for report in desk.definitions.reports_of(of):
        if not desk.truth.has_rows(report, first, last, **keys):
            card = page.locator(f'[data-report="{report.id}"]')
            expect(card.locator("[data-empty], [data-unconfigured]")).to_be_visible()
            continue
        for name, text in desk.truth.texts(report, first, last, **keys).items():
            expect(shown(page, report, name)).to_have_text(text)


def period(desk, days: int) -> tuple[date, date]:
    last = desk.truth.last_day()
    return last - timedelta(days=days - 1), last


def choose(page: Page, item: Filter, name: str) -> None:
    """Choose one member of a filter alone, or all, by typing its name as a reader would."""
    box = page.locator(f'[data-filter="{item.name}"]')
    box.get_by_role("button").click()
    box.get_by_role("option", name="All", exact=True).click()
    if name != "All":
        add(page, item, name)
    box.get_by_role("combobox").press("Escape")
    expect(box.get_by_role("button")).to_contain_text(name)


def add(page: Page, item: Filter, name: str) -> None:
    """Choose one more member of a filter whose list is open, or one less."""
    box = page.locator(f'[data-filter="{item.name}"]')
    box.get_by_role("combobox").fill(name)
    box.get_by_role("option", name=name, exact=True).first.click()


def choose_period(page: Page, value: str) -> None:
    page.get_by_label("Period", exact=True).select_option(value)


def choose_grain(page: Page, grain: str) -> None:
    page.get_by_role("radio", name=grain).check(force=True)
