"""Definitions from a manifest: the good one, and each wrong one with what is said of it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from dashboards.definitions import FILTERS, Measure, Relation, load_definitions, read_definitions
from dashboards.errors import DefinitionError
from dashboards.exposures import EXPOSURES, exposures_yaml
from orchestration.dbt_project import ensure_manifest

KEYS = [column for _, column, _ in FILTERS]
FILE = "models/marts/reports/rpt_speed.yml"


def model(name: str, columns: dict[str, str], **config: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.x.{name}", "resource_type": "model", "name": name, "alias": name,
        "schema": "marts", "access": "public", "original_file_path": f"models/{name}.sql",
        "patch_path": f"x://models/marts/reports/{name}.yml",
        "columns": {key: {"name": key, "data_type": kind} for key, kind in columns.items()},
        "config": {"meta": config},
    }  # fmt: skip


def related(child: str, *links: tuple[str, str, str]) -> dict[str, Any]:
    """The `related` test of a model: of each column, the model and column it points to."""
    parents = [f"model.x.{parent}" for _, parent, _ in links]
    return {
        "unique_id": f"test.x.{child}", "resource_type": "test", "name": f"{child}_related",
        "attached_node": f"model.x.{child}",
        "depends_on": {"nodes": [*parents, f"model.x.{child}"]},
        "test_metadata": {
            "name": "related",
            "kwargs": {"relations": [
                {"column": column, "to": f"ref('{parent}')", "field": field}
                for column, parent, field in links
            ]},
        },
    }  # fmt: skip


def related_by_name(child: str) -> dict[str, Any]:
    """Every key column of a report, each to the dimension of its name."""
    return related(child, *((key, f"dim_{key}", "id_of") for key in [*KEYS, "status_key"]))


@pytest.fixture
def manifest() -> dict[str, Any]:
    """One report of everything, its dimensions, and the model with the clock."""
    report = {
        "id": "R1",
        "title": "Speed",
        "question": "How fast?",
        "definition": "Seconds for each ticket.",
        "page": "analyze",
        "chart": "line",
        "series": {"key": "status_key", "name": "name", "order": "place"},
        "measures": [
            {"name": "average", "label": "Average", "sum": "seconds", "per": "tickets",
             "format": "duration"},
            {"name": "n", "label": "Tickets", "sum": "tickets", "format": "count"},
        ],
    }  # fmt: skip
    columns = {"report_date": "date", **dict.fromkeys([*KEYS, "status_key"], "varchar")}
    clock = {"build_id": "varchar", "as_of": "timestamp", "as_of_date": "date"}
    nodes = [
        model("rpt_speed", {**columns, "seconds": "bigint", "tickets": "bigint"}, report=report),
        model("log", {**clock, "report_timezone": "varchar"}),
    ]
    for key in [*KEYS, "status_key"]:
        columns = {"id_of": "varchar", "name": "varchar", "place": "bigint"}
        nodes.append(model(f"dim_{key}", columns))
    nodes.append(related_by_name("rpt_speed"))
    return {"nodes": {node["unique_id"]: node for node in nodes}}


def declared(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["nodes"]["model.x.rpt_speed"]["config"]["meta"]["report"]


def test_a_report_is_read_with_its_measures_filters_series_and_clock(manifest):
    definitions = read_definitions(manifest)
    (report,) = definitions.reports
    assert report.measures == (
        Measure("average", "Average", "seconds", "tickets", "duration"),
        Measure("n", "Tickets", "tickets", None, "count"),
    )
    assert report.measure_columns == ("seconds", "tickets")
    assert report.relation == Relation("marts", "rpt_speed")
    assert report.series.dimension.relation.name == "dim_status_key"
    assert [(item.id, item.column, item.dimension.key) for item in definitions.filters] == [
        (identifier, column, "id_of") for identifier, column, _ in FILTERS
    ]
    assert definitions.clock == Relation("marts", "log")
    assert definitions.pages == ("analyze",)


def test_reports_come_in_the_order_of_their_numbers(manifest):
    for number in (10, 2):
        twin = copy.deepcopy(manifest["nodes"]["model.x.rpt_speed"])
        twin["unique_id"] = f"model.x.twin_{number}"
        twin["config"]["meta"]["report"]["id"] = f"R{number}"
        manifest["nodes"][twin["unique_id"]] = twin
        test = related_by_name(f"twin_{number}")
        manifest["nodes"][test["unique_id"]] = test
    assert [report.id for report in read_definitions(manifest).reports] == ["R1", "R2", "R10"]


WRONG = {
    "a key is missing": (lambda r: r.pop("title"), "report.title: is missing"),
    "a key is misspelt": (
        lambda r: r.update(titel="Speed"), "report.titel: unknown key; did you mean title?"
    ),
    "a text is none": (
        lambda r: r.update(question=3), "report.question: a text is expected, not 3"
    ),
    "a text is empty": (
        lambda r: r.update(definition=" "), "report.definition: a text is expected"
    ),
    "the id is no name": (lambda r: r.update(id="R 1"), "report.id: 'R 1' is not a letter"),
    "the page is no name": (lambda r: r.update(page="../x"), "report.page: '../x' is not"),
    "the chart is unknown": (
        lambda r: r.update(chart="pie"), "report.chart: 'pie' is not one of bar, line"
    ),
    "there are no measures": (lambda r: r.update(measures=[]), "report.measures: a list with one"),
    "measures are no list": (lambda r: r.update(measures={"a": 1}), "report.measures: a list"),
    "a measure is no mapping": (
        lambda r: r["measures"].__setitem__(1, "n"), "report.measures[1]: a mapping with the keys"
    ),
    "a measure has no sum": (
        lambda r: r["measures"][0].pop("sum"), "report.measures[0].sum: is missing"
    ),
    "a measure sums no column": (
        lambda r: r["measures"][0].update(sum="second"),
        "report.measures[0].sum: model rpt_speed has no column 'second'; did you mean seconds?",
    ),
    "a measure sums a text": (
        lambda r: r["measures"][0].update(per="team_key"),
        "report.measures[0].per: column team_key is a varchar, not a number",
    ),
    "a measure's format is unknown": (
        lambda r: r["measures"][1].update(format="money"), "report.measures[1].format: 'money'"
    ),
    "two measures share a name": (
        lambda r: r["measures"][1].update(name="average"), "is the name of two measures"
    ),
    "a measure's name is no name": (
        lambda r: r["measures"][1].update(name="n'"), "report.measures[1].name: \"n'\" is not"
    ),
    "the series names no column": (
        lambda r: r["series"].update(key="state_key"), "report.series.key: model rpt_speed has no"
    ),
    "the series' column is not tested": (
        lambda r: r["series"].update(key="report_date"),
        "report.series.key: column report_date is in no related test",
    ),
    "the series' order is no column": (
        lambda r: r["series"].update(order="rank"),
        "report.series.order: model dim_status_key has no column 'rank'",
    ),
    "the series says another dimension than the test": (
        lambda r: r["series"].update(dimension="dim_x"), "report.series.dimension: 'dim_x' is said"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_definition_is_named_by_file_and_key(manifest, case):
    spoil, complaint = WRONG[case]
    spoil(declared(manifest))
    with pytest.raises(DefinitionError) as caught:
        read_definitions(manifest)
    assert str(caught.value).startswith(f"{FILE}: model rpt_speed: config.meta.report")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("column", ["report_date", *KEYS])
def test_a_report_needs_its_date_and_filter_columns(manifest, column):
    del manifest["nodes"]["model.x.rpt_speed"]["columns"][column]
    with pytest.raises(DefinitionError, match=f"{FILE}.*no column '{column}'"):
        read_definitions(manifest)


def test_a_filter_column_that_is_related_to_nothing_has_no_names(manifest):
    relations = manifest["nodes"]["test.x.rpt_speed"]["test_metadata"]["kwargs"]["relations"]
    relations[:] = [relation for relation in relations if relation["column"] != "team_key"]
    with pytest.raises(DefinitionError, match=f"{FILE}.*team_key is in no related test"):
        read_definitions(manifest)


def test_two_reports_may_not_share_an_id(manifest):
    twin = copy.deepcopy(manifest["nodes"]["model.x.rpt_speed"])
    manifest["nodes"]["model.x.rpt_twin"] = {**twin, "unique_id": "model.x.rpt_twin"}
    test = related_by_name("rpt_twin")
    manifest["nodes"][test["unique_id"]] = test
    with pytest.raises(DefinitionError, match="R1 is also the id of 'Speed'"):
        read_definitions(manifest)


def test_reports_must_agree_on_what_a_filter_chooses_from(manifest):
    twin = copy.deepcopy(manifest["nodes"]["model.x.rpt_speed"])
    twin["config"]["meta"]["report"]["id"] = "R2"
    manifest["nodes"]["model.x.rpt_twin"] = {**twin, "unique_id": "model.x.rpt_twin"}
    test = related("rpt_twin", *((key, "dim_team_key", "id_of") for key in [*KEYS, "status_key"]))
    manifest["nodes"][test["unique_id"]] = test
    with pytest.raises(DefinitionError, match="relate to other models"):
        read_definitions(manifest)


def test_without_a_report_there_is_nothing_to_build(manifest):
    del manifest["nodes"]["model.x.rpt_speed"]["config"]["meta"]["report"]
    with pytest.raises(DefinitionError, match=r"no model with config\.meta\.report"):
        read_definitions(manifest)


def test_the_clock_must_be_one_model(manifest):
    del manifest["nodes"]["model.x.log"]
    with pytest.raises(DefinitionError, match="0 public models have the columns"):
        read_definitions(manifest)


def test_a_missing_manifest_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(DefinitionError, match="dbt parse"):
        load_definitions(tmp_path / "manifest.json")


def test_the_manifest_is_read_from_its_file(manifest, tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    assert load_definitions(path) == read_definitions(manifest)


def test_every_page_is_an_exposure_of_what_it_reads() -> None:
    text = exposures_yaml(load_definitions(ensure_manifest()))
    assert EXPOSURES.read_text(encoding="utf-8") == text, "run `make format`"
