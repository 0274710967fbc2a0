"""Own fields and tags in reports, queries, lists and files, compared with plain Python.

The tests use one project with own reports, built once, and a server of it.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb
import pytest
import yaml

from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import PACKAGE_ROOT
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.errors import ReportError
from helpdesk.reports.saved import read_report
from tests.bi.server import BINARIES, running_server
from tests.builder.examples import HOSTILE
from tests.conftest import published, run_copy
from tests.serve.asking import Answered, Process, ask, query, rows
from tests.serve.conftest import write_site
from tests.small_desk import write_desk

AS_OF = "2026-04-01T00:00:00Z"
FIRST = date(2026, 1, 1)
# Two options with the same label, and a label with special characters.
AREAS = {"pa1": "Billing", "pa2": "It's \"Core\"; {{ x }} -- '", "pa3": "Billing"}
MODULES = {"m1": "API", "m2": "API", "m3": "Über; neu"}
RISKS = {"lo": "Low", "hi": "High"}
TAGS = ("vip", "key account", *(one.strip() for one in HOSTILE if one))
FIELDS = """
fields:
  - {field: pa, name: product_area}
  - {field: seats}
  - {field: paying, name: is_paying}
  - {field: renewal, label: "Renewal {{ due }}"}
  - {field: modules}
  - {field: risk, at: [creation]}
  - {field: tier, object: company}
