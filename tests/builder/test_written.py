"""The files that are generated from reports are complete and up to date."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.charts import Chart
from helpdesk.reports.models import (
    KINDS,
    all_reports,
    model_files,
    read_reports,
    report_files,
    stale_files,
    write_models,
)
from helpdesk.reports.saved import GRAINS, OPTIONAL, PREBUILT, REQUIRED
from helpdesk.reports.schema import SCHEMA, schema_text
from helpdesk.reports.sql import Writer
from helpdesk.reports.table import Column, Table
from tests.builder.examples import WIDE_REPORTS

SHIPPED = {"C1", "C2", "C3", "C4", "C5", "C6"}


def test_the_shipped_reports_are_those_of_the_product(catalogue: Catalogue) -> None:
    reports = read_reports(catalogue)
    assert {report.id for report in reports} == SHIPPED
    assert {report.page for report in reports} == {"responses"}


def test_the_models_are_up_to_date_with_the_reports(catalogue: Catalogue) -> None:
    for kind in KINDS:
        files = model_files(read_reports(catalogue, kind.reports), catalogue, kind)
        assert stale_files(files, kind.models) == [], "run `helpdesk report write`"


def test_the_schema_is_up_to_date_with_the_catalogue(catalogue: Catalogue) -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(catalogue), "`helpdesk report write`"


def test_the_schema_has_every_key_of_a_report(catalogue: Catalogue) -> None:
    schema = json.loads(schema_text(catalogue))
    assert set(schema["properties"]) == {*REQUIRED, *OPTIONAL}
    assert schema["properties"]["grain"]["enum"] == list(GRAINS)
    named = {one["if"]["properties"]["source"]["const"]: one["then"] for one in schema["allOf"]}
    assert set(named) == set(catalogue.primary)
    measures = {one["const"] for one in schema["definitions"]["tickets_measure"]["oneOf"]}
    assert {"average_first_response", "median_first_response"} <= measures


def test_the_schema_accepts_valid_reports(catalogue: Catalogue) -> None:
    validator = jsonschema.Draft7Validator(json.loads(schema_text(catalogue)))
    texts = [
        path.read_text(encoding="utf-8") for path in (*report_files(), *report_files(PREBUILT))
    ]
    for text in (*texts, *WIDE_REPORTS.values()):
        # Editors read a date as text.
        parsed = json.loads(json.dumps(yaml.safe_load(text), default=str))
        assert list(validator.iter_errors(parsed)) == [], text


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "conversation"},
        {"measures": ["ticket_count"]},
        {"measures": ["p99_response_time"]},
        {"limit": 51},
        {"sort": "biggest"},
        {"dimensions": ["priorities"]},
        {"date": "created_date"},
        {"grain": "hour"},
        {"chart": "pie"},
        {"filters": [{"field": "outcome"}]},
        {"filters": [{"field": "outcome", "equals": "responded"}]},
        {"page": "my page"},
        {"colour": "red"},
    ],
)
def test_the_schema_rejects_invalid_reports(catalogue: Catalogue, wrong: dict) -> None:
    validator = jsonschema.Draft7Validator(json.loads(schema_text(catalogue)))
    right = {"title": "x", "source": "conversations", "measures": ["responses"], "page": "p"}
    assert not list(validator.iter_errors(right))
    assert list(validator.iter_errors(right | wrong))


def test_every_file_names_its_schema_for_editors() -> None:
    for path in (*report_files(), *report_files(PREBUILT)):
        up = "../" if path.parent == PREBUILT else ""
        assert f"$schema={up}{SCHEMA.name}" in path.read_text(encoding="utf-8").splitlines()[0]


def test_the_model_of_a_deleted_report_is_deleted(catalogue: Catalogue, tmp_path: Path) -> None:
    files = model_files(read_reports(catalogue), catalogue)
    assert write_models(files, tmp_path) == sorted(files)
    assert write_models(files, tmp_path) == []
    one = sorted(files)[0]
    (tmp_path / one).write_text("changed")
    kept = {name: text for name, text in files.items() if "hour" not in name}
    gone = set(files) - set(kept)
    (tmp_path / "rpt_by_hand.sql").write_text("select 1")
    assert write_models(kept, tmp_path) == sorted({one, *gone})
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "rpt_by_hand.sql"}


def test_a_view_names_no_database(catalogue: Catalogue) -> None:
    for report in all_reports(catalogue):
        sql = Writer(report, catalogue).sql()
        assert sql.count("ref(") == sql.count(".include(database=false)"), report.id


def test_every_shipped_model_has_the_filters(catalogue: Catalogue) -> None:
    for name, text in model_files(read_reports(catalogue), catalogue).items():
        for model in yaml.safe_load(text)["models"] if name.endswith(".yml") else ():
            columns = {column["name"] for column in model["columns"]}
            keys = {"agent_key", "team_key", "channel_account_key", "pipeline_key", "company_key"}
            assert keys <= columns, model["name"]


TABLE = Table(
    "A <b> & 'c'",
    (Column("Starting", "date"), Column("Who", "text"), Column("Wait", "duration")),
    [("2026-01-01", "=1+1", 3600), ("2026-01-01", "<x>", 60.0), ("2026-01-02", None, None)],
)


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_a_chart_file_is_one_svg_without_markup_of_the_data(kind: str) -> None:
    from xml.etree import ElementTree

    svg = Chart(TABLE, kind).svg()
    root = ElementTree.fromstring(svg)
    texts = [one.text for one in root.iter() if one.text]
    assert {"A <b> & 'c'", "<x>", "Wait, minutes"} <= set(texts)
    assert not re.search(r"<script|href|url\(", svg)


def test_an_empty_table_has_a_chart_too() -> None:
    assert "</svg>" in Chart(Table("x", TABLE.columns, []), "line").svg()


def test_a_csv_contains_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    TABLE.write_csv(path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "Starting,Who,Wait", "2026-01-01,'=1+1,3600", "2026-01-01,<x>,60.0", "2026-01-02,,"
    ]  # fmt: skip
