"""Filters that a reader adds to a report, by any dimension of its source or of its tickets."""

import math
import shutil
from contextlib import closing
from typing import Any

import pytest

from helpdesk.dashboards.definitions import Report
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.models import read_reports
from helpdesk.reports.saved import PREBUILT, REPORTS
from tests.dashboards.desk import open_marts
from tests.dashboards.test_builder import own as own
from tests.dashboards.test_builder import served as served
from tests.dashboards.test_served_pages import FOLDER
from tests.dashboards.test_served_pages import site as site
from tests.dashboards.truth import Truth
from tests.serve.asking import ask, query

# Choices of a reader, and the tickets that they leave in SQL; a row without a ticket has no value.
CHOICES: dict[str, tuple[dict[str, list[str]], str]] = {
    "a boolean": ({"is_one_touch.is": ["false"]}, "ticket_key in (select ticket_key from marts."
                  "fct_tickets where not is_one_touch)"),
    "several values": ({"status_state.is": ["pending", "open"]}, "ticket_key in (select ticket_key "
                       "from marts.fct_tickets where status_state in ('pending', 'open'))"),
    "is not": ({"status_state.is_not": ["closed"]}, "ticket_key is null or ticket_key not in ("
               "select ticket_key from marts.fct_tickets where status_state = 'closed')"),
    "the missing value": ({"priority.is": [""]}, "ticket_key is null or ticket_key in (select "
                          "ticket_key from marts.fct_tickets where priority is null)"),
    "an unknown member": ({"first_responder.is": ["unknown", "generic:1"]}, "ticket_key is null or "
                          "ticket_key in (select ticket_key from marts.fct_tickets where "
                          "coalesce(first_response_agent_key, 'unknown') "
                          "in ('unknown', 'generic:1'))"),
    "two fields": ({"status_state.is": ["closed"], "first_responder.is_not": ["generic:1"]},
                   "ticket_key in (select ticket_key from marts.fct_tickets where status_state = "
                   "'closed' and first_response_agent_key is distinct from 'generic:1')"),
}  # fmt: skip
PERIOD = {"period": "all", "grain": "month"}


@pytest.fixture(scope="module", params=CHOICES)
def chosen(request, desk, tmp_path_factory):
    """Choices of a reader, and the marts of a help desk with only the tickets that they leave."""
    choices, kept = CHOICES[request.param]
    marts = shutil.copyfile(desk.marts, tmp_path_factory.mktemp("kept") / "marts.duckdb")
    with open_marts(marts) as connection:
        # The tickets last: the conditions of the others read them.
        facts = connection.execute(
            "select table_name from duckdb_columns() inner join duckdb_tables() "
            "using (schema_name, table_name) where schema_name = 'marts' and column_name = "
            "'ticket_key' and starts_with(table_name, 'fct_') order by table_name = 'fct_tickets'"
        ).fetchall()
        for (fact,) in facts:
            connection.execute(f"delete from marts.{fact} where not coalesce({kept}, false)")
    with closing(Truth(marts, desk.definitions)) as truth:
        yield choices, truth


@pytest.fixture(scope="module")
def reports(desk) -> list[Report]:
    """The reports that a file declares, of rows with a ticket."""
    catalogue = load_catalogue(desk.manifest)
    found = {
        one.id.lower()
        for one in read_reports(catalogue, PREBUILT, REPORTS)
        if "ticket" in one.source.fields
    }
    return [one for one in desk.definitions.reports if one.slug in found]


def narrowed(server, report: Report, choices: dict[str, list[str]]) -> dict[str, Any]:
    pairs = [(name, value) for name, values in choices.items() for value in values]
    found = ask(
        server.server_address,
        query(f"preview/{FOLDER}", ("report", report.slug), ("part", "page"), *PERIOD.items(),
              *pairs),
    )  # fmt: skip
    assert found.status == 200, (report.id, found.text)
    return found.json


def expect_close(one: float | None, other: float | None, about: object) -> None:
    assert (one is None) == (other is None), about
    assert one is None or math.isclose(one, other, rel_tol=1e-9), about


def test_every_part_of_a_report_counts_the_tickets_that_sql_counts(served, desk, reports, chosen):
    choices, truth = chosen
    span = desk.truth.first_day(), desk.truth.last_day()
    counted = 0
    for report in reports:
        results = narrowed(served, report, choices)["results"]
        now = [row for row in results["period"] if row["is_now"]]
        if not truth.has_rows(report, *span):
            assert now == []
            continue
        counted += 1
        wanted = truth.values(report, *span)
        for measure in report.measures:
            expect_close(now[0][measure.name], wanted[measure.name], (report.id, measure.name))
        main = report.measures[0]
        if main.denominator is None and report.is_one_line and not report.is_point_in_time:
            drawn = sum(row[f"m_{main.name}"] for row in results["trend"])
            assert drawn == wanted[main.name], report.id
            for breakdown in report.breakdowns:
                if not breakdown.is_several:
                    listed = results[f"by_{breakdown.name}"]
                    assert sum(row[main.name] for row in listed) == wanted[main.name]
        if main.values:
            percentiles = results[f"percentiles_{main.name}"]
            both = truth.percentiles(report, main, *span)
            for name, value in zip(("median", "p90"), both, strict=True):
                expect_close(percentiles[0][name], value, (report.id, name))
    assert counted >= 10


def test_the_list_of_tickets_has_those_that_the_figure_counts(served, desk, chosen):
    choices, truth = chosen
    report = next(one for one in desk.definitions.reports if one.id == "R1")
    span = desk.truth.first_day(), desk.truth.last_day()
    pairs = [(name, value) for name, values in choices.items() for value in values]
    listed = ask(
        served.server_address,
        query("tickets", ("report", "r1"), ("measure", "ticket_count"), ("since", span[0]),
              ("until", span[1]), *pairs),
    )  # fmt: skip
    assert listed.status == 200, listed.text
    assert listed.json["total"] == truth.values(report, *span)[report.measures[0].name]


def test_a_report_without_the_field_stays_as_it_is(served, desk):
    backlog = next(one for one in desk.definitions.reports if one.id == "A7")
    with_filter = narrowed(served, backlog, {"category.is": ["no such"]})
    assert with_filter["results"] == narrowed(served, backlog, {})["results"]


@pytest.mark.parametrize("value", ["x' or 1=1 --", "'; drop table marts.fct_tickets; --"])
def test_a_value_is_a_literal(served, desk, value):
    report = next(one for one in desk.definitions.reports if one.id == "R1")
    assert narrowed(served, report, {"category.is": [value]})["results"]["period"] == []
    found = ask(
        served.server_address,
        query(f"preview/{FOLDER}", ("report", "r1"), ("status_state.is", value)),
    )
    assert (found.status, "is never" in found.json["error"]) == (400, True)


def test_the_catalogue_lists_the_dimensions_that_can_be_added(served):
    sources = {
        one["name"]: one for one in ask(served.server_address, "/api/fields").json["sources"]
    }
    assert {"priority", "category", "channel", "pipeline", "status"} <= {
        *sources["tickets"]["filters"]
    }
    assert "created_date" not in sources["tickets"]["filters"]
    assert "ticket_id" not in sources["tickets"]["filters"]
    # Those of its tickets too, and its own before them.
    assert {"direction", "category", "sent_weekday"} <= {*sources["messages"]["filters"]}
    # A row of the backlog is many tickets.
    assert "category" not in sources["backlog"]["filters"]
    assert "priority" in sources["backlog"]["filters"]
