"""Choices that a reader saves under a name, on pages that are plain files."""

import pytest
from playwright.sync_api import expect

from tests.dashboards.browsing import choose, choose_period, expect_reports, period

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOSTILE = '<img src=x onerror="window.harmed = true"> \'"); {#if x}'


@pytest.fixture(scope="module")
def address(plain_address) -> str:
    return plain_address


@pytest.fixture
def views(analyze):
    return analyze.locator("[data-views]")


def save(page, name: str) -> None:
    page.locator("[data-views] > button").click()
    page.get_by_label("Name of this view").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.locator("[data-views] > button")).to_contain_text(name)


def test_saved_choices_are_taken_up_as_they_were(analyze, views, desk):
    team = next(one for one in desk.definitions.filters if one.name == "team")
    choose(analyze, team, "Back office")
    choose_period(analyze, "30")
    analyze.get_by_label("Comparison").select_option("year")
    save(analyze, HOSTILE)
    address = analyze.url

    analyze.get_by_role("button", name="Clear filters").click()
    choose_period(analyze, "all")
    expect(views).to_contain_text("Not saved")
    analyze.reload()
    views.get_by_role("button").click()
    views.get_by_role("button", name=HOSTILE, exact=True).click()
    assert analyze.url == address
    expect(views).to_contain_text(HOSTILE)
    expect_reports(analyze, desk, *period(desk, 30), team_key="generic:t2")
    analyze.go_back()
    expect(views).to_contain_text("Not saved")
    expect(analyze.get_by_label("Period", exact=True)).to_have_value("all")


def test_a_view_is_renamed_replaced_and_deleted(analyze, views):
    save(analyze, "Mondays")
    choose_period(analyze, "7")
    save(analyze, "Week")
    # The same name replaces the view.
    choose_period(analyze, "30")
    save(analyze, "Week")
    views.get_by_role("button").click()
    expect(views.locator("[data-view]")).to_have_count(2)

    views.get_by_role("button", name="Rename Week").press("Enter")
    expect(views.get_by_label("New name of Week")).to_be_focused()
    analyze.keyboard.type("Month")
    analyze.keyboard.press("Enter")
    expect(views.locator('[data-view="Month"]')).to_be_visible()
    names = views.locator("[data-view]").evaluate_all("all => all.map(one => one.dataset.view)")
    assert names == ["Mondays", "Month"]
    views.get_by_role("button", name="Delete Mondays").press("Enter")
    expect(views.locator("[data-view]")).to_have_count(1)
    analyze.keyboard.press("Escape")
    expect(views.locator("> button")).to_be_focused()
    expect(views).to_contain_text("Month")
    analyze.reload()
    expect(views).to_contain_text("Month")


def test_a_broken_storage_leaves_the_page_whole(analyze, views, desk):
    analyze.evaluate("""() => {
        localStorage.setItem('desk.views:', JSON.stringify([
            {name: 'Old', search: 'period=30&gone=1&gone.not=2&__proto__=x'}, {name: 1}, {search: '?'}
        ]));
    }""")
    analyze.reload()
    views.get_by_role("button").click()
    views.get_by_role("button", name="Old", exact=True).click()
    assert "gone" not in analyze.url
    expect_reports(analyze, desk, *period(desk, 30))
    analyze.evaluate("() => localStorage.setItem('desk.views:', '{')")
    analyze.reload()
    views.get_by_role("button").click()
    expect(views.locator("[data-view]")).to_have_count(0)
    analyze.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    analyze.get_by_label("Name of this view").fill("None")
    analyze.keyboard.press("Enter")
    expect(views.get_by_role("alert")).to_contain_text("does not keep views")
