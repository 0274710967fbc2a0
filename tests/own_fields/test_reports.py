"""Own fields and tags in reports, queries, lists and files, compared with plain Python.

The tests use one project with own reports, built once, and a server of it.
"""

from __future__ import annotations

import csv
import json
import random
from statistics import fmean
from typing import Any

import duckdb
import pytest
import yaml

from helpdesk.core.paths import OutputPaths
from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.pages import write_reports
from helpdesk.dashboards.widgets import load_widgets
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.errors import ReportError
from helpdesk.reports.run import table_of
from helpdesk.reports.saved import read_report
from tests.bi.server import BINARIES, running_server
from tests.conftest import published
from tests.dashboards.reader import Reader, everything
from tests.serve.asking import Answered, ask, query, rows

from .reported_desk import (
    AREAS,
    COUNTED,
    REPORT,
    SEVERAL,
    TAGS,
    TICKETS,
    Desk,
    Ticket,
    desk,
    groups,
    passes,
    server,
)

__all__ = ["desk", "server"]


DIMENSIONS = ("product_area", "is_paying", "tier", "tags", "modules")
SEATS = {"seats_sum": sum, "seats_average": fmean, "seats_count": len}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _filters(chance: random.Random) -> list[tuple[str, str, list[Any]]]:
    """Random conditions: field, comparison, values."""
    found = []
    for name in chance.sample(DIMENSIONS, chance.randrange(4)):
        kinds = ["is", "is_not", "filled", *(["all"] if name in SEVERAL else [])]
        kind = chance.choice(kinds)
        known = sorted({one for each in TICKETS for one in each.values(name) if one is not None})
        is_one = name == "is_paying" or kind == "is_not"
        picked = chance.sample(known, 1 if is_one else min(2, len(known)))
        found.append((name, kind, [chance.random() < 0.5] if kind == "filled" else picked))
    return found


def _pairs(filters: list[tuple[str, str, list[Any]]]) -> list[tuple[str, str]]:
    pairs = [(f"{name}.{kind}", _text(one)) for name, kind, values in filters for one in values]
    return [*dict.fromkeys(pairs)]


def _asked(server: tuple[str, int], what: str, pairs: list[tuple[str, str]]) -> Answered:
    return ask(server, query(what, ("source", "tickets"), ("join", "companies"), *pairs))


@pytest.mark.parametrize("seed", range(25))
def test_figures_totals_and_tickets_equal_plain_python(seed, server):
    chance = random.Random(seed)
    filters, by = _filters(chance), chance.sample(DIMENSIONS, chance.randrange(1, 3))
    measure = chance.choice(["ticket_count", *SEATS])
    figure = SEATS.get(measure, len)
    tickets = [one for one in COUNTED if all(passes(one, *each) for each in filters)]
    if measure in SEATS:
        tickets = [one for one in tickets if one.seats is not None]
    truth = {key: held for key, held in groups(tickets, by) if held}

    def value(held: list[Ticket]) -> Any:
        return figure([one.seats for one in held] if measure in SEATS else held)

    pairs = [("measure", measure), *_pairs(filters)]
    answer = _asked(server, "query", [*pairs, *(("by", one) for one in by)])
    found = {tuple(row[one] for one in by): row[measure] for row in rows(answer)}
    assert found == pytest.approx({key: value(held) for key, held in truth.items()})
    assert len(answer.json["notes"]) == len({*by} & {*SEVERAL})
    if answer.json["notes"] and tickets:
        assert answer.json["total"][measure] == pytest.approx(value(tickets))
    for key in chance.sample(sorted(truth, key=repr), min(3, len(truth))):
        own = list(zip(by, key, strict=True))
        # For a field with one value, a second value replaces the filter.
        kept = [one for one in filters if one[0] in SEVERAL or one[0] not in by or one[1] != "is"]
        kept += [(name, "filled", [False]) if one is None
                 else (name, "all" if name in SEVERAL else "is", [one])
                 for name, one in own]  # fmt: skip
        listed = _asked(server, "tickets", [("measure", measure), *_pairs(kept), ("limit", "1000")])
        assert {row["ticket_id"] for row in rows(listed)} == {one.id for one in truth[key]}


