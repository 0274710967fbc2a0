"""Filters of several members, and of those left out, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.dashboards.browsing import add, choose, expect_reports, period
from tests.dashboards.truth import Without

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ACME, FIRST = "generic:plain", "generic:c1"


@pytest.fixture(scope="module")
def address(plain_address) -> str:
    return plain_address


@pytest.fixture
def company(desk):
    (item,) = [item for item in desk.definitions.filters if item.id == "F5"]
    return item


@pytest.fixture
def box(analyze, company):
    return analyze.locator(f'[data-filter="{company.name}"]')


def test_several_members_count_together_and_a_chip_removes_one(analyze, desk, company, box):
    both = {company.column: [ACME, FIRST]}
    box.get_by_role("button").click()
    add(analyze, company, "Acme")
    add(analyze, company, "Company 1")
    box.get_by_role("combobox").press("Escape")
    expect(box.get_by_role("button")).to_contain_text("2 chosen")
    expect_reports(analyze, desk, *period(desk, 90), **both)
    assert analyze.url.count("company=") == 2
    analyze.get_by_role("button", name="Remove Company: Acme").click()
    expect_reports(analyze, desk, *period(desk, 90), **{company.column: FIRST})
    analyze.go_back()
    expect_reports(analyze, desk, *period(desk, 90), **both)
    expect(analyze.get_by_test_id("chips").get_by_role("button")).to_have_count(3)
    # The owner narrows the companies further.
    owner = desk.definitions.filters[0]
    choose(analyze, owner, "Zoe")
    expect_reports(analyze, desk, *period(desk, 90), **both, **{owner.column: "generic:1"})
    analyze.get_by_role("button", name="Clear filters").click()
    expect_reports(analyze, desk, *period(desk, 90))
    expect(analyze.get_by_test_id("chips")).to_have_count(0)


def test_members_are_left_out_with_is_not(analyze, address, desk, company, box):
    choose(analyze, company, "Acme")
    box.get_by_role("button").click()
    box.get_by_role("radio", name="is not").check()
    expect(box.get_by_role("button")).to_contain_text("not Acme")
    expect_reports(analyze, desk, *period(desk, 90), **{company.column: Without([ACME])})
    add(analyze, company, "Company 1")
    left_out = {company.column: Without([ACME, FIRST])}
    expect_reports(analyze, desk, *period(desk, 90), **left_out)
    assert analyze.url.count("company.not=") == 2
    analyze.reload()
    expect_reports(analyze, desk, *period(desk, 90), **left_out)
    # A member of a table replaces them.
    analyze.goto(f"{address}/report/r1/")
    analyze.locator('[data-breakdown="company"]').get_by_role("button", name="Company 2").click()
    expect(box.get_by_role("button")).to_contain_text("Company 2")
    assert "company.not" not in analyze.url


def test_a_list_is_used_by_keyboard_alone(analyze, desk, company, box):
    box.get_by_role("button").focus()
    analyze.keyboard.press("Enter")
    analyze.keyboard.type("company")
    for key in ("ArrowDown", "Space", "ArrowDown", "Enter"):
        analyze.keyboard.press(key)
    chosen = box.get_by_role("option", selected=True)
    expect(chosen).to_have_text([re.compile("Company 2"), re.compile("Company 3")])
    analyze.keyboard.press("Enter")
    # A space is part of a name that is typed.
    analyze.keyboard.type("company 1")
    analyze.keyboard.press("Enter")
    analyze.keyboard.press("Escape")
    expect(box.get_by_role("listbox")).to_have_count(0)
    expect(box.get_by_role("button")).to_be_focused()
    keys = {company.column: [FIRST, "generic:c2"]}
    expect_reports(analyze, desk, *period(desk, 90), **keys)


def test_a_key_that_is_not_in_the_data_has_no_rows(analyze, desk):
    analyze.goto(f"{analyze.url}&company=nobody")
    card = analyze.locator('[data-report="R1"]')
    expect(card.locator("[data-empty]")).to_be_visible()
    expect(card.locator("[data-measure]")).to_have_count(0)
    analyze.get_by_role("button", name="Remove Company: nobody (no rows)").click()
    expect_reports(analyze, desk, *period(desk, 90))
