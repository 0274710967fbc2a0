"""The speed of the pages in a real browser: `python benchmarks/pages.py OUTPUT`.

Opens pages of the site that `helpdesk dashboards --output OUTPUT` has built, each in a new browser,
answered as by `helpdesk serve`, and then chooses a period, a team and a company. Measures when a
page shows its first figure, when each report has its chart, and when nothing on the page changes
any more.
"""

import argparse
import shutil
import time
from pathlib import Path

from clock import HERE
from playwright.sync_api import Browser, Page, Response, sync_playwright

from helpdesk.serve.server import serving

PAGES = ("", "sla", "quality", "analyze", "service", "responses", "report/r3")
# Longer than any pause between two steps of a page that is still loading.
STILL_SECONDS = 2.5
PATIENCE_SECONDS = 60
# Milliseconds since the page opened until its first figure, until every report has its chart, and
# until its last change.
WATCH = """
window.watched = {first: null, whole: null, last: null};
const figures = '[data-measure], [data-part], [data-figure], [data-value], td';
const drawn = '[data-chart] canvas, [data-empty], [data-unconfigured]';
new MutationObserver(() => {
    const now = performance.now();
    window.watched.last = now;
    if (window.watched.first === null &&
        [...document.querySelectorAll(figures)].some(one => /[0-9]/.test(one.textContent)))
        window.watched.first = now;
    const reports = [...document.querySelectorAll('[data-report]')];
    if (window.watched.whole === null && window.watched.first !== null &&
        reports.every(one => one.querySelector(drawn)))
        window.watched.whole = now;
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""


class Opened:
    """A page in a new browser, with the data that it has fetched."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page: Page = self._context.new_page()
        self.page.add_init_script(WATCH)
        self.data_bytes = 0
        self._active = 0
        self.page.on("request", lambda _: self._count(1))
        self.page.on("requestfailed", lambda _: self._count(-1))
        self.page.on("requestfinished", lambda _: self._count(-1))
        self.page.on("response", self._weigh)
        self.page.goto(address)

    def _count(self, step: int) -> None:
        self._active += step

    def _weigh(self, response: Response) -> None:
        if ".parquet" in response.url:
            self.data_bytes += int(response.headers.get("content-length", 0))

    def settled(self) -> tuple[float, float, float]:
        """Seconds until its first figure, until all charts are there, and until its last change."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            self.page.wait_for_timeout(100)
            first, whole, last, now = self.page.evaluate(
                "[watched.first, watched.whole, watched.last, performance.now()]"
            )
            if not self._active and whole and now - last > 1000 * STILL_SECONDS:
                return first / 1000, whole / 1000, last / 1000
        raise SystemExit(f"{self.page.url}: did not settle in {PATIENCE_SECONDS} s")

    def seconds_after(self, act: "Act") -> float:
        """Seconds from an action of the reader until the last change of the page."""
        began = act(self.page)
        return max(0.0, self.settled()[-1] - began)

    def close(self) -> None:
        self._context.close()


class Act:
    """An action of the reader; returns its time on the page's clock, in seconds."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, page: Page) -> float:
        if self.name == "period":
            began = page.evaluate("performance.now()")
            page.get_by_label("Period", exact=True).select_option("30")
            return float(began) / 1000
        box = page.locator(f'[data-filter="{self.name}"]')
        box.get_by_role("button").click()
        option = box.get_by_role("option").nth(3)
        option.wait_for()
        began = page.evaluate("performance.now()")
        option.click()
        return float(began) / 1000


def measured(browser: Browser, address: str, name: str) -> str:
    """A page's row of the table of results."""
    opened = Opened(browser, f"{address}/{name}")
    first, whole, rest = opened.settled()
    loaded = opened.data_bytes
    acts = []
    for act in map(Act, ("period", "team", "company")):
        control = (
            opened.page.get_by_label("Period", exact=True)
            if act.name == "period"
            else opened.page.locator(f'[data-filter="{act.name}"]')
        )
        acts.append(f"{opened.seconds_after(act):.1f} s" if control.count() else "")
    opened.close()
    loaded_text = f"{loaded / 1e6:.1f} MB"
    times = " | ".join(f"{seconds:.1f} s" for seconds in (first, whole, rest))
    return f"| {name or 'summary'} | {times} | {loaded_text} | {' | '.join(acts)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--page", action="append", help="a page's address below the site's")
    parser.add_argument("--plain", action="store_true", help="the pages as files, without answers")
    parser.add_argument("--record", action="store_true", help="append the figures to results.md")
    options = parser.parse_args()
    lines = []
    answering = None if options.plain else options.output
    with serving(options.output / "site", answering) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in options.page or PAGES:
            lines.append(measured(browser, server.address, name))
            print(lines[-1], flush=True)
        browser.close()
    if options.record:
        with open(HERE / "results.md", "a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