@pytest.mark.parametrize("value", [*TAGS, "no tag", "VIP", "%", "_"])
def test_a_hostile_value_is_a_value(value, server):
    for kind in ("is", "is_not"):
        listed = _asked(
            server, "tickets",
            [("measure", "ticket_count"), (f"tags.{kind}", value), ("limit", "1000")],
        )  # fmt: skip
        wanted = {one.id for one in COUNTED if (value in one.tags) == (kind == "is")}
        assert {row["ticket_id"] for row in rows(listed)} == wanted


def test_a_fact_of_tickets_is_broken_down_by_their_tags(server, desk):
    answer = ask(server, query("query", ("source", "status_spells"), ("by", "tags"),
                               ("measure", "average_time_in_status")))  # fmt: skip
    assert answer.status == 200, answer.text
    (note,) = answer.json["notes"]
    assert note.startswith("Tags: a ticket counts under each of its values")


@pytest.mark.parametrize("values", [["Billing"], ["Billing", AREAS["pa2"]]])
@pytest.mark.parametrize("kind", ["is", "is_not"])
def test_the_live_backlog_is_filtered_by_a_declared_field(kind, values, server):
    """On every date by its present value; the spam of the desk is open too, and never counts."""
    wanted = {one.id for one in COUNTED if (one.product_area in values) == (kind == "is")}
    filters = [(f"product_area.{kind}", value) for value in values]
    for until, last in ((None, 59), ("2026-01-21", 20)):
        then = {one for one in wanted if int(one) <= last}
        pairs = [("report", "a7"), *filters, *([("until", until)] if until else [])]
        (row,) = rows(ask(server, query("query", *pairs)))
        assert row["open"] == len(then) > 0
        listed = rows(ask(server, query("tickets", *pairs, ("limit", "1000"))))
        assert {one["ticket_id"] for one in listed} == then


def test_the_live_backlog_by_a_declared_field_adds_up(server):
    answer = ask(server, query("query", ("report", "a7"), ("by", "product_area")))
    assert {row["product_area"]: row["open"] for row in rows(answer)} == {
        area: len(some) for (area,), some in groups(COUNTED, ["product_area"])
    }


def test_a_list_has_the_own_columns_and_is_searched_in_them(server, desk):
    pairs = [("measure", "ticket_count"), ("limit", "1000")]
    listed = rows(_asked(server, "tickets", [*pairs, ("sort", "-seats")]))
    by_id = {one.id: one for one in COUNTED}
    assert [row["seats"] for row in listed[:3]] == [40, 40, 40]
    for row in listed:
        ticket = by_id[row["ticket_id"]]
        assert (row["product_area"], row["is_paying"], row["renewal"]) == (
            ticket.product_area, ticket.is_paying, ticket.renewal and ticket.renewal.isoformat()
        )  # fmt: skip
        assert row["tags"] == ("; ".join(sorted(ticket.tags)) or None)
    found = rows(_asked(server, "tickets", [*pairs, ("search", "KEY acc")]))
    assert {row["ticket_id"] for row in found} == {
        one.id for one in COUNTED if "key account" in one.tags
    }


def test_the_value_at_creation_and_the_date_are_separate_fields(server):
    source = {one["name"]: one for one in ask(server, "/api/metrics").json["sources"]}["tickets"]
    fields = {one["name"]: one for one in source["fields"]}
    assert fields["risk_at_creation"]["label"] == "Risk (at creation)"
    assert (fields["seats"]["type"], fields["renewal"]["type"]) == ("number", "date")
    assert [one for one in fields if fields[one]["has_several_values"]] == ["modules", "tags"]
    by_risk = [("measure", "ticket_count"), ("by", "risk"), ("by", "risk_at_creation")]
    assert {(row["risk"], row["risk_at_creation"]) for row in rows(
        _asked(server, "query", by_risk)
    )} == {("High", "High"), ("High", "Low")}  # fmt: skip
    by_month = [("measure", "ticket_count"), ("date", "renewal"), ("by", "date"),
                ("grain", "month")]  # fmt: skip
    found = {row["date"]: row["ticket_count"] for row in rows(_asked(server, "query", by_month))}
    dated = [one.renewal.replace(day=1).isoformat() for one in COUNTED if one.renewal]
    assert found == {one: dated.count(one) for one in dated}


