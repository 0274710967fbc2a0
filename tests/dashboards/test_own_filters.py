"""Declared fields as filters of the pages: one desk, built with the command, in a real browser."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml
from playwright.sync_api import expect

from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import SHIPPED
from helpdesk.core.sql import text
from helpdesk.dashboards.definitions import Definitions, load_definitions
from helpdesk.dashboards.live import LiveReport
from helpdesk.dashboards.site import build_site
from helpdesk.reports.answers import read_calendar
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.declaration import read_project
from helpdesk.reports.models import read_reports
from helpdesk.reports.saved import PREBUILT, read_report
from helpdesk.reports.sql import Writer
from helpdesk.serve.server import serving
from helpdesk.transform.nodes import read_manifest
from helpdesk.transform.own_models import shown as shown_text
from tests.dashboards.browsing import choose, choose_period, expect_reports, shown
from tests.dashboards.desk import AS_OF, land
from tests.dashboards.truth import Truth

# tests/dashboards/test_added_filters.py has filters by any dimension, of a desk that others use too.
pytestmark = pytest.mark.long
LABEL = "Product <b>area</b> {{ 1 }} \"q\" 'z' {#"
# Values and labels that could do harm or be damaged between the file and the page.
OPTIONS = {
    "billing": "Billing & <i>refunds</i>",
    "o'b": "'; drop schema marts cascade; --",
    "img": '<img src=x onerror="window.harmed = true">',
    "twin": "${inputs.agent.value} {#if x}",
    "": "",
}
SETTINGS = {
    "fields": [
        {"field": "product_area", "label": LABEL, "filter": True},
        {"field": "severity", "type": "number", "filter": True},
        {"field": "plan", "at": ["creation"]},
    ],
    "tags": "all",
}
TAGS = ("vip", "<b>beta</b>", "churn; ${inputs.grain.value}")
# A report by a field of several values, and one without a ticket.
REPORTS = {
    "by_tag": {"source": "tickets", "measures": ["ticket_count"], "dimensions": ["tags"]},
    "customers": {"source": "companies", "measures": ["company_count"]},
}
COMMAND = ("-m", "helpdesk.cli.app")
MANIFEST = "from helpdesk.transform.manifest import ensure_manifest; print(ensure_manifest())"
# More tickets of one value in the last weeks than before, for the insights to name.
RISE = 150


@dataclass(frozen=True)
class Desk:
    """The published desk with declared fields."""

    marts: Path
    manifest: Path
    definitions: Definitions
    truth: Truth


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk with hostile names, its tickets with fields that its settings declare."""
    root = tmp_path_factory.mktemp("own")
    _land(root / "landing")
    config = root / "settings.yml"
    config.write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    paths = OutputPaths(root / "output")
    named = {"landing": root / "landing", "config": config}
    project = root / "project"
    settings = {
        f"HELPDESK_{name.upper()}": str(path)
        for name, path in {**named, "project": project}.items()
    }
    _run({}, *COMMAND, "init", project)
    for name, report in REPORTS.items():
        file = project / "reports" / f"{name}.yml"
        file.write_text(yaml.safe_dump({"title": name, "page": "own", **report}))
    _run(settings, *COMMAND, "report", "write")
    options = [word for name, path in named.items() for word in (f"--{name}", path)]
    options += ["--output", paths.root, "--as-of", AS_OF.isoformat()]
    _run(settings, *COMMAND, "build", *options)
    manifest = Path(_run(settings, "-c", MANIFEST).strip())
    definitions = load_definitions(manifest)
    with closing(Truth(paths.published, definitions)) as truth:
        yield Desk(paths.published, manifest, definitions, truth)