tags: all
"""
REPORT = {
    "title": "VIP tickets by product area",
    "source": "tickets",
    "join": ["companies"],
    "measures": ["ticket_count", "seats_average"],
    "dimensions": ["product_area", "tier"],
    "filters": [
        {"field": "tags", "is": [*TAGS[1:]]},
        {"field": "modules", "is_not": "Über; neu"},
        {"field": "product_area", "filled": True},
    ],
    "axis": "tier",
    "page": "own",
}


@dataclass(frozen=True)
class Ticket:
    """A ticket with its own fields."""

    id: str
    product_area: str | None
    seats: float | None
    is_paying: bool | None
    renewal: date | None
    modules: frozenset[str]
    tags: frozenset[str]
    tier: str | None
    is_spam: bool
    landed: Mapping[str, Any] = field(repr=False)

    def values(self, name: str) -> set[Any]:
        """The values of a field, including the value for none."""
        held = getattr(self, name)
        return (set(held) or {None}) if isinstance(held, frozenset) else {held}


def _ticket(number: int, chance: random.Random) -> Ticket:
    area = chance.choice([*AREAS, None])
    modules = chance.sample([*MODULES], chance.randrange(4))
    tags = chance.sample(TAGS, chance.randrange(4))
    seats, paying = chance.choice([None, 1, 2.5, 40]), chance.choice([None, True, False])
    renewal = chance.choice([None, FIRST + timedelta(days=number)])
    company = chance.choice(["c1", "c2", "c3", None])
    landed = {
        "ticket_id": str(number),
        "created_at": f"{FIRST + timedelta(days=number)}T12:00:00Z",
        "status_id": "new",
        "company_id": company,
        "is_spam": number % 15 == 0,
        "pa": area,
        "seats": seats,
        "paying": paying,
        "renewal": renewal and renewal.isoformat(),
        "modules": json.dumps(modules),
        "tags": json.dumps(tags),
        "risk": "hi",
    }
    return Ticket(
        str(number),
        area and AREAS[area],
        seats,
        paying,
        renewal,
        frozenset(MODULES[one] for one in modules),
        frozenset(tags),
        {"c1": "Gold", "c2": "Silver"}.get(company or ""),
        bool(landed["is_spam"]),
        landed,
    )


TICKETS = [_ticket(number, random.Random(number)) for number in range(60)]
COUNTED = [one for one in TICKETS if not one.is_spam]
DESK: dict[str, list[dict[str, Any]]] = {
    "tickets": [dict(one.landed) for one in TICKETS],
    "statuses": [{"status_id": "new", "state": "open", "name": "New"}],
    "companies": [
        {"company_id": name, "name": name, "tier": tier}
        for name, tier in (("c1", "Gold"), ("c2", "Silver"), ("c3", None))
    ],
    "ticket_field_history": [
        {"ticket_id": str(number), "field": "risk", "seq": step, "value": value,
         "changed_at": f"{FIRST + timedelta(days=number)}T1{2 + step}:00:00Z"}
        for number in range(0, 60, 2)
        for step, value in enumerate(("lo", "hi"))
    ],
    "ticket_fields": [
        {"field_id": name, "name": name, "label": label, "type": kind, "object": thing,
         "options": json.dumps(options) if options else None}
        for name, label, kind, thing, options in (
            ("pa", "Product area", "option", "ticket", AREAS),
            ("seats", "Seats", "number", "ticket", None),
            ("paying", "Paying", "boolean", "ticket", None),
            ("renewal", "Renewal", "date", "ticket", None),
            ("modules", "Modules", "options", "ticket", MODULES),
            ("risk", "Risk", "option", "ticket", RISKS),
            ("tier", "Tier", "text", "company", None),
        )
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """A project, its published output, and its commands."""

    root: Path

    @property
    def output(self) -> Path:
        return self.root / "output"

    def run(self, *arguments: object) -> str:
        done = run_copy(
            PACKAGE_ROOT,
            self.root,
            *arguments,
            HELPDESK_PROJECT=str(self.root / "project"),
            HELPDESK_CONFIG=str(self.root / "helpdesk.yml"),
            HELPDESK_LANDING=str(self.root / "landing"),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("own"))
    write_desk(desk.root / "landing", DESK)
    (desk.root / "helpdesk.yml").write_text(FIELDS)
    run_copy(PACKAGE_ROOT, desk.root, "init", "project")
    (desk.root / "project/reports/vip_by_area.yml").write_text(yaml.safe_dump(REPORT))
    desk.run("report", "write")
    desk.run("build", "--landing", "landing", "--output", desk.output, "--as-of", AS_OF,
             "--config", "helpdesk.yml")  # fmt: skip
    write_site(OutputPaths(desk.output).site)
    return desk


@pytest.fixture(scope="module")
def server(desk: Desk) -> Iterator[tuple[str, int]]:
    """A server without settings, which uses the fields of the last build."""
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("HELPDESK_PROJECT", str(desk.root / "project"))
        process = Process(desk.output)
    yield process.address
    process.end()


DIMENSIONS = ("product_area", "is_paying", "tier", "tags", "modules")
SEVERAL = ("tags", "modules")
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


def _passes(ticket: Ticket, name: str, kind: str, values: list[Any]) -> bool:
    held = ticket.values(name)
    if kind == "filled":
        return (held != {None}) == values[0]
    if kind == "all":
        return held >= set(values)
    return bool(held & set(values)) == (kind == "is")


def _pairs(filters: list[tuple[str, str, list[Any]]]) -> list[tuple[str, str]]:
    pairs = [(f"{name}.{kind}", _text(one)) for name, kind, values in filters for one in values]
    return [*dict.fromkeys(pairs)]


def _asked(server: tuple[str, int], what: str, pairs: list[tuple[str, str]]) -> Answered:
    return ask(server, query(what, ("source", "tickets"), ("join", "companies"), *pairs))


def _groups(
    tickets: list[Ticket], by: list[str], keys: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], list[Ticket]]]:
    """The tickets under each value of the first dimension, then of the second, and so on."""
    if not by:
        yield keys, tickets
        return
    for value in {value for one in tickets for value in one.values(by[0])}:
        held = [one for one in tickets if value in one.values(by[0])]
        yield from _groups(held, by[1:], (*keys, value))


@pytest.mark.parametrize("seed", range(25))
def test_figures_totals_and_tickets_equal_plain_python(seed, server):
    chance = random.Random(seed)
    filters, by = _filters(chance), chance.sample(DIMENSIONS, chance.randrange(1, 3))
    measure = chance.choice(["ticket_count", *SEATS])
    figure = SEATS.get(measure, len)
    tickets = [one for one in COUNTED if all(_passes(one, *each) for each in filters)]
    if measure in SEATS:
        tickets = [one for one in tickets if one.seats is not None]
    truth = {key: held for key, held in _groups(tickets, by) if held}

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
             for key, held in _groups(tickets, ["product_area", "tier"])}  # fmt: skip
    counts = {key: len(held) for key, held in _groups(tickets, ["product_area", "tier"])}
    assert {(row[0], row[1]): row[2:] for row in view} == {
        key: (counts[key], sum(seats[key]), len(seats[key])) for key in counts if counts[key]
    }
    desk.run("report", "run", "vip_by_area", "--output", desk.output, "--csv", "own.csv")
    with (desk.root / "own.csv").open(encoding="utf-8", newline="") as file:
        heading, *lines = csv.reader(file)
    assert heading[:2] == ["Tier", "Tickets"]
    assert {line[0] or None: int(line[1]) for line in lines} == {
        tier: len(held) for (tier,), held in _groups(tickets, ["tier"])
    }


@pytest.mark.parametrize(("change", "says"), [
    ({"dimensions": ["tags"], "axis": None}, "tags has several values"),
    ({"filters": [{"field": "product_area", "all": "Billing"}]}, "product_area has one value"),
    ({"filters": [{"field": "seats", "is": "many"}]}, "seats is a number, such as 3"),
    ({"dimensions": ["product_aera", "tier"]}, "did you mean product_area"),
])  # fmt: skip
def test_invalid_uses_of_own_fields_in_reports_are_reported(change, says, desk, tmp_path):
    (manifest,) = desk.root.glob("project/.helpdesk/*/dbt_project/target/helpdesk/manifest.json")
    report = {key: value for key, value in (REPORT | change).items() if value}
    (tmp_path / "own.yml").write_text(yaml.safe_dump(report))
    with pytest.raises(ReportError, match=says):
        read_report(tmp_path / "own.yml", load_catalogue(manifest))


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
