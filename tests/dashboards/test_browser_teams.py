"""The team filter of the pages Summary and SLA in a real browser: every number equals SQL."""

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.browsing import add, choose
from tests.dashboards.truth import duration_text
from tests.dashboards.widgets import DAY_BEFORE, METRICS, NOW, TODAY

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FRONT, BACK = "Front <b>line</b>", "Back office"
KEYS = {FRONT: "generic:t1", BACK: "generic:t2"}
BOTH = f"team_key in ('{KEYS[FRONT]}', '{KEYS[BACK]}')"


@pytest.fixture
def team(desk):
    (item,) = [item for item in desk.definitions.filters if item.name == "team"]
    return item


def of(name: str) -> str:
    return f"team_key = '{KEYS[name]}'"


def expect_summary(page: Page, ask, where: str) -> None:
    """The figures of the summary are those of the tickets, clocks and answers of the teams."""
    tickets = f"from marts.fct_tickets where not is_excluded and {where} and"
    intervals = f"from marts.fct_ticket_open_intervals where not is_excluded and {where} and"
    counts = {
        "tickets_opened": (
            f"{tickets} created_date = {TODAY}",
            f"{tickets} created_date = {TODAY} - 1 and created_at <= {DAY_BEFORE}",
        ),
        "tickets_open": (
            f"{intervals} is_current",
            f"{intervals} started_at <= {DAY_BEFORE} and coalesce(ended_at > {DAY_BEFORE}, true)",
        ),
        "tickets_closed": (
            f"{tickets} closed_date = {TODAY}",
            f"{tickets} closed_date = {TODAY} - 1 and closed_at <= {DAY_BEFORE}",
        ),
    }
    tiles = page.locator("[data-widget=figures]").first
    for figure, (now, before) in counts.items():
        value, yesterday = (ask(f"select count(*) {sql}") for sql in (now, before))
        tile = tiles.locator(f'[data-figure="{figure}"]')
        expect(tile.locator("[data-value]")).to_have_text(f"{value}")
        expect(tile.locator("[data-change]")).to_contain_text(
            "as yesterday" if value == yesterday else f"yesterday {yesterday}"
        )
    for figure, column, day in (
        ("first_response_time", "first_response_seconds", "first_response_date"),
        ("time_to_close", "time_to_close_seconds", "closed_date"),
    ):
        mean = ask(f"select avg({column}) {tickets} {day} = {TODAY}")
        text = "\N{EN DASH}" if mean is None else duration_text(mean)
        expect(tiles.locator(f'[data-figure="{figure}"] [data-value]')).to_have_text(text)
    share = ask(
        f"""select 100 * avg(is_positive::int) from marts.fct_survey_responses where {where}
        and not is_excluded and survey_kind = 'csat' and score is not null
        and responded_date = {TODAY}"""
    )
    text = "\N{EN DASH}" if share is None else f"{round(share, 1):g}%"
    expect(tiles.locator('[data-figure="csat"] [data-value]')).to_have_text(text)
    for label, metric in METRICS.items():
        group = page.locator(f'[data-group="{label}"]')
        for state in ("overdue", "due_soon", "active", "paused"):
            value = ask(
                f"""select count(*) from marts.fct_sla_clocks where not is_excluded and {where}
                and metric = '{metric}' and status = '{state}'"""
            )
            expect(group.locator(f'[data-figure="{state}"] [data-value]')).to_have_text(f"{value}")
    for age, bounds in {
        "age_under_1_day": "< 86400",
        "age_1_to_3_days": "between 86400 and 259199",
        "age_3_to_7_days": "between 259200 and 604799",
        "age_7_to_30_days": "between 604800 and 2591999",
        "age_over_30_days": ">= 2592000",
    }.items():
        value = ask(
            f"select count(*) {intervals} is_current and epoch({NOW}) - epoch(created_at) {bounds}"
        )
        bar = page.locator(f'[data-widget=bars] [data-figure="{age}"] [data-value]')
        expect(bar).to_have_text(f"{value}")
    channel = page.locator("[data-widget=members] tbody tr").filter(has_text="Email")
    value = ask(f"select count(*) {intervals} is_current")
    expect(channel.locator("[data-value]").last).to_have_text(f"{value}")


def test_the_summary_of_teams_equals_sql(page, address, desk, ask, team):
    page.goto(f"{address}/summary/")
    expect_summary(page, ask, "true")
    expect(page.locator("[data-whole]")).to_have_count(0)
    start = page.url
    choose(page, team, BACK)
    expect_summary(page, ask, of(BACK))
    assert page.url == f"{address}/summary/?team=generic%3At2"
    # What needs attention is of the whole help desk. No agent of this desk is in a team.
    expect(page.locator("[data-widget=insights] [data-whole]")).to_be_visible()
    expect(page.locator("[data-widget=availability] [data-load]")).to_have_count(0)
    # So are the curves of the day.
    expect(page.locator("[data-curve]")).to_have_count(0)
    page.locator('[data-filter="team"]').get_by_role("button").click()
    add(page, team, FRONT)
    page.keyboard.press("Escape")
    expect_summary(page, ask, BOTH)
    page.reload()
    expect_summary(page, ask, BOTH)
    page.go_back()
    expect_summary(page, ask, of(BACK))
    page.go_back()
    expect_summary(page, ask, "true")
    assert page.url == start
    page.go_forward()
    expect_summary(page, ask, of(BACK))


