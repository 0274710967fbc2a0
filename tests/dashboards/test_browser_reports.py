"""The page of each report in a real browser: its parts, its SQL, its CSV and its insights."""

import csv
from datetime import date, timedelta
from math import inf, sqrt
from statistics import mean

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.browsing import choose_period, drawn_by, period, shown
from tests.dashboards.reader import truth_keys
from tests.dashboards.truth import measure_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Reports of tables that this desk does not have.
NOT_LANDED = {"calls": "calls", "availability": "agent_availability"}


def test_each_report_has_a_page_with_its_parts_its_sql_and_its_csv(page, address, desk):
    for report in desk.definitions.reports:
        page.goto(f"{address}/report/{report.slug}/")
        expect(page.get_by_text(report.definition, exact=True)).to_be_visible()
        expect(page.locator("[data-sql]")).to_contain_text(report.sql.strip().splitlines()[0])
        if report.slug in NOT_LANDED:
            text = f"Not configured: the landing folder has no {NOT_LANDED[report.slug]}."
            expect(page.locator("[data-unconfigured]")).to_contain_text(text)
            continue
        for name, text in desk.truth.texts(report, *period(desk, 90)).items():
            expect(shown(page, report, name)).to_have_text(text)
        for breakdown in report.breakdowns:
            first, last = period(desk, 90)
            truth = desk.truth.members(report, breakdown, first, last)
            earlier = first - timedelta(days=90), first - timedelta(days=1)
            before = desk.truth.members(report, breakdown, *earlier)
            both = {*truth, *before}
            rows = page.locator(f'[data-breakdown="{breakdown.name}"] tbody tr')
            # Up to two companies share a name, which the truth has once.
            counts = {min(len(both) + more, 10) for more in (0, int("Twin" in both))}
            # One member alone has no table.
            counts = {0 if count == 1 else count for count in counts}
            if counts != {0}:
                expect(rows.first).to_be_visible()
            assert rows.count() in counts, (report.id, breakdown.name)
            for row in rows.all():
                name, *cells = [cell.inner_text().strip() for cell in row.locator("td").all()]
                # Members with the same name have their keys in brackets.
                if name in truth and name in before and not name.startswith("Twin"):
                    texts = [
                        measure_text(measure, value)
                        for measure, value in zip(report.measures, truth[name], strict=True)
                    ]
                    texts.append(measure_text(report.measures[0], before[name][0]))
                    assert cells[: len(texts)] == texts, (report.id, name)


