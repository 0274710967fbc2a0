"""What is written from the saved reports is what they give, and no file of it is stale."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from builder.catalogue import Catalogue
from builder.charts import Chart
from builder.models import model_files, read_reports, report_files, stale_files, write_models
from builder.saved import GRAINS, OPTIONAL, REQUIRED
from builder.schema import SCHEMA, schema_text
from builder.sql import Writer
from builder.table import Column, Table
from tests.builder.examples import WIDE_REPORTS

SHIPPED = {"C1", "C2", "C3", "C4", "C5", "C6"}


def test_the_shipped_reports_are_those_of_the_product(catalogue: Catalogue) -> None:
    reports = read_reports(catalogue)
    assert {report.id for report in reports} == SHIPPED
    assert {report.page for report in reports} == {"responses"}


def test_the_models_are_what_the_reports_give(catalogue: Catalogue) -> None:
    files = model_files(read_reports(catalogue), catalogue)
    assert stale_files(files) == [], "run `helpdesk report write`"


def test_the_schema_is_what_the_catalogue_gives(catalogue: Catalogue) -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(catalogue), "`helpdesk report write`"


def test_the_schema_knows_what_a_report_may_say(catalogue: Catalogue) -> None:
    schema = json.loads(schema_text(catalogue))
    assert set(schema["properties"]) == {*REQUIRED, *OPTIONAL}
    assert schema["properties"]["grain"]["enum"] == list(GRAINS)
    named = {one["if"]["properties"]["source"]["const"]: one["then"] for one in schema["allOf"]}
    assert set(named) == set(catalogue.primary)
    measures = {
        one["const"] for one in named["tickets"]["properties"]["measures"]["items"]["oneOf"]
    }
    assert "average_first_response" in measures
    assert "median_first_response" not in measures


def test_an_editor_finds_nothing_wrong_with_what_is_right(catalogue: Catalogue) -> None:
    validator = jsonschema.Draft7Validator(json.loads(schema_text(catalogue)))
    texts = [path.read_text(encoding="utf-8") for path in report_files()]
    for text in (*texts, *WIDE_REPORTS.values()):
        # Editors read a date as text.
        told = json.loads(json.dumps(yaml.safe_load(text), default=str))
        assert list(validator.iter_errors(told)) == [], text


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "conversation"},
        {"measures": ["ticket_count"]},
        {"measures": ["median_response_time"]},
        {"dimensions": ["priorty"]},
        {"date": "created_date"},
        {"grain": "hour"},
        {"chart": "pie"},
        {"filters": [{"field": "outcome"}]},
        {"filters": [{"field": "outcome", "equals": "responded"}]},
        {"page": "my page"},
        {"colour": "red"},
    ],
)
def test_an_editor_finds_what_is_wrong(catalogue: Catalogue, wrong: dict) -> None:
    validator = jsonschema.Draft7Validator(json.loads(schema_text(catalogue)))
    right = {"title": "x", "source": "conversations", "measures": ["responses"], "page": "p"}
    assert not list(validator.iter_errors(right))
    assert list(validator.iter_errors(right | wrong))


def test_every_file_points_an_editor_to_the_schema() -> None:
    for path in report_files():
        assert f"$schema={SCHEMA.name}" in path.read_text(encoding="utf-8").splitlines()[0]


def test_the_model_of_a_report_that_is_gone_is_taken_away(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    files = model_files(read_reports(catalogue), catalogue)
    assert write_models(files, tmp_path) == sorted(files)
    assert write_models(files, tmp_path) == []
    one = sorted(files)[0]
    (tmp_path / one).write_text("changed")
    kept = {name: text for name, text in files.items() if "hour" not in name}
    gone = set(files) - set(kept)
    assert write_models(kept, tmp_path) == sorted({one, *gone})
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


def test_reports_on_refreshed_facts_alone_are_added_to(catalogue: Catalogue) -> None:
    for report in read_reports(catalogue):
        assert Writer(report, catalogue).is_additive, report.id


def test_every_shipped_model_has_the_filters(catalogue: Catalogue) -> None:
    for name, text in model_files(read_reports(catalogue), catalogue).items():
        if name.endswith(".yml"):
            (model,) = yaml.safe_load(text)["models"]
            columns = {column["name"] for column in model["columns"]}
            keys = {"agent_key", "team_key", "channel_account_key", "pipeline_key", "company_key"}
            assert keys <= columns, name


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


def test_a_csv_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    TABLE.write_csv(path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "Starting,Who,Wait", "2026-01-01,'=1+1,3600", "2026-01-01,<x>,60.0", "2026-01-02,,"
    ]  # fmt: skip
