"""The pages in Norwegian: every text, numbers and dates, and the choice of the language."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk.contract.tables import contract_tables
from helpdesk.dashboards.languages import PLACE, read_catalogue, texts_of
from helpdesk.dashboards.site import build_site
from helpdesk.serve.server import serving
from tests.dashboards.browsing import PATIENCE, mostly_long
from tests.dashboards.desk import ACCOUNTS, AGENTS, COMPANIES, PIPELINES, STATUSES, TEAMS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = [
    "", "summary/", "summary/?wall", "analyze/", "service/", "responses/", "sla/", "quality/",
    "report/r1/", "report/r2/", "report/r3/", "report/c2/", "report/c3/",
    "ticket/?ticket=generic:1'\"", "tickets/#tickets_open", "no-such-page/", "reports/", "people/",
    "calls/", "availability/", "report/calls/", "report/availability/", "report/none/", "builder/",
    "report/r1/#build=", "ticket/?ticket=none",
]  # fmt: skip
TRIED = mostly_long(PAGES, also_short={
    "summary/", "analyze/", "sla/", "report/c3/", "ticket/?ticket=generic:1'\"", "tickets/#tickets_open",
    "availability/", "report/none/", "report/r1/#build=",
})  # fmt: skip
# Names of the desk that are also texts of the pages.
NAMES = {
    *COMPANIES.values(), *AGENTS.values(), *TEAMS.values(), *ACCOUNTS.values(), *PIPELINES.values(),
    *(name for _, name, _ in STATUSES), "Email", "All", *contract_tables(),
    "<b>Easy?</b>", "Happy?", "Would you?",
    # A key, and a word of both languages.
    "(Esc)", "test",
}  # fmt: skip
# The texts that a reader sees or hears, without code and SQL.
SEEN = """() => {
    const isShown = (node) => node.checkVisibility({ visibilityProperty: true });
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const { parentElement: place } = node;
        if (!place.closest('script, style, code, pre, option[lang]') && isShown(place))
            found.push(node.textContent.trim());
    }
    for (const node of document.querySelectorAll('[title], [aria-label], [placeholder]'))
        for (const name of ['title', 'aria-label', 'placeholder'])
            if (node.hasAttribute(name) && !node.closest('header')) found.push(node.getAttribute(name));
    return [...found, document.title].filter(Boolean);
}"""
# Names of tables and columns, and values that are written alike in both languages.
ALIKE = re.compile(
    r"[a-z]+(_[a-z]+)+|[a-z_]+\.[a-z_]+|[\u2212+]?[\d,.]+ (min|s)( \d+ s)?( \(\d+ s\))?|[^A-Za-z]*|[A-Z]{2,}|"
    r"zendesk:123|n \d+|\d{8}T\d{6}\.\d+Z"
)
MONTHS = "January February March April May June July August September October November December"


@pytest.fixture(scope="module")
def live(site, desk) -> Iterator[str]:
    """The pages, with a server that answers from the marts too."""
    with serving(site, desk.marts.parent) as server:
        yield server.address


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


@pytest.fixture(scope="module")
def english() -> list[re.Pattern[str]]:
    """The English texts that differ in Norwegian, with any values."""
    found = []
    for message in read_catalogue("nb"):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        for text in ids:
            # A short word after any value can be Norwegian.
            least = 8 if "{" in text else 4
            if text not in ("", *strings) and len(re.sub(r"\{\w+\}|\W|_", "", text)) >= least:
                pieces = map(re.escape, PLACE.split(text.strip()))
                found.append(re.compile(".+".join(pieces), re.DOTALL))
    assert len(found) > 800
    return found


def visit(page: Page, address: str, path: str) -> None:
    page.goto(urljoin(f"{address}/", path))
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1").first).not_to_have_text("")


@pytest.fixture(scope="module")
def equal() -> list[re.Pattern[str]]:
    """The texts that are the same in Norwegian, with any values."""
    found = []
    for message in read_catalogue("nb"):
        if message.id == message.string and re.search("[a-z]", PLACE.sub("", str(message.id))):
            pieces = map(re.escape, PLACE.split(str(message.id)))
            found.append(re.compile(".+".join(pieces), re.DOTALL | re.IGNORECASE))
    return found


def texts_in(browser: Browser, code: str, address: str, path: str) -> set[str]:
    """The texts of a page with everything that opens on it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(f"localStorage.setItem('desk.language', '{code}')")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    visit(page, address, path)
    expect(page.get_by_text({"en": "Loading…", "nb": "Laster …"}[code])).to_have_count(0)
    page.evaluate(
        "() => document.querySelectorAll('main details').forEach((one) => (one.open = true))"
    )
    page.wait_for_load_state("networkidle")
    found = set(page.evaluate(SEEN))
    for control in page.locator("[data-definition], [data-actions], [data-place] > button").all():
        control.evaluate("one => one.click()")
        found |= set(page.evaluate(SEEN))
    context.close()
    return found