def test_a_saved_report_filters_by_tags_in_its_view_and_by_command(desk):
    tickets = [
        one for one in COUNTED
        if one.tags & {*TAGS[1:]} and "Über; neu" not in one.modules and one.product_area
    ]  # fmt: skip
    with published(desk.output) as marts:
        view = marts.execute("""
            select product_area, tier, sum(ticket_count), sum(seats_sum), sum(seats_count)
            from marts.rpt_vip_by_area group by all
        """).fetchall()
    seats = {key: [one.seats for one in held if one.seats is not None]
             for key, held in groups(tickets, ["product_area", "tier"])}  # fmt: skip
    counts = {key: len(held) for key, held in groups(tickets, ["product_area", "tier"])}
    assert {(row[0], row[1]): row[2:] for row in view} == {
        key: (counts[key], sum(seats[key]), len(seats[key])) for key in counts if counts[key]
    }
    desk.run("report", "run", "vip_by_area", "--output", desk.output, "--csv", "own.csv")
    with (desk.root / "own.csv").open(encoding="utf-8", newline="") as file:
        heading, *lines = csv.reader(file)
    assert heading[:2] == ["Tier", "Tickets"]
    assert {line[0] or None: int(line[1]) for line in lines} == {
        tier: len(held) for (tier,), held in groups(tickets, ["tier"])
    }