def test_teams_are_left_out_and_the_choice_is_kept_from_page_to_page(
    page, address, desk, ask, team
):
    page.goto(f"{address}/summary/")
    choose(page, team, BACK)
    box = page.locator('[data-filter="team"]')
    box.get_by_role("button").click()
    box.get_by_role("radio", name="is not").check()
    page.keyboard.press("Escape")
    expect_summary(page, ask, of(FRONT))
    assert page.url.endswith("?team.not=generic%3At2")
    page.goto(f"{address}/analyze/")
    expect(box.get_by_role("button")).to_contain_text(f"not {BACK}")
    # The period is of no use on a page of the present, and is kept for the next report.
    page.get_by_label("Period", exact=True).select_option("30")
    page.goto(f"{address}/sla/")
    expect(box.get_by_role("button")).to_contain_text(f"not {BACK}")
    assert page.url == f"{address}/sla/?team.not=generic%3At2"
    page.goto(f"{address}/analyze/")
    expect(page.get_by_label("Period", exact=True)).to_have_value("30")


def test_the_sla_page_of_a_team_equals_sql(page, address, desk, ask, team):
    page.goto(f"{address}/sla/")
    choose(page, team, FRONT)
    rows = page.locator("[data-widget=targets] tbody tr")
    expect(rows).to_have_count(len(METRICS))
    for label, metric in METRICS.items():
        clocks = f"from marts.fct_sla_clocks where not is_excluded and {of(FRONT)} and metric = '{metric}' and"
        cells = rows.filter(has_text=label).locator("td")
        for place, state in enumerate(("overdue", "due_soon", "active", "paused"), start=3):
            value = ask(f"select count(*) {clocks} status = '{state}'")
            expect(cells.nth(place)).to_have_text(f"{value}")
        due = f"{clocks} due_date between {TODAY} - 29 and {TODAY} and status in"
        kept = ask(f"select count(*) {due} ('completed_on_time')")
        missed = ask(f"select count(*) {due} ('completed_late', 'overdue')")
        share = 100 * kept / (kept + missed)
        expect(cells.nth(7)).to_contain_text(f"{round(share, 1):g}%")
        expect(cells.nth(7)).to_contain_text(f"of {kept + missed}")
        expect(cells.nth(9)).to_have_text(f"{missed}")
    table = page.locator("[data-widget=misses]")
    total = ask(
        f"""select count(*) from marts.fct_sla_clocks where not is_excluded and {of(FRONT)}
        and status in ('completed_late', 'overdue')"""
    )
    shown = min(total, 200)
    expect(table.locator("[data-counted]")).to_contain_text(f"{shown} rows")
    # One way to choose a team.
    expect(table.get_by_label("Team")).to_have_count(0)
    table.get_by_role("button", name="Show all").click()
    teams = table.locator("tbody tr td:nth-child(8)")
    expect(teams).to_have_count(shown)
    assert set(teams.all_inner_texts()) == {FRONT}


def test_a_figure_of_a_team_leads_to_its_tickets(page, address, desk, ask, team):
    page.goto(f"{address}/summary/")
    choose(page, team, FRONT)
    expect_summary(page, ask, of(FRONT))
    figure = page.locator('[data-figure="tickets_open"] [data-value]').first
    number = int(figure.inner_text())
    figure.click()
    listed = page.locator('[data-tickets="tickets_open"]')
    expect(listed.locator("[data-total]")).to_have_text(f"{number}")
    expect(listed.locator("tbody tr")).to_have_count(number)
    assert "team=generic%3At1" in page.url
    cells = listed.locator("tbody [data-column=ticket_id]")
    ids = {text.strip() for text in cells.all_inner_texts()}
    rows = desk.truth.connection.execute(
        f"select ticket_id from marts.fct_tickets where not is_excluded and closed_at is null and {of(FRONT)}"
    ).fetchall()
    assert ids == {ticket for (ticket,) in rows}
    # The choice can be changed there, and Back undoes it.
    choose(page, team, "All")
    whole = ask(
        "select count(*) from marts.fct_tickets where not is_excluded and closed_at is null"
    )
    expect(listed.locator("[data-total]")).to_have_text(f"{whole}")
    page.go_back()
    expect(listed.locator("[data-total]")).to_have_text(f"{number}")
    page.go_back()
    expect_summary(page, ask, of(FRONT))


def test_the_wall_keeps_the_team(page, address, desk, ask, team):
    page.goto(f"{address}/summary/?team=generic%3At2&wall")
    wall = page.locator("[data-on-wall]")
    expect(wall.locator("[data-teams]")).to_contain_text(f"Team: {BACK}")
    value = ask(
        f"""select count(*) from marts.fct_ticket_open_intervals
        where not is_excluded and is_current and {of(BACK)}"""
    )
    expect(wall.locator('[data-figure="tickets_open"] [data-value]')).to_have_text(f"{value}")
    page.keyboard.press("Escape")
    expect(wall).to_have_count(0)
    expect_summary(page, ask, of(BACK))
    page.get_by_role("button", name="Wall screen").click()
    expect(wall.locator("[data-teams]")).to_contain_text(BACK)
    assert "team=generic%3At2" in page.url