@pytest.mark.parametrize("path", TRIED)
def test_no_english_text_is_left(browser, live, site, english, equal, path):
    seen = texts_in(browser, "nb", live, path) - NAMES
    assert seen
    left = [text for text in seen if any(one.fullmatch(text) for one in english)]
    assert left == []

    # And a text that no catalogue has is the same in both.
    desk = json.loads(next(site.glob("data/*/desk.json")).read_text())
    names = {name for one in desk["filters"].values() for name in one["names"]}
    same = (seen & texts_in(browser, "en", live, path)) - names
    left = [
        text
        for text in same
        if not ALIKE.fullmatch(text) and not any(one.fullmatch(text) for one in equal)
    ]
    assert left == []


def test_numbers_and_dates_are_norwegian(reader, live):
    reader.add_init_script("localStorage.setItem('desk.language', 'nb')")
    visit(reader, live, "report/r3/?period=all&grain=month")
    expect(reader.locator("[data-measure]").first).not_to_be_empty()
    text = reader.locator("main").inner_text()
    assert not re.search(rf"\b({MONTHS.replace(' ', '|')}) \d{{4}}", text)
    assert not re.search(r"\d\.\d%|\d,\d{3}\b|\b\d+ h\b", text)
    assert re.search(r"\d+ t\b", text)
    expect(reader.get_by_test_id("dates")).to_have_text(
        re.compile(r"^\d+\. [a-zæøå]+.* til \d+\. ")
    )
    expect(reader.get_by_test_id("clock")).to_contain_text(re.compile(r"Per \d+\. mars 2026"))
    visit(reader, live, "report/r2/?period=all&grain=month")
    shares = reader.locator("[data-measure]", has_text="%")
    expect(shares.first).to_have_text(re.compile(r"^\d+(,\d)?\s%$"))


def test_the_menu_of_the_header_and_messages_of_the_server_are_norwegian(reader, live):
    reader.add_init_script("localStorage.setItem('desk.language', 'nb')")
    visit(reader, live, "ticket/?ticket=none")
    expect(reader.locator("[data-error]")).to_contain_text("denne byggingen har ikke saken")
    reader.locator("header button").last.click()
    items = reader.get_by_role("menuitem")
    expect(items).to_contain_text(["Skriv ut PDF", "Utseende"])
    items.last.click()
    expect(items.last).to_contain_text(re.compile("Lys|Mørk"))


def test_the_choice_is_kept(reader, live):
    visit(reader, live, "analyze/")
    expect(reader.locator("html")).to_have_attribute("lang", "en")
    expect(reader.get_by_label("Language").locator("option")).to_have_text(
        ["English", "Norsk bokmål"]
    )
    reader.get_by_label("Language").last.select_option("nb")
    expect(reader.locator("html")).to_have_attribute("lang", "nb")
    expect(reader.locator("h1")).to_contain_text("Analyse")
    assert "language=nb" in reader.url
    # The next page, another choice, Back, and a reload.
    reader.get_by_role("link", name="Oversikt").first.click()
    expect(reader.locator("h1")).to_contain_text("Oversikt")
    reader.go_back()
    expect(reader.locator("h1")).to_contain_text("Analyse")
    reader.get_by_label("Periode", exact=True).select_option("30")
    reader.wait_for_function("() => location.search.includes('period=30')")
    assert "language=nb" in reader.url
    shared = reader.url
    reader.go_back()
    reader.wait_for_function("() => !location.search.includes('period=30')")
    expect(reader.locator("h1")).to_contain_text("Analyse")
    reader.reload()
    expect(reader.locator("h1")).to_contain_text("Analyse")
    # Another tab of this browser, and another browser that gets the address.
    other = reader.context.new_page()
    visit(other, live, "summary/")
    expect(other.locator("h1")).to_contain_text("Oversikt")
    context = reader.context.browser.new_context()
    friend = context.new_page()
    visit(friend, live, shared)
    expect(friend.locator("html")).to_have_attribute("lang", "nb")
    expect(friend.get_by_label("Periode", exact=True)).to_have_value("30")
    visit(friend, live, "summary/")
    expect(friend.locator("h1")).to_contain_text("Oversikt")
    context.close()
    # And back to English.
    reader.get_by_label("Språk").last.select_option("en")
    expect(reader.locator("html")).to_have_attribute("lang", "en")
    expect(reader.locator("h1")).to_contain_text("Analyze")


def test_the_settings_give_the_language_of_readers_who_chose_none(browser, desk, tmp_path):
    site = tmp_path / "site"
    build_site(desk.marts, desk.manifest, site, language="nb")
    with serving(site) as server:
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        visit(page, server.address, "analyze/")
        expect(page.locator("html")).to_have_attribute("lang", "nb")
        expect(page.locator("h1")).to_contain_text("Analyse")
        assert "language" not in page.url
        page.get_by_label("Språk").last.select_option("en")
        expect(page.locator("h1")).to_contain_text("Analyze")
        page.reload()
        expect(page.locator("h1")).to_contain_text("Analyze")
        context.close()
    texts = json.loads(next(site.glob("data/*/languages/nb.json")).read_text())
    assert texts == texts_of("nb")