@pytest.fixture(scope="module")
def pages(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader of the pages, each query of which has run under several choices."""
    data = tmp_path_factory.mktemp("pages") / "0123abc"
    widgets = load_widgets(desk.manifest)
    write_extracts(OutputPaths(desk.output).published, desk.definitions, widgets, data)
    write_reports(desk.definitions, data)
    return Reader(desk, data)


@pytest.mark.parametrize("chosen", [
    {}, {"company": "generic:c1"}, {"field_product_area": "Billing"},
    {"company": "generic:c2", "field_product_area": ""},
])  # fmt: skip
def test_a_ticket_counts_on_pages_under_each_value_and_once_in_the_total(chosen, pages, desk):
    tier = {"generic:c1": "Gold", "generic:c2": "Silver"}
    tickets = [
        one
        for one in COUNTED
        if ("company" not in chosen or one.tier == tier[chosen["company"]])
        # The key of a missing value is the empty text.
        and chosen.get("field_product_area", one.product_area or "") == (one.product_area or "")
    ]
    (report,) = (one for one in desk.definitions.reports if one.slug == "by_values")
    (inputs,) = pages.inputs(everything(pages) | chosen)
    assert pages.now(report, inputs)["ticket_count"] == len(tickets) > 3
    for name, column in (("tags", "tags"), ("modules", "parts")):
        held = {key or "No value": some for (key,), some in groups(tickets, [name])}
        seats = {key: [one.seats for one in some if one.seats is not None]
                 for key, some in held.items()}  # fmt: skip
        names = pages.catalogue["reports"]["by_values"]["members"][column]
        found = {names[row["id"] - 1]: row for row in pages.rows(f"by_values_by_{column}", inputs)}
        assert {key: row["ticket_count"] for key, row in found.items()} == {
            key: len(some) for key, some in held.items()
        }
        assert sum(map(len, held.values())) > len(tickets)
        assert {key: row["seats_average"] for key, row in found.items()} == pytest.approx(
            {key: fmean(some) if some else None for key, some in seats.items()}
        )
        # They would not add up to the change of the total.
        assert all("contribution" not in row for row in found.values())


def test_a_view_by_several_values_has_each_ticket_once_and_its_values_as_a_list(desk):
    with published(desk.output) as marts:
        (total,) = marts.sql("select sum(ticket_count) from marts.rpt_by_values").fetchall()
        listed = marts.sql("""
            select tag, sum(ticket_count) from (select unnest(tags) as tag, * from marts.rpt_by_values)
            group by tag
        """).fetchall()
        bridged = marts.sql("""
            select value, count(*) from marts.bridge_ticket_tags
            inner join marts.fct_tickets using (ticket_key) where not is_excluded group by value
        """).fetchall()
    assert total == (len(COUNTED),)
    assert sorted(listed) == sorted(bridged)
    assert len(listed) == len({tag for one in COUNTED for tag in one.tags})


def test_the_total_of_a_saved_report_by_tags_is_that_of_the_live_answer(server):
    answer = ask(server, query("query", ("report", "by_values"), ("by", "tags")))
    assert answer.json["total"]["ticket_count"] == len(COUNTED)
    assert {row["tags"]: row["ticket_count"] for row in rows(answer)} == {
        tag: len(some) for (tag,), some in groups(COUNTED, ["tags"])
    }


def test_a_command_names_the_address_of_the_figures_by_tag(desk):
    catalogue = load_catalogue(desk.manifest)
    report = read_report(desk.root / "project/reports/by_values.yml", catalogue)
    with pytest.raises(ReportError, match=r"--by tags: .* `/api/query\?report=by_values&by=tags`"):
        table_of(report, catalogue, OutputPaths(desk.output).published, ("tags",), "", "", "")


@pytest.mark.parametrize(("change", "says"), [
    ({"dimensions": ["tags"], "axis": "tags"}, "tags has several values.* delete .*`axis: tags`"),
    ({"dimensions": ["modules"], "axis": None, "series": "modules"}, "the line `series: modules`"),
    ({"filters": [{"field": "product_area", "all": "Billing"}]}, "product_area has one value"),
    ({"filters": [{"field": "seats", "is": "many"}]}, "seats is a number, such as 3"),
    ({"dimensions": ["product_aera", "tier"]}, "did you mean product_area"),
])  # fmt: skip
def test_invalid_uses_of_own_fields_in_reports_are_reported(change, says, desk, tmp_path):
    report = {key: value for key, value in (REPORT | change).items() if value}
    (tmp_path / "own.yml").write_text(yaml.safe_dump(report))
    with pytest.raises(ReportError, match=says):
        read_report(tmp_path / "own.yml", load_catalogue(desk.manifest))


def test_files_and_the_catalogue_have_fields_and_bridges(desk):
    desk.run("export", "--output", desk.output)
    folder = desk.output / "parquet"
    catalogue = json.loads((folder / "catalogue.json").read_text())
    models = {one["name"]: one for one in catalogue["models"]}
    columns = {one["name"]: one for one in models["fct_tickets"]["columns"]}
    assert columns["seats"]["type"] == "double"
    assert "Product area" in columns["product_area"]["description"]
    assert models["bridge_ticket_tags"]["key"] == ["ticket_key", "value"]
    assert "dim_fields" in models
    tags = duckdb.sql(f"select ticket_key, label from '{folder}/bridge_ticket_tags/*.parquet'")
    assert {*tags.fetchall()} == {(f"generic:{one.id}", tag) for one in TICKETS for tag in one.tags}


def test_postgres_has_fields_and_bridges(desk):
    if not (BINARIES / "initdb").exists():
        pytest.fail("this test needs PostgreSQL: apt-get install postgresql (as root)")
    with running_server() as server:
        desk.run("publish", "--output", desk.output, "--to", server.address())
        with server.connect() as connection:
            found = connection.execute(
                "select ticket_id, seats, renewal, tags from marts.fct_tickets"
            ).fetchall()
            assert {*found} == {
                (one.id, one.seats, one.renewal, "; ".join(sorted(one.tags)) or None)
                for one in TICKETS
            }
            bridged = connection.execute("select count(*) from marts.bridge_ticket_tags").fetchone()
            assert bridged == (sum(len(one.tags) for one in TICKETS),)
            listed = connection.execute("select tags from marts.rpt_by_values").fetchall()
            expected = {tuple(sorted(one.tags)) for one in COUNTED}
            assert {tuple(tags or ()) for (tags,) in listed} == expected