def _run(settings: dict[str, str], *words: object) -> str:
    """The output of a separate Python process, which knows the fields from its start."""
    command = [sys.executable, *map(str, words)]
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | settings
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def _land(folder: Path) -> None:
    land(folder)
    file = folder / "tickets.jsonl"
    tickets = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for number, ticket in enumerate(tickets):
        value = list(OPTIONS)[number % 7 % len(OPTIONS)]
        fields = {"product_area": value, "severity": [1, 2.5, None][number % 3], "plan": "pro"}
        ticket["own_fields"] = json.dumps(fields)
        ticket["tags"] = json.dumps([tag for place, tag in enumerate(TAGS) if number >> place & 1])
    for number in range(RISE):
        created = AS_OF - timedelta(days=1 + number % 25, hours=number % 5)
        rise = {
            **tickets[number],
            "ticket_id": f"rise-{number}",
            "created_at": created.isoformat(),
            "updated_at": created.isoformat(),
            "status_id": "new",
            "own_fields": json.dumps({"product_area": "billing", "severity": 2.5}),
            "tags": "vip",
        }
        tickets.append(rise)
    file.write_text("".join(json.dumps(one) + "\n" for one in tickets), encoding="utf-8")
    listed = {
        "field_id": "product_area",
        "name": "product_area",
        "type": "option",
        "label": "Area",
        "options": json.dumps({key: label for key, label in OPTIONS.items() if key}),
    }
    (folder / "ticket_fields.jsonl").write_text(json.dumps(listed) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def site(desk, tmp_path_factory) -> Path:
    site = tmp_path_factory.mktemp("site") / "site"
    build_site(desk.marts, desk.manifest, site)
    return site


@pytest.fixture(scope="module")
def plain_address(site) -> Iterator[str]:
    with serving(site) as server:
        yield server.address


@pytest.fixture(scope="module")
def address(plain_address) -> str:
    return plain_address


def own_filters(definitions: Definitions) -> list[str]:
    return [item.column for item in definitions.filters if item.dimension is None]


def test_the_declared_fields_are_the_last_filters_of_each_report_with_a_ticket(desk):
    assert own_filters(desk.definitions) == ["product_area", "severity"]
    assert [item.id for item in desk.definitions.filters] == [f"F{n}" for n in range(1, 8)]
    assert {
        report.slug for report in desk.definitions.reports if "field_severity" not in report.filters
    } == {"customers", "availability"}


def test_a_filter_changes_no_total(desk):
    """Each report has the total of its SQL without the macros of declared fields."""
    for report in desk.definitions.reports:
        if report.page == "own" or "field_severity" not in report.filters:
            continue
        plain = _as_shipped(report.relation.name)
        sums = ", ".join(f"sum({column})" for column in report.measure_columns)
        total, shipped = (
            desk.truth.connection.execute(f"select {sums} from {relation}").fetchone()
            for relation in (report.relation.sql, f"({plain})")
        )
        assert total == pytest.approx(shipped), report.id


def _as_shipped(model: str) -> str:
    """A report's SQL without the declared filters, over the marts."""
    (file,) = SHIPPED.joinpath("models/marts").rglob(f"{model}.sql")
    text = re.sub(r"\{\{ own_filter_\w+\(.*?\) \}\}", "", file.read_text(encoding="utf-8"))

    class Mart(str):
        def include(self, database: bool) -> str:
            return f"marts.{self}"

    return jinja2.Template(text).render(ref=Mart, sorted_values=lambda column: f"list({column})")


def test_a_report_by_a_declared_field_equals_the_tickets(desk):
    sql = "select {0}, count(*) from {1} group by {0} order by 1"
    for column in own_filters(desk.definitions):
        facts = desk.truth.connection.execute(
            sql.format(column, "marts.fct_tickets where not is_excluded")
        ).fetchall()
        report = desk.truth.connection.execute(
            f"select {column}, sum(ticket_count)::bigint from marts.rpt_tickets_created "
            "group by 1 order by 1"
        ).fetchall()
        assert report == facts
        assert len(facts) > 2


def test_a_report_that_is_computed_live_has_the_filters_of_declared_fields(desk):
    catalogue, built = load_catalogue(desk.manifest), desk.definitions
    project = read_project(read_manifest(desk.manifest))
    listed = {one.slug: one for one in built.reports}
    area = next(one for one in built.filters if one.column == "product_area")
    severity = next(one for one in built.filters if one.column == "severity")
    tried = 0
    for report in read_reports(catalogue, PREBUILT):
        live = LiveReport(report, catalogue, project, built, True, with_people=False)
        assert live.filters == listed[report.id.lower()].filters, report.id
        for choices, condition in (
            ({area.name: ["billing", "o'b"]}, "product_area in ('billing', 'o''b')"),
            ({f"{area.name}.not": [""]}, "product_area is not null"),
            ({area.name: [""], severity.name: ["2.5"]}, "product_area is null and severity = 2.5"),
        ):
            with closing(duckdb.connect()) as connection:
                connection.execute(f"attach {text(desk.marts)} as served (read_only)")
                connection.execute("use served")
                calendar = read_calendar(connection)
                first, last = calendar.first.isoformat(), calendar.as_of.isoformat()
                page = {
                    "clock": {"first": first, "last": last, "today": last},
                    "defaults": {"period": "all", "grain": "month"},
                }
                answer = live.answer(connection, calendar, page, choices)
            dates = f"report_date {'=' if report.is_point_in_time else '<='} date '{last}'"
            main = listed[report.id.lower()].measures[0]
            wanted = desk.truth.connection.execute(
                f"select sum({main.denominator or main.sum}) from marts.{report.model} "
                f"where {dates} and {condition}"
            ).fetchone()
            found = [row for row in answer["results"]["period"] if row["is_now"]]
            assert bool(found) == (wanted[0] is not None), (report.id, choices)
            if found and not main.denominator:
                assert found[0][main.name] == wanted[0], (report.id, choices)
                tried += 1
    assert tried > 5


def test_a_declared_field_is_named_as_the_driver_of_a_change(desk):
    found = desk.truth.connection.execute(
        "select dimension_label, member_name, sentence from marts.rpt_insights "
        "where report_id = 'R1' and kind = 'driver' and dimension = 'product_area'"
    ).fetchall()
    assert [(name, member) for name, member, _ in found] == [(LABEL, OPTIONS["billing"])]
    assert OPTIONS["billing"] in found[0][2]


@pytest.mark.browser
@pytest.mark.slow
def test_a_prebuilt_report_is_filtered_by_a_declared_field(analyze, desk):
    item = next(one for one in desk.definitions.filters if one.column == "product_area")
    box = analyze.locator(f'[data-filter="{item.name}"]')
    expect(box.get_by_role("button")).to_contain_text(shown_text(LABEL))
    choose_period(analyze, "all")
    first, last = desk.truth.first_day(), desk.truth.last_day()
    for value in filter(None, OPTIONS.values()):
        choose(analyze, item, value)
        expect_reports(analyze, desk, first, last, product_area=value)
    report = next(one for one in desk.definitions.reports if one.id == "R1")
    tickets = "select count(*) from marts.fct_tickets where not is_excluded and product_area "
    (count,) = desk.truth.connection.execute(f"{tickets} = ?", [value]).fetchone()
    expect(shown(analyze, report, "tickets")).to_have_text(str(count))
    # The choice is in the address, also on the page of one report.
    analyze.goto(analyze.url.replace("/analyze/", "/report/r1/"))
    expect(shown(analyze, report, "tickets")).to_have_text(str(count))
    choose(analyze, item, "No value")
    (count,) = desk.truth.connection.execute(f"{tickets} is null").fetchone()
    expect(shown(analyze, report, "tickets")).to_have_text(str(count))
    analyze.reload()
    expect(shown(analyze, report, "tickets")).to_have_text(str(count))


@pytest.mark.browser
@pytest.mark.slow
def test_a_number_is_a_filter_by_its_values(analyze, desk):
    item = next(one for one in desk.definitions.filters if one.column == "severity")
    choose(analyze, item, "1")
    last: date = desk.truth.last_day()
    expect_reports(analyze, desk, last - timedelta(days=89), last, severity=1.0)


@pytest.mark.browser
@pytest.mark.slow
def test_the_backlog_says_that_it_is_filtered_by_the_present_value(page, address, desk):
    item = next(one for one in desk.definitions.filters if one.column == "product_area")
    report = next(one for one in desk.definitions.reports if one.id == "A7")
    page.goto(f"{address}/report/{report.slug}/")
    expect(page.locator("[data-present]")).to_have_count(0)
    choose(page, item, OPTIONS["billing"])
    expect(page.locator("[data-present]")).to_have_text(
        f"Filtered by {shown_text(LABEL)} as tickets have it now, on earlier dates too."
    )
    (count,) = desk.truth.connection.execute(
        "select count(*) from marts.fct_tickets "
        "where not is_excluded and status_state <> 'closed' and product_area = ?",
        [OPTIONS["billing"]],
    ).fetchone()
    expect(shown(page, report, "open")).to_have_text(str(count))
    # Values of the other reports are those of now, too.
    page.goto(f"{address}/report/r1/")
    expect(page.locator("[data-report] canvas").first).to_be_visible()
    expect(page.locator("[data-present], [data-ignored]")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.slow
def test_a_report_without_a_ticket_says_that_a_declared_filter_does_not_apply(page, address, desk):
    item = next(one for one in desk.definitions.filters if one.column == "product_area")
    page.goto(f"{address}/report/customers/")
    choose(page, item, OPTIONS["billing"])
    expect(page.locator("[data-ignored]")).to_have_text(
        f"Not filtered by {shown_text(LABEL)}: the report does not have this field."
    )


@pytest.mark.browser
@pytest.mark.slow
def test_a_table_by_tag_says_that_a_ticket_counts_under_each(page, address, desk):
    report = next(one for one in desk.definitions.reports if one.slug == "by_tag")
    last = desk.truth.last_day()
    page.goto(f"{address}/report/by_tag/")
    table = page.locator('[data-breakdown="tags"]')
    expect(table.locator("[data-several]")).to_have_text(
        "A ticket counts under each of its values, and once in the total."
    )
    expect(page.locator("[data-several]")).to_have_count(1)
    choose_period(page, "90")
    expect(table.get_by_role("columnheader", name="Change")).to_be_visible()
    expect(table.get_by_role("columnheader", name="Contribution")).to_have_count(0)
    tickets = "marts.fct_tickets where not is_excluded and created_date >= ?"
    days = [last - timedelta(days=89)]
    ask = desk.truth.connection.execute
    (total,) = ask(f"select count(*) from {tickets}", days).fetchone()
    expect(shown(page, report, "ticket_count")).to_have_text(str(total))
    for tag in TAGS:
        (count,) = ask(
            f"select count(*) from {tickets} and ticket_key in "
            "(select ticket_key from marts.bridge_ticket_tags where value = ?)",
            [*days, tag],
        ).fetchone()
        row = table.locator("tbody tr").filter(has_text=tag)
        expect(row.locator('[data-column="ticket_count"]')).to_have_text(str(count))
        assert 0 < count < total


def test_a_report_broken_down_by_a_declared_field_has_it_once(desk, tmp_path):
    catalogue = load_catalogue(desk.manifest)
    declared = {
        "title": "By area",
        "source": "tickets",
        "measures": ["ticket_count"],
        "dimensions": ["product_area"],
        "page": "own",
    }
    path = tmp_path / "by_area.yml"
    path.write_text(yaml.safe_dump(declared), encoding="utf-8")
    sql = Writer(read_report(path, catalogue), catalogue).sql()
    assert sql.count("but=['product_area']) }}") == sql.count("own_filter_columns(") == 3