def test_a_table_is_saved_as_csv_that_no_spreadsheet_runs(page, address, desk, tmp_path):
    report = next(item for item in desk.definitions.reports if item.id == "R1")
    page.goto(f"{address}/report/r1/")
    breakdown = next(item for item in report.breakdowns if item.name == "company")
    expect(page.locator('[data-breakdown="company"] tbody tr').first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name=f"CSV of {report.title} by {breakdown.label}").click()
    path = tmp_path / "saved.csv"
    saved.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    measures = [measure.label for measure in report.measures]
    assert header == [breakdown.label, *measures, "Before", "Change", "Contribution"]
    first, last = period(desk, 90)
    truth = desk.truth.members(report, breakdown, first, last)
    earlier = first - timedelta(days=90), first - timedelta(days=1)
    before = desk.truth.members(report, breakdown, *earlier)
    # All members, also those that the table does not show at first.
    assert len(rows) - len({*truth, *before}) in (0, 1)
    assert len(rows) > 10
    for name, *values in rows:
        name = name if name in {*truth, *before} else name.removeprefix("'")
        if not name.startswith("Twin"):
            now, then = (float(found.get(name, (0,))[0]) for found in (truth, before))
            assert [float(value) for value in values] == [now, then, now - then, now - then]
    assert not [name for name, *_ in rows if name.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("identifier", ["R2", "A7"])
def test_counts_are_stacked_with_the_first_measure(page, address, desk, identifier):
    report = next(one for one in desk.definitions.reports if one.id == identifier)
    page.goto(f"{address}/report/{report.slug}/")
    measures = {one.name: one.sum for one in report.measures}
    columns = ", ".join(f"sum({measures[name]})::int" for name in report.stack)
    first, last = period(desk, 90)
    # Of a level the last date of each week counts.
    level = f"and (isodow(report_date) = 7 or report_date = '{last}')"
    wanted = desk.truth.connection.execute(
        f"select {columns} from {report.relation.sql} where report_date between '{first}' and '{last}' "
        f"{level if report.is_point_in_time else ''} "
        "group by date_trunc('week', report_date) order by date_trunc('week', report_date)"
    ).fetchall()
    main, *stacked = drawn_by(page, report)
    assert len(main) == len(wanted)
    assert [
        tuple(int(value) for value in values)
        for values in zip(*stacked[: len(report.stack)], strict=True)
    ] == wanted


def test_plain_files_list_the_tickets_of_the_default_choices(page, plain_address, desk):
    report = next(one for one in desk.definitions.reports if one.id == "R1")
    page.goto(f"{plain_address}/report/r1/")
    place = page.locator('[data-behind="R1"]')
    wanted = desk.truth.values(report, *period(desk, 90))[report.measures[0].name]
    expect(place.locator("[data-total]")).to_have_text(f"{wanted:,.0f}")
    expect(place.locator("tbody tr")).to_have_count(int(wanted))
    expect(place.get_by_role("link")).to_have_count(0)
    choose_period(page, "30")
    expect(place.locator("[data-unanswered]")).to_contain_text("helpdesk serve")
    expect(place.locator("tbody tr")).to_have_count(0)


def test_a_leaderboard_is_sorted_searched_shown_whole_and_filters_the_page(page, address, desk):
    page.goto(f"{address}/report/r1/")
    place = page.locator('[data-breakdown="company"]')
    rows = place.locator("tbody tr")
    expect(rows).to_have_count(10)
    # Who contributed most to the change is on top.
    expect(place.locator("th[aria-sort=ascending], th[aria-sort=descending]")).to_contain_text(
        "Contribution"
    )
    place.get_by_role("button", name="Show all").click()
    expect(place.get_by_text("Show all")).to_have_count(0)
    assert rows.count() > 10
    main = next(item for item in desk.definitions.reports if item.id == "R1").measures[0]
    for direction in ("descending", "ascending"):
        place.locator("thead").get_by_role("button", name=main.label).click()
        expect(place.locator(f'th[aria-sort="{direction}"]')).to_contain_text(main.label)
        values = [
            int(text) for text in rows.locator(f'[data-column="{main.name}"]').all_inner_texts()
        ]
        assert values == sorted(values, reverse=direction == "descending")
        assert len(set(values)) > 1
    place.get_by_role("searchbox").fill("no such company")
    expect(place.get_by_text("No matches.")).to_be_visible()
    place.get_by_role("searchbox").fill("acme")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button").click()
    name = rows.first.get_by_role("button").inner_text()
    expect(page.locator('[data-filter="company"]').get_by_role("button")).to_contain_text(name)
    assert "company=" in page.url


def sentences(desk, where: str, order: str) -> list[str]:
    found = desk.truth.connection.execute(
        f"select sentence from marts.rpt_insights where {where} order by {order}"
    )
    return [sentence for (sentence,) in found.fetchall()]


def expect_insights(page: Page, place, expected: list[str]) -> None:
    """Each sentence equals the mart's, with its row."""
    items = place.locator("[data-insight]")
    expect(items).to_have_count(len(expected))
    for item, sentence in zip(items.all(), expected, strict=True):
        expect(item).to_contain_text(sentence)
        expect(item.locator("table")).to_be_hidden()
        item.locator("summary").click()
        expect(item.locator("table")).to_be_visible()


def test_a_reports_insights_are_those_of_its_mart(page, address, desk):
    count = 0
    for report in desk.definitions.reports_of("analyze"):
        where = f"report_id = '{report.id}' and template <> 'level_same'"
        expected = sentences(desk, where, "position")
        page.goto(f"{address}/report/{report.slug}/")
        expect_insights(page, page.locator("main"), expected)
        count += len(expected)
    assert count > 5


def variance_of(desk, report, first, last, **keys) -> float | None:
    """The variance of a headline's sum, from its days, as docs/metrics/insights.md has it."""
    main = report.measures[0]
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    by_date = desk.truth.days(report, first, last, **keys)
    days = [by_date.get(day, (0, 0)) for day in dates]
    amounts, counts = zip(*days, strict=True)
    expected = [sum(amounts) / len(dates)] * len(dates)
    usual = [mean(amounts[number % 7 :: 7]) for number in range(len(dates))]
    if main.denominator:
        whole = sum(amounts) / sum(counts) if sum(counts) else 0
        expected = usual = [whole * count for count in counts]
    squares, weeks = 0.0, dict.fromkeys(range((len(dates) + 6) // 7), 0.0)
    for number, amount in enumerate(amounts):
        squares += (amount - usual[number]) ** 2
        weeks[(len(dates) - 1 - number) // 7] += amount - expected[number]
    if len(weeks) < 2:
        return None
    widest = max(squares, sum(value**2 for value in weeks.values()))
    return widest * len(weeks) / (len(weeks) - 1)


def squared_error(main, value: float, n: float, variance: float | None) -> float:
    """Of a period's headline; for a count and a share no less than chance gives."""
    if main.format == "count" and not main.denominator:
        return max(variance or 0, value)
    if main.format == "percent":
        return max(variance or 0, n * value * (1 - value)) / n**2
    return inf if variance is None else variance / n**2


def is_notable(main, value: float, before: float, error: float) -> bool:
    """A tenth of the value or three points, and three standard errors."""
    least = 0.03 if main.format in ("percent", "points") else abs(before) / 10
    return value != before and abs(value - before) >= max(least, 3 * error)


def drivers_of(desk, report, reader, inputs, choice) -> list[tuple[str, float]]:
    """Breakdown and part of the members that a change comes from, by docs/metrics/insights.md."""
    main = report.measures[0]
    values = {row["is_now"]: row[main.name] for row in reader.rows(f"{report.slug}_period", inputs)}
    if None in (values.get(True), values.get(False)):
        return []
    change = values[True] - values[False]
    dates = [
        [
            date.fromisoformat(f"{inputs['period'][f'{before}{end}']}"[:10])
            for end in ("start", "end")
        ]
        for before in ("", "before_")
    ]
    variances = [None, None]
    if not report.is_point_in_time:
        keys = truth_keys(desk, choice)
        variances = [variance_of(desk, report, *both, **keys) for both in dates]
    found = []
    for breakdown in report.breakdowns:
        rows = reader.rows(f"{report.slug}_by_{breakdown.name}", inputs)
        now, before = (sum(row[name] or 0 for row in rows) for name in ("n", "n_before"))
        # A score cannot explain the average of scores.
        if report.histogram and breakdown.name == report.histogram.values.name:
            continue
        if breakdown.is_several or len(rows) < 2 or min(now, before) < 20:
            continue
        periods = zip((values[True], values[False]), (now, before), variances, strict=True)
        error = sqrt(sum(squared_error(main, *one) for one in periods))
        if not is_notable(main, values[True], values[False], error):
            continue
        parts = [
            ((row["contribution"] or 0) / change, (row["n"] + row["n_before"]) / (now + before))
            for row in rows
        ]
        large = [part for part, size in parts if part >= 0.3 and part - size >= 0.2]
        found += [(breakdown.name, max(large))] if large else []
    return sorted(found, key=lambda one: -one[1])[:2]


@pytest.mark.parametrize(
    ("of", "choice"),
    [
        ("analyze", {"period": "90"}),
        ("service", {"period": "this_quarter"}),
        ("responses", {"period": "90", "team": "generic:t2"}),
    ],
)
def test_a_change_names_the_members_that_it_comes_from(page, address, desk, reader, of, choice):
    """For the period and the filters that are shown; a member's name becomes the filter."""
    [inputs] = reader.inputs(choice)
    query = "&".join(f"{name}={value}" for name, value in choice.items())
    explained = ""
    for report in desk.definitions.reports_of(of):
        expected = drivers_of(desk, report, reader, inputs, choice)
        page.goto(f"{address}/report/{report.slug}/?{query}")
        shown_or_not = "[data-measure], [data-empty], [data-unconfigured]"
        expect(page.locator(shown_or_not).first).to_be_visible()
        drivers = page.locator("[data-driver]")
        expect(drivers).to_have_count(len(expected))
        for item, (name, part) in zip(drivers.all(), expected, strict=True):
            assert item.get_attribute("data-driver") == name
            share = f"{int(100 * part + 0.5)}% of the change"
            expect(item).to_contain_text("others moved the other way" if part > 1 else share)
        explained = page.url if expected else explained
    assert explained
    if "team" in choice:
        # The sentences of the build are of the whole help desk.
        expect(page.locator("[data-insight]")).to_have_count(0)
        return
    page.goto(explained)
    button = page.locator("[data-driver]").get_by_role("button").first
    name = button.inner_text()
    button.click()
    expect(page.locator("[data-filter]").get_by_role("button", name=name)).to_be_visible()
