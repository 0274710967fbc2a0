"""Fixtures of the dashboards' tests: one desk, its widgets, extracts, and site in a browser.

The desk is modelled by dbt, and the rest is made of it, once in each test process.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from helpdesk.core.settings import Goal
from helpdesk.dashboards.definitions import Definitions, load_definitions
from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.site import build_site
from helpdesk.dashboards.widgets import load_widgets
from helpdesk.dashboards.widgets.kinds import Widgets
from helpdesk.serve.server import serving
from tests.dashboards.browsing import ARGUMENTS, CHROMIUM, PATIENCE
from tests.dashboards.desk import build_marts, open_marts
from tests.dashboards.reader import Reader
from tests.dashboards.truth import Truth
from tests.dashboards.widgets import Written, write

# Of the site: for the desk, for one team, one after another, and for a sum.
GOALS = tuple(
    Goal.model_validate(goal)
    for goal in (
        {"report": "R2", "at_least": "40%"},
        {"report": "R2", "at_least": "60%", "team": "Back office"},
        {"report": "R3", "at_most": "16h"},
        {"report": "first_response_time", "at_most": "15h", "from": "2026-02-16"},
        {"report": "R6", "at_least": "2", "per": "day"},
    )
)


@dataclass(frozen=True)
class Desk:
    """Published marts with their manifest and definitions."""

    marts: Path
    manifest: Path
    definitions: Definitions
    widgets: Widgets
    truth: Truth


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The small desk with hostile names."""
    marts, manifest = build_marts(tmp_path_factory.mktemp("desk"))
    definitions = load_definitions(manifest)
    with closing(Truth(marts, definitions)) as truth:
        yield Desk(marts, manifest, definitions, load_widgets(manifest), truth)


@pytest.fixture(scope="session")
def widgets(desk) -> Widgets:
    return desk.widgets


@pytest.fixture(scope="session")
def written(desk, widgets, tmp_path_factory) -> Written:
    return write(desk.marts, widgets, tmp_path_factory.mktemp("widgets"))


@pytest.fixture
def changed(desk, widgets, tmp_path):
    """Writes the widgets of the desk's marts after some SQL has changed them."""
    marts = shutil.copyfile(desk.marts, tmp_path / "marts.duckdb")

    def change(*statements: str, of=widgets) -> Written:
        with open_marts(marts) as connection:
            connection.execute("use desk_file.marts")
            for statement in statements:
                for name in re.findall(r"(?:update|into|delete from) (\w+)", statement):
                    store(connection, name)
                connection.execute(statement)
        return write(marts, of, tmp_path / "out")

    return change


def store(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Replace a view by a table of its rows, so that a test can change a figure."""
    views = "select 1 from duckdb_views() where schema_name = 'marts' and view_name = ?"
    if connection.execute(views, [name]).fetchone():
        connection.execute(f"create table stored as from {name}")
        connection.execute(f"drop view {name}")
        connection.execute(f"alter table stored rename to {name}")


@pytest.fixture
def ask(desk):
    """One value by SQL over the marts."""
    return lambda sql: desk.truth.connection.execute(sql).fetchone()[0]


@pytest.fixture(scope="session")
def data(desk, tmp_path_factory) -> Path:
    data = tmp_path_factory.mktemp("data") / "0123abc"
    write_extracts(desk.marts, desk.definitions, desk.widgets, data)
    return data


@pytest.fixture(scope="session")
def reader(desk, data) -> Reader:
    return Reader(desk, data)


@pytest.fixture(scope="session")
def span(reader) -> tuple[date, date]:
    clock = reader.catalogue["clock"]
    return date.fromisoformat(clock["first"]), date.fromisoformat(clock["last"])


@pytest.fixture(scope="session")
def site(desk, tmp_path_factory) -> Path:
    site = tmp_path_factory.mktemp("site") / "site"
    summary = build_site(desk.marts, desk.manifest, site, goals=GOALS)
    assert summary.is_rebuilt
    return site


@pytest.fixture(scope="package")
def address(site, desk) -> Iterator[str]:
    """The pages with the answers of a server, as `helpdesk serve` gives them."""
    with serving(site, desk.marts.parent) as server:
        yield server.address


@pytest.fixture(scope="package")
def plain_address(site) -> Iterator[str]:
    """The pages as files alone, whose queries the browser answers."""
    with serving(site) as server:
        yield server.address


# An open browser keeps an event loop running in the process, which tests of other folders must not
# find. It is closed after the last test of this folder.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.fail("there is no Chromium; apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address, plain_address) -> Iterator[Page]:
    """A page that fails its test after a console error or a request to another host."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if is_outside(request) else None)

    def is_outside(request) -> bool:
        return not request.url.startswith((f"{address}/", f"{plain_address}/", "data:", "blob:"))

    yield page
    harmed = page.evaluate("window.harmed")
    context.close()
    assert not harmed
    assert faults == []


@pytest.fixture
def analyze(page, address) -> Page:
    page.goto(f"{address}/analyze/")
    # Numbers are in the page from the start; inputs react once a chart is shown.
    expect(page.locator("[data-report] canvas").first).to_be_visible()
    # Charts that were shown before the database was open are shown again.
    expect(page.locator("[data-early]")).to_have_count(0)
    return page
