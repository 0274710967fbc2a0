"""Definitions that are read from a manifest."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from helpdesk.dashboards.definitions import (
    FILTERS,
    Breakdown,
    Measure,
    Relation,
    load_definitions,
    read_definitions,
)
from helpdesk.transform.nodes import manifest_of
from tests.dashboards.project import declared, good_manifest


@pytest.fixture
def manifest() -> dict[str, Any]:
    return good_manifest()


@pytest.mark.parametrize("column", ["available_seconds", "first_response_business_seconds"])
def test_working_time_is_shown_in_hours(column):
    measure = Measure("time", "Time", column, "tickets", None, "duration", None)
    assert measure.shown_as == "hours"


def test_a_report_is_read_with_its_measures_filters_and_clock(manifest):
    definitions = read_definitions(manifest_of(manifest))
    (report,) = definitions.reports
    assert report.measures == (
        Measure("average", "Average", "seconds", "tickets", None, "duration", "seconds_values"),
        Measure("n", "Tickets", "tickets", None, None, "count", None),
        Measure("balance", "Balance", "good", "tickets", "bad", "points", None),
    )
    assert [measure.shown_as for measure in report.measures] == ["duration", "count", "points"]
    assert report.measure_columns == ("seconds", "tickets", "good", "bad")
    assert report.value_columns == ("seconds_values",)
    assert report.relation == Relation("marts", "rpt_speed")
    assert report.filters == ("agent", "team", "channel_account", "pipeline", "company")
    assert [(item.id, item.column, item.dimension.key) for item in definitions.filters] == [
        (identifier, column, "id_of") for identifier, column, _ in FILTERS
    ]
    assert report.is_point_in_time
    assert report.requires == ("messages", "sla_targets")
    assert definitions.clock == Relation("marts", "log")
    assert definitions.pages == ("analyze",)


def test_a_breakdown_gets_its_names_from_the_related_dimension(manifest):
    (report,) = read_definitions(manifest_of(manifest)).reports
    status = report.series.dimension
    assert (report.series.name, report.series.label) == ("status", "Status")
    assert (status.relation.name, status.key, status.name, status.order) == (
        "dim_status_key", "id_of", "name", "place"
    )  # fmt: skip
    team, priority = report.breakdowns
    assert (team.column, team.dimension.name, team.dimension.order) == ("team_key", "title", None)
    assert priority == Breakdown("priority", "Priority", "priority", None)


def test_a_report_may_be_no_more_than_its_measures(manifest):
    for key in ("series", "breakdowns", "point_in_time", "requires"):
        del declared(manifest)[key]
    (report,) = read_definitions(manifest_of(manifest)).reports
    assert (report.series, report.breakdowns, report.is_point_in_time, report.requires) == (
        None, (), False, ()
    )  # fmt: skip


def test_former_keys_are_read_with_a_notice(manifest, capsys):
    now = read_definitions(manifest_of(good_manifest())).reports
    report = declared(manifest)
    report["stock"], report["needs"] = report.pop("point_in_time"), report.pop("requires")
    for measure in report["measures"]:
        for former, key in (("per", "denominator"), ("less", "minus")):
            if key in measure:
                measure[former] = measure.pop(key)
    assert read_definitions(manifest_of(manifest)).reports == now
    said = capsys.readouterr().err.splitlines()
    where = "notice: models/marts/reports/rpt_speed.yml: model rpt_speed: config.meta.report"
    assert f"{where}: stock is now spelled point_in_time" in said
    assert f"{where}.measures[0]: per is now spelled denominator" in said


@pytest.mark.parametrize("name", ["relationships_columns", "related"])
def test_a_data_test_declares_relations_too(manifest, name):
    """As in an own model, with the present or the former name of the test."""
    now = read_definitions(manifest_of(good_manifest()))
    declared_there = manifest["nodes"]["model.x.rpt_speed"]["config"]["meta"].pop("relations")
    manifest["nodes"]["test.x.rpt_speed"] = {
        "unique_id": "test.x.rpt_speed", "resource_type": "test", "name": "rpt_speed_relations",
        "attached_node": "model.x.rpt_speed",
        "depends_on": {
            "nodes": [*(f"model.x.{to['model']}" for to in declared_there.values()),
                      "model.x.rpt_speed"]
        },
        "test_metadata": {
            "name": name,
            "kwargs": {"relations": [
                {"column": key, "to": f"ref('{to['model']}')", "field": to["column"]}
                for key, to in declared_there.items()
            ]},
        },
    }  # fmt: skip
    assert read_definitions(manifest_of(manifest)) == now


def test_the_sql_of_a_report_is_the_compiled_one_if_there_is_one(manifest):
    assert read_definitions(manifest_of(manifest)).reports[0].sql == "select {{ 1 }}"
    manifest["nodes"]["model.x.rpt_speed"]["compiled_code"] = "select 1"
    assert read_definitions(manifest_of(manifest)).reports[0].sql == "select 1"


def test_a_report_has_the_filters_whose_columns_it_has(manifest):
    twin = copy.deepcopy(manifest["nodes"]["model.x.rpt_speed"])
    twin["unique_id"] = "model.x.twin"
    twin["config"]["meta"]["report"]["id"] = "R2"
    manifest["nodes"] = {"model.x.twin": twin, **manifest["nodes"]}
    for key in ("channel_account_key", "agent_key", "company_key"):
        del twin["columns"][key]
    definitions = read_definitions(manifest_of(manifest))
    assert [len(report.filters) for report in definitions.reports] == [5, 2]
    assert definitions.reports[1].filters == ("team", "pipeline")
    assert [item.id for item in definitions.filters] == ["F1", "F2", "F3", "F4", "F5"]


def test_reports_come_in_the_order_of_their_numbers(manifest):
    for number in (10, 2):
        twin = copy.deepcopy(manifest["nodes"]["model.x.rpt_speed"])
        twin["unique_id"] = f"model.x.twin_{number}"
        twin["config"]["meta"]["report"]["id"] = f"R{number}"
        manifest["nodes"][twin["unique_id"]] = twin
    assert [report.id for report in read_definitions(manifest_of(manifest)).reports] == [
        "R1",
        "R2",
        "R10",
    ]


def test_the_manifest_is_read_from_its_file(manifest, tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    assert load_definitions(path) == read_definitions(manifest_of(manifest))
