"""Builds of a desk with own fields by the command: declared, changed and missing fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import published, run_helpdesk
from tests.small_desk import AS_OF, DESK, write_desk

# tests/own_fields/test_marts.py has the values, of a desk as wide.
pytestmark = pytest.mark.long
FIRST = """
# Ours.
fields:
  - {field: area, name: product_area, filter: true}
  - {field: seats, at: [creation]}
  - {field: tier, object: company}
  - {field: elsewhere, type: date}
tags: {include: ["vip*"]}
"""
# One added, one renamed, one removed; the others unchanged.
CHANGED = """
fields:
  - {field: area, name: region_of_product, filter: true}
  - {field: seats, at: [creation]}
  - {field: plan, type: text}
  - {field: tier, object: company}
"""


class Desk:
    """A landing folder, its settings and its output folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.landing = folder / "landing"
        self.output = folder / "warehouse"
        self.config = folder / "helpdesk.yml"
        desk: dict[str, list[dict[str, Any]]] = json.loads(json.dumps(DESK))
        own = [
            {"area": "a", "seats": "3", "plan": "pro", "tags": ["vip", "vip-2", "spam"]},
            {"area": "b", "seats": "many", "tags": ["spam"]},
            {"area": "c", "seats": ""},
        ]
        for ticket, values in zip(desk["tickets"], own, strict=False):
            ticket |= values
        desk["companies"] = [{"company_id": "c", "name": "Acme", "own_fields": {"tier": "gold"}}]
        history = {"ticket_id": "1", "field": "seats", "seq": 1}
        desk["ticket_field_history"] += [
            {**history, "changed_at": "2024-01-01T00:00:00Z", "value": "1"},
            {**history, "changed_at": "2024-01-01T02:00:00Z", "value": "3"},
        ]
        desk["ticket_fields"] = [
            {"field_id": "area", "name": "area", "type": "option", "label": "Product {{ area }}",
             "options": {"a": "Area 'A'", "b": ""}},
            {"field_id": "seats", "name": "seats", "type": "number", "label": "Seats"},
        ]  # fmt: skip
        write_desk(self.landing, desk)

    def build(self, settings: str) -> str:
        self.config.write_text(settings)
        folders = ("--landing", self.landing, "--output", self.output, "--config", self.config)
        return " ".join(run_helpdesk("build", *folders, "--as-of", AS_OF).stdout.split())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with published(self.output) as marts:
            return marts.sql(query).fetchall()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("own_fields"))


def test_declared_fields_are_typed_described_columns(desk: Desk) -> None:
    printed = desk.build(FIRST)
    assert "the type of tier is unknown, so it is text; to change it, add `type: number`" in printed
    assert "missing_own_field: fct_tickets.elsewhere: 5 of 5" in printed
    assert "unreadable_own_field: fct_tickets.seats: 1 of 2" in printed
    columns = "ticket_id, product_area, seats, seats_at_creation, elsewhere, tags"
    assert desk.rows(f"select {columns} from marts.fct_tickets order by 1 limit 3") == [
        ("1", "Area 'A'", 3.0, 1.0, None, "vip; vip-2"),
        ("2", "b", None, None, None, None),
        ("3", "c", None, None, None, None),
    ]
    assert desk.rows("select ticket_key, value from marts.bridge_ticket_tags order by all") == [
        ("generic:1", "vip"),
        ("generic:1", "vip-2"),
    ]
    assert desk.rows("select tier from marts.dim_companies where company_id = 'c'") == [("gold",)]
    assert desk.rows("select label from marts.dim_fields where name = 'product_area'") == [
        ("Product {{ area }}",)
    ]
    catalogue = json.loads((desk.output / "catalogue.json").read_text())
    (tickets,) = (one for one in catalogue["models"] if one["name"] == "fct_tickets")
    described = {one["name"]: (one["type"], one["description"]) for one in tickets["columns"]}
    assert described["seats"] == ("double", "Own field Seats of the ticket now (seats).")
    assert described["elsewhere"][0] == "date"


def test_a_changed_declaration_models_the_facts_once_and_reads_no_file(desk: Desk) -> None:
    printed = desk.build(CHANGED)
    assert "loaded 0 files" in printed
    assert "running dbt on every ticket: definitions changed" in printed
    columns = "ticket_id, region_of_product, seats, plan"
    assert desk.rows(f"select {columns} from marts.fct_tickets order by 1 limit 1") == [
        ("1", "Area 'A'", 3.0, "pro")
    ]
    names = desk.rows("select column_name from (describe marts.fct_tickets)")
    assert not {("product_area",), ("tags",), ("elsewhere",)} & {*names}
    marts = desk.rows("select table_name from duckdb_tables() where schema_name = 'marts'")
    assert ("bridge_ticket_tags",) not in marts


def test_a_missing_field_is_reported_and_the_rest_is_refreshed(desk: Desk) -> None:
    file = desk.landing / "tickets.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[1]["seats"] = "5"
    kept = [{name: value for name, value in row.items() if name != "plan"} for row in rows]
    file.write_text("".join(json.dumps(row) + "\n" for row in kept))
    printed = desk.build(CHANGED)
    assert "running dbt on what changed since" in printed
    assert "missing_own_field: fct_tickets.plan" in printed
    assert desk.rows("select seats, plan from marts.fct_tickets order by ticket_id limit 2") == [
        (3.0, None),
        (5.0, None),
    ]
    # Without the settings, the fields are those of the last build.
    run_helpdesk("check", "--output", desk.output)
